"""bytezip compress, bytezip decompress, and bytezip alone."""

from __future__ import annotations

from contextlib import suppress
from dataclasses import replace
from pathlib import Path
from typing import Annotated

import typer

from bytezip.cli.check import check_archives
from bytezip.cli.console import Console
from bytezip.cli.listing import show_archives
from bytezip.cli.options import (
    BusyVoice,
    Coding,
    Destination,
    Holes,
    IgnoredCoding,
    Limits,
    Machine,
    Names,
    Sources,
    grouped,
)
from bytezip.cli.paths import SkippedError, source_sizes
from bytezip.cli.run import each
from bytezip.cli.transfer import Options, target_of, transfer
from bytezip.levels import DEFAULT_LEVEL


@grouped
def compress(
    *, sources: Sources, destination: Destination, coding: Coding, naming: Names, machine: Machine, limits: Limits,
    voice: BusyVoice,
) -> None:  # fmt: skip
    """Compress each FILE to FILE.bytz."""
    options = replace(_compressing(destination, coding, machine), names=naming.name)
    _run(sources, destination, options, limits, voice.console())


@grouped
def decompress(
    *, sources: Sources, destination: Destination, coding: IgnoredCoding, naming: Names, holes: Holes,
    machine: Machine, limits: Limits, voice: BusyVoice,
) -> None:  # fmt: skip
    """Restore each FILE.bytz to FILE."""
    options = replace(_restoring(destination, holes, machine), names=naming.name)
    _run(sources, destination, options, limits, voice.console())


@grouped
def filter_(
    restore: Annotated[bool, typer.Option("-d", "--decompress", help="Restore in place of compressing.")] = False,
    test: Annotated[bool, typer.Option("-t", "--test", help="Check in place of compressing, as test.")] = False,
    show: Annotated[bool, typer.Option("-l", "--list", help="Show sizes and blocks, as list.")] = False,
    *,
    sources: Sources,
    destination: Destination,
    coding: Coding,
    naming: Names,
    holes: Holes,
    machine: Machine,
    limits: Limits,
    voice: BusyVoice,
) -> None:
    """Compress, or with -d restore, each FILE, or stdin to stdout."""
    if test and show:
        raise typer.TyperException("-t and -l exclude each other")
    if show:
        show_archives(sources, voice.console())
    if test:
        check_archives(sources, machine, limits, voice.console(), json=False)
    options = _restoring(destination, holes, machine) if restore else _compressing(destination, coding, machine)
    _run(sources, destination, replace(options, names=naming.name), limits, voice.console())


def _compressing(destination: Destination, coding: Coding, machine: Machine) -> Options:
    return Options(
        False, coding.level, destination.output, destination.stdout, destination.removes, destination.force,
        machine.arguments(), destination.output_dir, suffix=destination.suffix, block_size=coding.block_size(),
        restart_interval=coding.restart_interval(),
    )  # fmt: skip


def _restoring(destination: Destination, holes: Holes, machine: Machine) -> Options:
    return Options(
        True, DEFAULT_LEVEL, destination.output, destination.stdout, destination.removes, destination.force,
        machine.arguments(), destination.output_dir, suffix=destination.suffix, sparse=holes.sparse,
    )  # fmt: skip


def _run(sources: Sources, destination: Destination, options: Options, limits: Limits, console: Console) -> None:
    places = sources.places()
    destination.check(len(places))
    options = replace(options, places=dict(places), limit=limits.limit())
    names = [name for name, _ in places]
    _check_targets(names, options)
    console.expect(source_sizes(names))
    each(names, lambda name: transfer(name, options, console), console)


def _check_targets(names: list[str], options: Options) -> None:
    """Two sources that would become one file: with -f and --rm, one would be lost.

    Raises:
        typer.TyperException: where there are two.
    """
    if options.output_dir is None and not options.decompress:
        return  # each name then has an output of its own
    sources: dict[Path | None, str] = {}
    for name in names:
        with suppress(SkippedError, OSError):  # which will be told when it is this one's turn
            target = target_of(name, options)
            if target is not None and Path(sources.setdefault(target, name)) != Path(name):
                raise typer.TyperException(f"{sources[target]} and {name} would both become {target}")
