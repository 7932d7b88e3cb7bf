"""`open` and `BytezipFile`: archives as files, used as their namesakes of `lzma`.

Knows: files, the codec's two classes.  Does not know: names and suffixes, what is printed.
"""

from __future__ import annotations

import builtins
import io
import os
from collections.abc import Iterable
from typing import IO, TYPE_CHECKING, Any, BinaryIO, Literal, cast, overload

from bytezip.codec import BLOCK_SIZE, Compressor, Decompressor, ModelPath
from bytezip.container.layout import MAGIC, Origin
from bytezip.levels import DEFAULT_LEVEL
from bytezip.seeking import Map, find_points

if TYPE_CHECKING:
    from _typeshed import ReadableBuffer, WriteableBuffer

FilePath = str | bytes | os.PathLike[str] | os.PathLike[bytes]
BinaryMode = Literal["r", "rb", "w", "wb", "x", "xb", "a", "ab"]
TextMode = Literal["rt", "wt", "xt", "at"]

_CHUNK = 1 << 16
_MODES = {"r": "rb", "w": "wb", "x": "xb", "a": "ab"}


@overload
def open(
    path: FilePath | IO[bytes], mode: BinaryMode = "rb", *, level: int = ..., model: ModelPath | None = ...,
    engine: str = ..., device: str = ..., threads: int = ..., block_size: int = ...,
    restart_interval: int | None = ..., name: str | None = ..., mtime_ns: int | None = ...,
    memlimit: int | None = ..., encoding: None = ..., errors: None = ..., newline: None = ...,
) -> BytezipFile: ...  # fmt: skip
@overload
def open(
    path: FilePath | IO[bytes], mode: TextMode, *, level: int = ..., model: ModelPath | None = ..., engine: str = ...,
    device: str = ..., threads: int = ..., block_size: int = ...,
    restart_interval: int | None = ..., name: str | None = ..., mtime_ns: int | None = ...,
    memlimit: int | None = ..., encoding: str | None = ..., errors: str | None = ..., newline: str | None = ...,
) -> io.TextIOWrapper: ...  # fmt: skip
def open(
    path: FilePath | IO[bytes],
    mode: str = "rb",
    *,
    encoding: str | None = None,
    errors: str | None = None,
    newline: str | None = None,
    **options: Any,
) -> BytezipFile | io.TextIOWrapper:
    """Opens an archive for reading or writing, in binary or text mode, as `lzma.open` does.

    Args:
        path: a path, or a binary file that stays open afterwards.
        mode: "r", "w", "x" or "a", with "b" (the default) or "t" behind it.
        encoding, errors, newline: for text only, as for `io.TextIOWrapper`.
        options: those of `BytezipFile`.

    Raises:
        ValueError: for a mode there is not, or arguments of the other mode.
    """
    text = "t" in mode
    if text and "b" in mode:
        raise ValueError(f"invalid mode: {mode!r}")
    if not text and (encoding, errors, newline) != (None, None, None):
        raise ValueError("encoding, errors and newline are for text mode")
    binary = BytezipFile(path, mode.replace("t", ""), **options)
    return io.TextIOWrapper(binary, encoding, errors, newline) if text else binary


