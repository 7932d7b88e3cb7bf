"""Files with holes: runs of zeros that take no room on disk and read as zeros all the same.

Knows: files.  Does not know: the codec, options.
"""

from __future__ import annotations

import errno
import fcntl
import os
import stat
from collections.abc import Iterator
from typing import Any, BinaryIO, Protocol

_CHUNK = 1 << 16
_HOLE = bytes(1 << 20)
_PAGE = 4096  # bytes: file systems make holes of whole pages at best
_ZEROS = bytes(_PAGE)


def chunks(stream: BinaryIO) -> Iterator[bytes]:
    """All of a stream, in pieces. Holes are not read: the system would fill its memory with their zeros."""
    if has_holes(stream):
        yield from _around_holes(stream.fileno(), stream.tell())
        return
    while data := stream.read(_CHUNK):
        yield data


def has_holes(stream: BinaryIO) -> bool:
    """Whether it is a file that takes less room than it has bytes, on a system that tells where."""
    status = os.fstat(stream.fileno())
    return stat.S_ISREG(status.st_mode) and status.st_blocks * 512 < status.st_size and hasattr(os, "SEEK_DATA")


def _around_holes(number: int, position: int) -> Iterator[bytes]:
    """From a position of a file to its end, read beside the buffer of any stream over it."""
    while True:
        end = _next_data(number, position)
        while position < end:
            yield _HOLE[: end - position]
            position += min(end - position, len(_HOLE))
        data = os.pread(number, _CHUNK, position)
        if not data:
            os.lseek(number, position, os.SEEK_SET)  # as reading would have left it
            return
        yield data
        position += len(data)


def _next_data(number: int, position: int) -> int:
    """Where something stands that is no hole, at a position or behind it; the end of the file where nothing does."""
    try:
        return os.lseek(number, position, os.SEEK_DATA)
    except OSError as error:
        if error.errno == errno.ENXIO:
            return os.fstat(number).st_size
        return position  # a file system that tells nothing of holes: they are read


class Sink(Protocol):
    """What a transfer writes to."""

    def write(self, data: Any, /) -> int: ...

    def flush(self) -> None: ...


class SparseSink:
    """Passes over pages of zeros in a file that ends where writing begins.

    `flush` gives the file its size, so nothing may be written behind it before.
    """

    def __init__(self, stream: BinaryIO) -> None:
        self._stream = stream
        self._hole = 0  # bytes passed over since the last ones written
        self._position = 0  # from where writing began

    def write(self, data: Any, /) -> int:
        view = memoryview(data)
        begin = 0
        for start, end in _zeros(bytes(view), -self._position % _PAGE):
            self._put(view[begin:start])
            self._hole += end - start
            begin = end
        self._put(view[begin:])
        self._position += len(data)
        return len(data)

    def flush(self) -> None:
        self._stream.flush()
        if self._hole:
            self._leap()
            self._stream.truncate()
        self._stream.flush()

    def _put(self, piece: memoryview) -> None:
        if piece:
            self._leap()
            write_all(self._stream, piece)

    def _leap(self) -> None:
        if self._hole:
            self._stream.seek(self._hole, os.SEEK_CUR)
            self._hole = 0


def write_all(stream: Sink, data: bytes | memoryview) -> None:
    """Standard output is unbuffered where PYTHONUNBUFFERED is set, and may then take less than it is given."""
    rest = memoryview(data)
    while rest:
        rest = rest[stream.write(rest) :]


def may_have_holes(stream: BinaryIO) -> bool:
    """Whether a stream is a file that ends at the place of writing: only there does a hole read as zeros."""
    status = os.fstat(stream.fileno())
    if not stat.S_ISREG(status.st_mode) or _appends(stream):
        return False
    return os.lseek(stream.fileno(), 0, os.SEEK_CUR) >= status.st_size


def _appends(stream: BinaryIO) -> bool:
    """Whether what is written goes to the end, wherever one has gone before."""
    return bool(fcntl.fcntl(stream.fileno(), fcntl.F_GETFL) & os.O_APPEND)


def _zeros(data: bytes, first: int) -> list[tuple[int, int]]:
    """Where whole pages of zeros stand in `data`, as begin and end, joined; the first page begins at `first`."""
    found: list[tuple[int, int]] = []
    if _ZEROS not in data:  # nearly always; searching is faster than comparing page by page
        return found
    for start in range(first, len(data) - _PAGE + 1, _PAGE):
        if data[start : start + _PAGE] == _ZEROS:
            if found and found[-1][1] == start:
                found[-1] = (found[-1][0], start + _PAGE)
            else:
                found.append((start, start + _PAGE))
    return found
