"""One source through the codec to one destination, in either direction.

Knows: streams, the codec's two classes.  Does not know: options of typer, exit codes.
"""

from __future__ import annotations

import hashlib
import os
import stat
import sys
import time
from collections.abc import Iterator, Mapping
from contextlib import ExitStack, closing
from dataclasses import dataclass, field, replace
from functools import partial
from pathlib import Path
from typing import Any, BinaryIO

from bytezip.cli.ahead import content_ahead, headers_ahead, origin_ahead
from bytezip.cli.console import Console, Result
from bytezip.cli.paths import (
    STANDARD_STREAM,
    SUFFIX,
    Output,
    RefusedError,
    check_source,
    compressed_name,
    display_name,
    is_untouched,
    restored_name,
)
from bytezip.cli.sparse import Sink, SparseSink, chunks, may_have_holes, write_all
from bytezip.codec import BLOCK_SIZE, Compressor, restore
from bytezip.container.layout import Origin, is_name
from bytezip.errors import BytezipError
from bytezip.memory import MemoryLimit, Sizes
from bytezip.progress import Progress


@dataclass(frozen=True)
class Options:
    """What the user asked for.

    output, output_dir: one or the other, or neither. places: where below output_dir the output of a name goes, if it
    does not go by its last name. sparse: None for files, and not for stdout. engine: the keyword arguments that both
    codec classes take. names: whether name and time are stored, or restored.
    """

    decompress: bool
    level: int
    output: Path | None
    to_stdout: bool
    remove: bool
    force: bool
    engine: dict[str, Any]
    output_dir: Path | None = None
    places: Mapping[str, Path] = field(default_factory=dict)
    suffix: str = SUFFIX
    block_size: int = BLOCK_SIZE
    restart_interval: int | None = None
    sparse: bool | None = None
    limit: MemoryLimit = field(default_factory=MemoryLimit)
    names: bool = False


class TransferError(BytezipError):
    """What was written does not give back what was read: never expected, always checked before a source goes."""


def transfer(name: str, options: Options, console: Console) -> None:
    """Compresses or restores one source, given by its path or as "-".

    Raises:
        BytezipError, OSError: the source is then untouched, and there is no output file.
    """
    began = time.monotonic()
    source = None if name == STANDARD_STREAM else Path(name)
    if source is not None:
        check_source(source, in_place=not options.to_stdout and options.output is None, force=options.force)
    target = target_of(name, options)
    with ExitStack() as stack:
        stream = _open_source(stack, source, options)
        before = os.fstat(stream.fileno())
        options = _within(options, stream, display_name(name), console)
        output = None if target is None else _output(target, before, options)
        sink = _sink(_open_stdout(options) if output is None else _begin(stack, output), output is not None, options)
        total = before.st_size if source is not None else None
        content = partial(content_ahead, stream)
        report = stack.enter_context(console.progress(display_name(name), total, options.decompress, content))
        copy = _Copy(stream, sink, hashes=options.remove)
        if options.decompress:
            copy.decompress(options, report)
        else:
            copy.compress(options, report, _origin_of(source, before, console) if options.names else {})
        sink.flush()
        after = os.fstat(stream.fileno())
        if output is not None:
            stored = copy.origin.mtime_ns if options.names and copy.origin is not None else None
            output.commit(like=before if source is not None else None, mtime_ns=stored)
    raw, coded = (copy.written, copy.read) if options.decompress else (copy.read, copy.written)
    console.done(Result(display_name(name), raw, coded, time.monotonic() - began))
    doubts = list(_doubts(copy, not stat.S_ISREG(before.st_mode) or is_untouched(before, after)))
    for doubt in doubts:
        console.warning(f"{display_name(name)}: {doubt}")
    if options.remove and source is not None and target is not None and not doubts:
        _remove(source, target, before, copy.digest, options)


def _within(options: Options, stream: BinaryIO, name: str, console: Console) -> Options:
    """The options that keep within a limit of memory, for this source.

    Raises:
        MemoryLimitError: where none do.
    """
    if options.decompress:
        with closing(headers_ahead(stream)) as headers:
            options.limit.to_restore(headers)  # what can be refused before any work is
        return replace(options, engine=options.engine | options.limit.for_decompressor())
    status = os.fstat(stream.fileno())
    size = status.st_size if stat.S_ISREG(status.st_mode) else None
    sizes = Sizes(size, options.block_size, options.restart_interval)
    level, engine = options.limit.to_compress(options.level, sizes, options.engine)
    if level != options.level:
        console.note(f"{name}: level {level} in place of {options.level}, to keep below the memory limit")
    return replace(options, level=level, engine=engine)


def _origin_of(source: Path | None, status: os.stat_result, console: Console) -> dict[str, Any]:
    """Name and time as the compressor takes them, as far as they are known and can be stored."""
    found: dict[str, Any] = {"mtime_ns": status.st_mtime_ns} if stat.S_ISREG(status.st_mode) else {}
    if source is not None and is_name(os.fsencode(source.name)):
        found["name"] = os.fsencode(source.name).decode("utf-8", "surrogateescape")
    elif source is not None:
        console.warning(f"{source}: a name with control characters is not stored")
    return found


