"""The picture of a measurement: the front of ratio and rate, and bits per byte file by file.

Knows: figures, matplotlib (which it loads only when it draws).  Does not know: how the figures came about.
"""

from __future__ import annotations

import importlib.util
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from bytezip.bench.figures import Figures
from bytezip.errors import BytezipError, MissingExtraError

SUFFIXES = (".svg", ".png")
_OURS, _THEIRS = "#c0392b", "#5d6d7e"


class PlotError(BytezipError):
    """The picture cannot be drawn under this name."""


def check(target: Path) -> None:
    """To be called before hours of measuring.

    Raises:
        PlotError: for a suffix other than SUFFIXES, or a folder that is not there.
        MissingExtraError: without matplotlib.
    """
    if target.suffix not in SUFFIXES:
        raise PlotError(f"{target}: a picture is called {' or '.join(f'*{suffix}' for suffix in SUFFIXES)}")
    if not target.absolute().parent.is_dir():
        raise PlotError(f"{target}: its folder is not there")
    if importlib.util.find_spec("matplotlib") is None:
        raise MissingExtraError("drawing", "bench")


def front(points: Sequence[tuple[float, float]]) -> list[tuple[float, float]]:
    """The points than which no other is at least as far in both coordinates, by the first one."""
    best: list[tuple[float, float]] = []
    for point in sorted(set(points), reverse=True):
        if not best or point[1] > best[-1][1]:
            best.append(point)
    return best[::-1]


def draw(lines: Sequence[Figures], target: Path) -> None:
    """Writes the picture; lines as `figures.all_figures` gives them.

    Raises:
        OSError: where it cannot be written.
    """
    from matplotlib.figure import Figure  # noqa: PLC0415  hundreds of milliseconds

    picture: Any = Figure(figsize=(13, 5.5), layout="constrained")
    left, right = picture.subplots(1, 2)
    _draw_front(left, [line for line in lines if line.scope == "total" and line.coded])
    _draw_files(right, [line for line in lines if line.scope == "file" and line.coded])
    picture.savefig(target)


def _draw_front(axes: Any, totals: Sequence[Figures]) -> None:
    points = [(line.compress_rate, line.ratio) for line in totals]
    axes.plot(*zip(*front(points), strict=True), color="#d5d8dc", zorder=0) if points else None
    for line in totals:
        axes.scatter(line.compress_rate, line.ratio, color=_colour(line))
        axes.annotate(line.method, (line.compress_rate, line.ratio), xytext=(4, 4), textcoords="offset points")
    axes.set_xscale("log")
    axes.set(xlabel="compression, KB/s", ylabel="ratio", title="Ratio and rate, all files")


def _draw_files(axes: Any, lines: Sequence[Figures]) -> None:
    names = list(dict.fromkeys(line.name for line in lines))
    for method in dict.fromkeys(line.method for line in lines):
        own = [line for line in lines if line.method == method]
        marker = "o" if method.startswith("bytezip") else "x"
        axes.scatter([line.bits_per_byte for line in own], [names.index(line.name) for line in own], marker=marker,
                     label=method)  # fmt: skip
    axes.set_yticks(range(len(names)), names)
    axes.invert_yaxis()
    axes.set(xlabel="bits per byte", title="File by file")
    axes.legend(fontsize="small")


def _colour(line: Figures) -> str:
    return _OURS if line.method.startswith("bytezip") else _THEIRS