class BytezipFile(io.BufferedIOBase):
    """An archive as a file of its content, open for reading or for writing.

    Args:
        path: a path, or a binary file that stays open afterwards.
        mode: "r", "w", "x" (must not exist yet) or "a" (writes another member behind those there), "b" or not.
        level, block_size, restart_interval, name, mtime_ns: for writing; see `codec.Compressor`.
        memlimit: for reading; see `codec.Decompressor`.
        model, engine, device, threads: see `codec.Compressor`.

    Seeking decodes from the last restart point before the place, or from the beginning of a member: in a file without
    restart points, backwards is from the beginning again, and forwards is through all that lies between.

    Raises, when reading:
        FormatError: where the file cannot be read, or ends too early.
    """

    def __init__(
        self,
        path: FilePath | IO[bytes],
        mode: str = "r",
        *,
        level: int = DEFAULT_LEVEL,
        model: ModelPath | None = None,
        engine: str = "auto",
        device: str = "auto",
        threads: int = 0,
        block_size: int = BLOCK_SIZE,
        restart_interval: int | None = None,
        name: str | None = None,
        mtime_ns: int | None = None,
        memlimit: int | None = None,
    ) -> None:
        self._stream: IO[bytes] | None = None  # first of all, for `close` runs even where this fails
        self._reader: io.BufferedReader | None = None
        self._content: _ContentReader | None = None
        self._compressor: Compressor | None = None
        self._position = 0  # of writing
        native_mode = _MODES.get(mode.removesuffix("b"))
        if native_mode is None or mode.count("b") > 1:
            raise ValueError(f"invalid mode: {mode!r}")
        machine: dict[str, Any] = {"model": model, "engine": engine, "device": device, "threads": threads}
        if native_mode != "rb":
            self._compressor = Compressor(
                level, block_size=block_size, restart_interval=restart_interval, name=name, mtime_ns=mtime_ns, **machine
            )
        self._owns_stream = isinstance(path, str | bytes | os.PathLike)
        self._stream = _stream(path, native_mode)
        if native_mode == "rb":
            self._content = _ContentReader(self._stream, {**machine, "memlimit": memlimit})
            self._reader = io.BufferedReader(self._content, _CHUNK)

    def close(self) -> None:
        """Ends the member where one is written; may be called again."""
        stream, self._stream = self._stream, None
        try:
            if stream is not None and self._compressor is not None:
                stream.write(self._compressor.flush())
            if self._reader is not None:
                self._reader.close()
        finally:
            self._compressor = self._reader = self._content = None
            if stream is not None and self._owns_stream:
                stream.close()

    @property
    def closed(self) -> bool:
        return self._stream is None

    @property
    def name(self) -> str | bytes:
        """That of the file below."""
        return self._open_stream().name

    @property
    def origin(self) -> Origin | None:
        """What the file was called that the member read last was made from, and when it was changed.

        None where that is not stored, where nothing was read yet or `seek` began behind it, and when writing.
        """
        self._open_stream()
        return None if self._content is None else self._content.origin

    def fileno(self) -> int:
        return self._open_stream().fileno()

    def readable(self) -> bool:
        self._open_stream()
        return self._reader is not None

    def writable(self) -> bool:
        self._open_stream()
        return self._compressor is not None

    def seekable(self) -> bool:
        return self.readable() and self._reading().seekable()

    def peek(self, size: int = -1) -> bytes:
        """At least one byte that comes next, without moving; none at the end. size is a wish and is not heeded."""
        return self._reading().peek(max(size, 0))

    def read(self, size: int | None = -1) -> bytes:
        return self._reading().read(size)

    def read1(self, size: int = -1) -> bytes:
        return self._reading().read1(size if size >= 0 else io.DEFAULT_BUFFER_SIZE)

    def readinto(self, buffer: WriteableBuffer) -> int:
        return self._reading().readinto(buffer)

    def readinto1(self, buffer: WriteableBuffer) -> int:
        return self._reading().readinto1(buffer)

    def readline(self, size: int | None = -1) -> bytes:
        return self._reading().readline(size)

    def __next__(self) -> bytes:
        return next(self._reading())

    def seek(self, offset: int, whence: int = io.SEEK_SET) -> int:
        return self._reading().seek(offset, whence)

    def tell(self) -> int:
        self._open_stream()
        return self._position if self._reader is None else self._reader.tell()

    def write(self, data: ReadableBuffer) -> int:
        if self.writable():
            assert self._compressor is not None
            with memoryview(data) as view:
                self._open_stream().write(self._compressor.compress(view.tobytes()))
                self._position += view.nbytes
                return view.nbytes
        raise io.UnsupportedOperation("not open for writing")

    def writelines(self, lines: Iterable[ReadableBuffer]) -> None:
        for line in lines:
            self.write(line)

    def _open_stream(self) -> IO[bytes]:
        if self._stream is None:
            raise ValueError("I/O operation on closed file")
        return self._stream

    def _reading(self) -> io.BufferedReader:
        self._open_stream()
        if self._reader is None:
            raise io.UnsupportedOperation("not open for reading")
        return self._reader