def _doubts(copy: _Copy, untouched: bool) -> Iterator[str]:
    """What does not make the output wrong, but is a reason to keep the source."""
    if copy.has_garbage:
        yield "trailing garbage ignored"
    if not untouched:
        yield "changed while it was read; what was read is what is stored"


class _Copy:
    """Moves bytes through the codec, counting both sides.

    hashes: whether the raw side is hashed, too, for a comparison that is to come.
    """

    def __init__(self, stream: BinaryIO, sink: Sink, hashes: bool) -> None:
        self.read = self.written = 0
        self.has_garbage = False
        self.origin: Origin | None = None
        self._stream, self._sink = stream, sink
        self._hash = hashlib.blake2b() if hashes else None

    @property
    def digest(self) -> bytes:
        assert self._hash is not None
        return self._hash.digest()

    def _note(self, raw: bytes) -> None:
        if self._hash is not None:
            self._hash.update(raw)

    def compress(self, options: Options, report: Progress | None, origin: dict[str, Any]) -> None:
        compressor = Compressor(
            options.level, block_size=options.block_size, restart_interval=options.restart_interval, progress=report,
            **origin, **options.engine,
        )  # fmt: skip
        for data in chunks(self._stream):
            self.read += len(data)
            self._note(data)
            self._write(compressor.compress(data))
        self._write(compressor.flush())

    def decompress(self, options: Options, report: Progress | None) -> None:
        coded = self._counted(chunks(self._stream))
        told: dict[str, Any] = {"on_garbage": self._note_garbage, "on_origin": self._note_origin}
        for raw in restore(coded, progress=report, **told, **options.engine):
            self._note(raw)
            self._write(raw)

    def _counted(self, pieces: Iterator[bytes]) -> Iterator[bytes]:
        for piece in pieces:
            self.read += len(piece)
            yield piece

    def _note_garbage(self) -> None:
        self.has_garbage = True

    def _note_origin(self, origin: Origin) -> None:
        self.origin = origin

    def _write(self, data: bytes) -> None:
        write_all(self._sink, data)
        self.written += len(data)


def target_of(name: str, options: Options) -> Path | None:
    """Where the output goes; None for stdout.

    Raises:
        SkippedError: where the name says that there is nothing to do.
        OSError: where the stored name cannot be read.
    """
    if options.to_stdout:
        return None
    if options.output is not None:
        return None if str(options.output) == STANDARD_STREAM else options.output
    if name == STANDARD_STREAM:
        return None
    source = Path(name)
    if options.output_dir is not None:
        source = options.output_dir / options.places.get(name, Path(source.name))
    target = (restored_name if options.decompress else compressed_name)(source, options.suffix)
    stored = _stored_name(Path(name)) if options.decompress and options.names else None
    return target if stored is None else target.with_name(stored)


def _stored_name(source: Path) -> str | None:
    """The name that an archive stores, as this system writes it; of what is no regular file, none is looked for."""
    if not source.is_file():
        return None
    with source.open("rb") as stream:
        origin = origin_ahead(stream)
    return os.fsdecode(origin.encoded_name) if origin is not None and origin.name is not None else None


def _sink(stream: BinaryIO, is_ours: bool, options: Options) -> Sink:
    wanted = options.decompress and (is_ours if options.sparse is None else options.sparse)
    return SparseSink(stream) if wanted and may_have_holes(stream) else stream


def _open_source(stack: ExitStack, source: Path | None, options: Options) -> BinaryIO:
    if source is not None:
        return stack.enter_context(source.open("rb"))
    stream = stdin()
    if options.decompress and stream.isatty() and not options.force:
        raise RefusedError("compressed data is not read from a terminal", "give a FILE, or see bytezip --help")
    return stream


def stdin() -> BinaryIO:
    """Raises RefusedError where there is none."""
    if sys.stdin is None:
        raise RefusedError("stdin is closed")
    return sys.stdin.buffer


def _open_stdout(options: Options) -> BinaryIO:
    if sys.stdout is None:
        raise RefusedError("stdout is closed")
    if not options.decompress and sys.stdout.isatty() and not options.force:
        raise RefusedError("compressed data is not written to a terminal", "give a FILE, or see bytezip --help")
    return sys.stdout.buffer


def _begin(stack: ExitStack, output: Output) -> BinaryIO:
    stack.callback(output.discard)
    return output.open()


def _output(target: Path, source: os.stat_result, options: Options) -> Output:
    if target.exists() and os.path.samestat(target.stat(), source):
        raise RefusedError(f"{target} is both source and output")
    return Output(target, options.force, makes_folder=options.output_dir is not None)


def _remove(source: Path, target: Path, before: os.stat_result, digest: bytes, options: Options) -> None:
    """Removes the source, after a last look at what is on disk in its place."""
    found = hashlib.blake2b()
    with target.open("rb") as stream:
        for raw in chunks(stream) if options.decompress else restore(chunks(stream), **options.engine):
            found.update(raw)
    if found.digest() != digest:
        raise TransferError(f"{target} does not hold the content of its source, which is kept")
    if not is_untouched(before, source.stat()):
        raise TransferError("the source changed meanwhile and is kept")
    source.unlink()
