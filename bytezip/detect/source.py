"""Where bytes come from: memory, a file that is read in places, or a stream that is read once and in front only.

Knows: bytes, files.  Does not know: what they mean.
"""

from __future__ import annotations

import os
from pathlib import Path
from typing import BinaryIO

HEAD = 1 << 16  # bytes of the beginning that every witness may look at
STREAM_LIMIT = 1 << 20  # bytes taken from a stream


class Source:
    """size: bytes in all, or None where a stream goes on beyond what was read of it."""

    size: int | None

    def read(self, offset: int, size: int) -> bytes:
        """As much of it as there is."""
        raise NotImplementedError

    @property
    def reach(self) -> int:
        """Bytes that can be read."""
        raise NotImplementedError

    def windows(self, size: int, count: int) -> list[tuple[int, bytes]]:
        """Up to `count` windows of `size` bytes with their offsets: the beginning, the end, and evenly between.

        All of the bytes where they fit into so many windows.
        """
        if self.reach <= size * count:
            starts = list(range(0, self.reach, size))
        else:
            step = (self.reach - size) / (count - 1)
            starts = [int(step * number) for number in range(count)]
        return [(start, piece) for start in starts if (piece := self.read(start, size))]


class Memory(Source):
    def __init__(self, data: bytes, more: bool = False) -> None:
        """more: the data is the beginning of something longer."""
        self._data = data
        self.size = None if more else len(data)

    def read(self, offset: int, size: int) -> bytes:
        return self._data[offset : offset + size]

    @property
    def reach(self) -> int:
        return len(self._data)


class File(Source):
    """A regular file, of which only what is asked for is read; a context manager.

    Raises:
        OSError: where it cannot be opened.
    """

    def __init__(self, path: str | os.PathLike[str]) -> None:
        self.path = os.fspath(path)
        self._stream = Path(path).open("rb", buffering=0)  # noqa: SIM115  closed by __exit__
        self._reach = os.fstat(self._stream.fileno()).st_size
        self.size = self._reach

    def read(self, offset: int, size: int) -> bytes:
        return os.pread(self._stream.fileno(), size, offset)

    @property
    def reach(self) -> int:
        return self._reach

    def __enter__(self) -> File:
        return self

    def __exit__(self, *_: object) -> None:
        self._stream.close()


def from_stream(stream: BinaryIO, limit: int | None = STREAM_LIMIT) -> Memory:
    """What a stream begins with; all of it where limit is None."""
    if limit is None:
        return Memory(stream.read())
    data = stream.read(limit)
    return Memory(data, more=len(data) == limit and bool(stream.read(1)))