class _ContentReader(io.RawIOBase):
    """The content of the members of a stream, as a raw stream."""

    def __init__(self, stream: IO[bytes], machine: dict[str, Any]) -> None:
        self._stream = stream
        self._machine = {**machine, "on_origin": self._note_origin}
        self.origin: Origin | None = None
        self._member = Decompressor(**self._machine)
        self._position = 0  # of the member's next byte
        self._target: int | None = None  # where to go before anything is read
        self._map: Map | None = None
        self._alone: int | None = None  # bytes in the file that are to be read before other sections are, or nothing

    def _note_origin(self, origin: Origin) -> None:
        self.origin = origin

    def readable(self) -> bool:
        return True

    def seekable(self) -> bool:
        return self._stream.seekable()

    def tell(self) -> int:
        return self._position if self._target is None else self._target

    def readinto(self, buffer: WriteableBuffer) -> int:
        if self._target is not None and self._target == self._points().certain_size:
            return 0  # nothing need be decoded to know that nothing is there
        self._settle()
        with memoryview(buffer).cast("B") as view:
            data = self._next(view.nbytes)
            view[: len(data)] = data
        self._position += len(data)
        return len(data)

    def seek(self, offset: int, whence: int = io.SEEK_SET) -> int:
        if not self.seekable():
            raise io.UnsupportedOperation("the underlying file cannot seek")
        if whence not in (io.SEEK_SET, io.SEEK_CUR, io.SEEK_END):
            raise ValueError(f"invalid value for whence: {whence}")
        start = {io.SEEK_SET: 0, io.SEEK_CUR: self.tell()}.get(whence)
        target = max(0, offset + (self._find_end() if start is None else start))
        end = self._points().certain_size if target != self.tell() else None
        self._target = target if end is None else min(target, end)
        if end is None:
            self._settle()
        return self.tell()

    def _find_end(self) -> int:
        """The size of the content: told by headers where there are places to seek to, else by decoding all of it."""
        end = self._points().certain_size
        if end is None:
            self._settle()
            self._advance(None)
        return self._position if end is None else end

    def _settle(self) -> None:
        """Goes where `seek` said, which need not have been done before something is read there."""
        target, self._target = self._target, None
        if target is not None and target != self._position:
            self._jump(target)
            self._advance(target)

    def _jump(self, target: int) -> None:
        """To the last point before the target, unless the way from here is shorter."""
        point = self._points().before(target)
        if self._position <= target and point.raw_offset <= self._position:
            return
        self._stream.seek(point.offset)
        if point.number:
            before = point.sections[: point.number]
            self._member = Decompressor.behind(point.encoded_header, before, **self._machine)
        else:
            self._member = Decompressor(**self._machine)
        self.origin = None
        self._position = point.raw_offset
        self._alone = point.size

    def _points(self) -> Map:
        if self._map is None:
            here = self._stream.tell()
            self._map = find_points(cast(BinaryIO, self._stream))
            self._stream.seek(here)
        return self._map

    def _advance(self, target: int | None) -> None:
        """To a position, or as far as there is something."""
        scratch = bytearray(_CHUNK)
        while target is None or self._position < target:
            wanted = _CHUNK if target is None else min(_CHUNK, target - self._position)
            if not self.readinto(memoryview(scratch)[:wanted]):
                return

    def _next(self, size: int) -> bytes:
        """At most `size` bytes, and none only at the end."""
        data = b""
        while size and not data:
            while self._member.eof:
                if not self._next_member():
                    return b""
            data = self._member.decompress(self._input(), size)
        return data

    def _input(self) -> bytes:
        """What the member is to be given next. Who sought may want no more than a few bytes: no work is begun then on
        sections behind."""
        if not (self._member.wants_input if self._alone is None else self._member.needs_input):
            return b""
        given = self._stream.read(min(self._alone or _CHUNK, _CHUNK))
        self._alone = self._alone - len(given) if self._alone else None
        if self._member.needs_input and not given:
            self._member.close()
        return given

    def _next_member(self) -> bool:
        """Begins the next member where there is one; what begins no member is ignored."""
        rest = self._member.unused_data
        rest += self._stream.read(max(0, len(MAGIC) - len(rest)))
        if not rest.startswith(MAGIC):
            return False
        self.origin = None
        self._member = Decompressor(**self._machine)
        self._member.decompress(rest, 0)
        return True


def _stream(path: FilePath | IO[bytes], mode: str) -> IO[bytes]:
    if isinstance(path, str | bytes | os.PathLike):
        return cast("IO[bytes]", builtins.open(path, mode))
    if not hasattr(path, "read" if mode == "rb" else "write"):
        raise TypeError("path must be a str, bytes, file or PathLike object")
    return path
