"""bytezip test and bytezip cat: archives decoded, to nowhere or to stdout."""

from __future__ import annotations

import os
import re
import time
from collections.abc import Iterator
from contextlib import closing
from functools import partial
from pathlib import Path
from typing import Annotated, Any, BinaryIO, NoReturn

import typer

from bytezip.cli.ahead import content_ahead, headers_ahead
from bytezip.cli.console import Console, Result, sentence
from bytezip.cli.options import BusyVoice, Limits, Machine, Sources, grouped
from bytezip.cli.paths import STANDARD_STREAM, check_source, display_name, source_sizes
from bytezip.cli.run import each
from bytezip.cli.sparse import chunks
from bytezip.cli.transfer import Options, stdin, transfer
from bytezip.codec import restore
from bytezip.errors import BytezipError
from bytezip.levels import DEFAULT_LEVEL
from bytezip.memory import MemoryLimit


@grouped
def check(
    json: Annotated[bool, typer.Option("--json", help="Print one JSON object a file.")] = False,
    *,
    sources: Sources,
    machine: Machine,
    limits: Limits,
    voice: BusyVoice,
) -> None:
    """Decode each FILE.bytz and compare its checks, writing nothing."""
    check_archives(sources, machine, limits, voice.console(), json)


@grouped
def cat(sources: Sources, machine: Machine, limits: Limits, voice: BusyVoice) -> None:
    """Restore each FILE.bytz to stdout."""
    console, names = voice.console(), sources.names()
    console.expect(source_sizes(names))
    options = Options(
        decompress=True, level=DEFAULT_LEVEL, output=None, to_stdout=True, remove=False, force=False,
        engine=machine.arguments(), limit=limits.limit(),
    )  # fmt: skip
    each(names, lambda name: transfer(name, options, console), console)


def check_archives(
    sources: Sources, machine: Machine, limits: Limits, console: Console, json: bool = False
) -> NoReturn:
    """Ends the command."""
    names, limit = sources.names(), limits.limit()
    console.expect(source_sizes(names))

    def work(name: str) -> None:
        trial = _Trial(display_name(name), console)
        try:
            _test(name, trial, machine, limit)
        except (BytezipError, OSError) as error:
            if json:
                console.record(trial.verdict(error))
            raise
        if json:
            console.record(trial.verdict(None))

    each(names, work, console)


class _Trial:
    """One archive on trial: what is found, and what is said of it."""

    def __init__(self, name: str, console: Console) -> None:
        self.name = name
        self.console = console
        self.coded = self.raw = 0
        self.has_garbage = False

    def decode(self, stream: BinaryIO, total: int | None, machine: Machine, limit: MemoryLimit) -> None:
        """Raises what decoding raises."""
        began = time.monotonic()
        with closing(headers_ahead(stream)) as headers:
            limit.to_restore(headers)
        engine = machine.arguments() | limit.for_decompressor()
        with self.console.progress(self.name, total, True, partial(content_ahead, stream)) as report:
            coded = self._counted(chunks(stream))
            for piece in restore(coded, progress=report, on_garbage=self._warn, **engine):
                self.raw += len(piece)
        self.console.sound(Result(self.name, self.raw, self.coded, time.monotonic() - began))

    def verdict(self, error: BytezipError | OSError | None) -> dict[str, Any]:
        """The keys are those of --json, documented in bytezip-test(1)."""
        return {
            "file": self.name,
            "sound": error is None,
            "compressed": self.coded,
            "raw": self.raw,
            "trailing_garbage": self.has_garbage,
            "error": None if error is None else _kind(error),
            "message": None if error is None else sentence(error),
        }

    def _counted(self, pieces: Iterator[bytes]) -> Iterator[bytes]:
        for piece in pieces:
            self.coded += len(piece)
            yield piece

    def _warn(self) -> None:
        self.has_garbage = True
        self.console.warning(f"{self.name}: trailing garbage ignored")


def _test(name: str, trial: _Trial, machine: Machine, limit: MemoryLimit) -> None:
    if name == STANDARD_STREAM:
        trial.decode(stdin(), None, machine, limit)
        return
    check_source(Path(name), in_place=False, force=False)
    with Path(name).open("rb") as stream:
        trial.decode(stream, os.fstat(stream.fileno()).st_size, machine, limit)


def _kind(error: BytezipError | OSError) -> str:
    """The error's class as a word: truncated, corrupt, not_bytezip, ..."""
    if isinstance(error, OSError) and not isinstance(error, BytezipError):
        return "system"
    return re.sub(r"(?<!^)(?=[A-Z])", "_", type(error).__name__.removesuffix("Error")).lower()
