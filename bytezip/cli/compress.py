"""bytezip compress, bytezip decompress, and bytezip alone."""

from __future__ import annotations

from typing import Annotated

import typer

from bytezip.cli.check import test_archives
from bytezip.cli.console import Console
from bytezip.cli.listing import show_archives
from bytezip.cli.options import Coding, Destination, IgnoredCoding, Machine, Sources, Voice, grouped
from bytezip.cli.paths import STANDARD_STREAM
from bytezip.cli.run import each
from bytezip.cli.transfer import Options, transfer


@grouped
def compress(sources: Sources, destination: Destination, coding: Coding, machine: Machine, voice: Voice) -> None:
    """Compress each FILE to FILE.bytz."""
    _run(sources, _options(False, destination, coding, machine), voice.console())


@grouped
def decompress(
    sources: Sources, destination: Destination, coding: IgnoredCoding, machine: Machine, voice: Voice
) -> None:
    """Restore each FILE.bytz to FILE."""
    _run(sources, _options(True, destination, coding, machine), voice.console())


@grouped
def filter_(
    restore: Annotated[bool, typer.Option("-d", "--decompress", help="Restore in place of compressing.")] = False,
    test: Annotated[bool, typer.Option("-t", "--test", help="Check in place of compressing, as test.")] = False,
    show: Annotated[bool, typer.Option("-l", "--list", help="Show sizes and blocks, as list.")] = False,
    *,
    sources: Sources,
    destination: Destination,
    coding: Coding,
    machine: Machine,
    voice: Voice,
) -> None:
    """Compress, or with -d restore, each FILE, or stdin to stdout."""
    if show:
        show_archives(sources, voice.console())
    if test:
        test_archives(sources, machine, voice.console())
    _run(sources, _options(restore, destination, coding, machine), voice.console())


def _options(restore: bool, destination: Destination, coding: Coding | IgnoredCoding, machine: Machine) -> Options:
    return Options(
        restore, coding.level, destination.output, destination.stdout, destination.remove and not destination.keep,
        destination.force, machine.arguments(),
    )  # fmt: skip


def _run(sources: Sources, options: Options, console: Console) -> None:
    names = sources.names()
    if options.output is not None and (options.to_stdout or len(names) > 1):
        raise typer.TyperException("-o names the output of one file, and not together with -c")
    if options.remove and (options.to_stdout or str(options.output) == STANDARD_STREAM):
        raise typer.TyperException("--rm needs an output file, and stdout is none")
    each(names, lambda name: transfer(name, options, console), console)
