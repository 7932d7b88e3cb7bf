"""bytezip test and bytezip cat: archives decoded, to nowhere or to stdout."""

from __future__ import annotations

import sys
from pathlib import Path
from typing import BinaryIO, NoReturn

from bytezip.cli.console import Console
from bytezip.cli.options import Machine, Sources, Voice, grouped
from bytezip.cli.paths import STANDARD_STREAM, check_source, display_name
from bytezip.cli.run import each
from bytezip.cli.transfer import Options, chunks, transfer
from bytezip.codec import restore
from bytezip.levels import DEFAULT_LEVEL


@grouped
def test(sources: Sources, machine: Machine, voice: Voice) -> None:
    """Decode each FILE.bytz and compare its checks, writing nothing."""
    test_archives(sources, machine, voice.console())


@grouped
def cat(sources: Sources, machine: Machine, voice: Voice) -> None:
    """Restore each FILE.bytz to stdout."""
    console = voice.console()
    options = Options(
        decompress=True, level=DEFAULT_LEVEL, output=None, to_stdout=True, remove=False, force=False,
        engine=machine.arguments(),
    )  # fmt: skip
    each(sources.names(), lambda name: transfer(name, options, console), console)


def test_archives(sources: Sources, machine: Machine, console: Console) -> NoReturn:
    """Ends the command."""
    each(sources.names(), lambda name: _test(name, machine, console), console)


def _test(name: str, machine: Machine, console: Console) -> None:
    """Raises what decoding raises."""
    if name == STANDARD_STREAM:
        raw = _decode(sys.stdin.buffer, name, None, machine, console)
    else:
        check_source(Path(name), in_place=False, force=False)
        with Path(name).open("rb") as stream:
            raw = _decode(stream, name, Path(name).stat().st_size, machine, console)
    console.sound(display_name(name), raw)


def _decode(stream: BinaryIO, name: str, total: int | None, machine: Machine, console: Console) -> int:
    """Bytes of content."""

    def warn() -> None:
        console.warning(f"{display_name(name)}: trailing garbage ignored")

    with console.progress(display_name(name), total, decompress=True) as report:
        pieces = restore(chunks(stream), progress=report, on_garbage=warn, **machine.arguments())
        return sum(map(len, pieces))
