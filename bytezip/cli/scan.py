"""bytezip scan: where files are unlike themselves."""

from __future__ import annotations

import math
import time
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Annotated, Any

import typer

from bytezip.cli.console import Result
from bytezip.cli.options import BusyVoice, Machine, Sources, grouped
from bytezip.cli.paths import display_name, read_whole, source_sizes
from bytezip.cli.run import each
from bytezip.cli.sizes import parse_size
from bytezip.scan import Anomaly, most_unusual
from bytezip.surprise import surprise

_SHOWN = 160  # bytes of a place that are printed


@dataclass(frozen=True)
class Search:
    top: Annotated[int, typer.Option("-n", "--top", metavar="N", min=1, help="Show the N most unusual places.")] = 10
    known: Annotated[
        Path | None, typer.Option("--known", metavar="FILE", help="What is like FILE is nothing unusual.")
    ] = None
    window: Annotated[str | None, typer.Option("--window", metavar="SIZE", help="Places of SIZE, not lines.")] = None
    jsonl: Annotated[bool, typer.Option("--jsonl", help="Print one JSON object a place.")] = False

    def window_size(self) -> int | None:
        """Bytes; None for what suits the data.

        Raises:
            typer.TyperException: for a size that no place can have.
        """
        size = None if self.window is None else parse_size("--window", self.window)
        if size == 0:
            raise typer.TyperException("--window takes a size of 1 or more")
        return size

    def known_bytes(self) -> bytes:
        """Raises what `read_whole` raises."""
        return b"" if self.known is None else read_whole(str(self.known))


@grouped
def scan(search: Search, sources: Sources, machine: Machine, voice: BusyVoice) -> None:
    """Show the most unusual lines, or places, of each FILE."""
    console, names = voice.console(), sources.names()
    console.expect(source_sizes(names))
    window, several = search.window_size(), len(names) > 1
    known_bytes = cache(search.known_bytes)  # read once, and within the work, where errors are told

    def work(name: str) -> None:
        began, shown = time.monotonic(), display_name(name)
        known, data = known_bytes(), read_whole(name)
        with console.progress(shown, len(known) + len(data), decompress=False) as report:
            costs = surprise(data, known=known, progress=report, **machine.arguments())
        if not search.jsonl:
            console.anomalies_heading(shown if several else None)
        for anomaly in most_unusual(data, costs, search.top, window):
            console.anomaly(summary(shown, data, anomaly), search.jsonl)
        console.done(Result(shown, len(data), math.ceil(costs.sum(dtype=float) / 8), time.monotonic() - began))

    each(names, work, console)


def summary(name: str, data: bytes, anomaly: Anomaly) -> dict[str, Any]:
    """What is told of one place; the keys are those of --jsonl, documented in bytezip-scan(1)."""
    shown = data[anomaly.offset : anomaly.offset + min(anomaly.size, _SHOWN)]
    return {
        "file": name,
        "offset": anomaly.offset,
        "size": anomaly.size,
        "line": anomaly.line,
        "bits_per_byte": anomaly.bits_per_byte,
        "score": anomaly.score,
        "content": shown.decode("utf-8", "backslashreplace"),
    }
