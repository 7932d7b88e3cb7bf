"""One source through the codec to one destination, in either direction.

Knows: streams, the codec's two classes.  Does not know: options of typer, exit codes.
"""

from __future__ import annotations

import hashlib
import os
import sys
import time
from collections.abc import Iterator
from contextlib import ExitStack
from dataclasses import dataclass
from pathlib import Path
from typing import Any, BinaryIO

from bytezip.cli.console import Console, Result
from bytezip.cli.paths import (
    STANDARD_STREAM,
    Output,
    RefusedError,
    check_source,
    compressed_name,
    display_name,
    is_untouched,
    restored_name,
)
from bytezip.codec import Compressor, restore
from bytezip.errors import BytezipError
from bytezip.progress import Progress

_CHUNK = 1 << 16


@dataclass(frozen=True)
class Options:
    """What the user asked for. engine holds the keyword arguments that both codec classes take."""

    decompress: bool
    level: int
    output: Path | None
    to_stdout: bool
    remove: bool
    force: bool
    engine: dict[str, Any]


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
    target = _target(source, options)
    with ExitStack() as stack:
        stream = _open_source(stack, source, options)
        before = os.fstat(stream.fileno())
        output = None if target is None else _output(target, before, options)
        sink = _open_stdout(options) if output is None else _begin(stack, output)
        total = before.st_size if source is not None else None
        report = stack.enter_context(console.progress(display_name(name), total, options.decompress))
        copy = _Copy(stream, sink)
        (copy.decompress if options.decompress else copy.compress)(options, report)
        sink.flush()
        after = os.fstat(stream.fileno())
        if output is not None:
            output.commit(like=before if source is not None else None)
    raw, coded = (copy.written, copy.read) if options.decompress else (copy.read, copy.written)
    console.done(Result(display_name(name), raw, coded, time.monotonic() - began))
    doubts = list(_doubts(copy, source is None or is_untouched(before, after)))
    for doubt in doubts:
        console.warning(f"{display_name(name)}: {doubt}")
    if options.remove and source is not None and target is not None and not doubts:
        _remove(source, target, before, copy.digest, options)


def _doubts(copy: _Copy, untouched: bool) -> Iterator[str]:
    """What does not make the output wrong, but is a reason to keep the source."""
    if copy.has_garbage:
        yield "trailing garbage ignored"
    if not untouched:
        yield "changed while it was read; what was read is what is stored"


class _Copy:
    """Moves bytes through the codec, counting both sides and hashing the raw one."""

    def __init__(self, stream: BinaryIO, sink: BinaryIO) -> None:
        self.read = self.written = 0
        self.has_garbage = False
        self._stream, self._sink = stream, sink
        self._hash = hashlib.blake2b()

    @property
    def digest(self) -> bytes:
        return self._hash.digest()

    def compress(self, options: Options, report: Progress | None) -> None:
        compressor = Compressor(options.level, progress=report, **options.engine)
        for data in chunks(self._stream):
            self.read += len(data)
            self._hash.update(data)
            self._write(compressor.compress(data))
        self._write(compressor.flush())

    def decompress(self, options: Options, report: Progress | None) -> None:
        coded = self._counted(chunks(self._stream))
        for raw in restore(coded, progress=report, on_garbage=self._note_garbage, **options.engine):
            self._hash.update(raw)
            self._write(raw)

    def _counted(self, pieces: Iterator[bytes]) -> Iterator[bytes]:
        for piece in pieces:
            self.read += len(piece)
            yield piece

    def _note_garbage(self) -> None:
        self.has_garbage = True

    def _write(self, data: bytes) -> None:
        self._sink.write(data)
        self.written += len(data)


def chunks(stream: BinaryIO) -> Iterator[bytes]:
    """All of a stream, in pieces."""
    while data := stream.read(_CHUNK):
        yield data


def _target(source: Path | None, options: Options) -> Path | None:
    """Where the output goes; None for stdout."""
    if options.to_stdout:
        return None
    if options.output is not None:
        return None if str(options.output) == STANDARD_STREAM else options.output
    if source is None:
        return None
    return restored_name(source) if options.decompress else compressed_name(source)


def _open_source(stack: ExitStack, source: Path | None, options: Options) -> BinaryIO:
    if source is not None:
        return stack.enter_context(source.open("rb"))
    if sys.stdin is None:
        raise RefusedError("stdin is closed")
    if options.decompress and sys.stdin.isatty() and not options.force:
        raise RefusedError("compressed data is not read from a terminal", "give a FILE, or see bytezip --help")
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
    return Output(target, options.force)


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
