"""The pictures of the README, drawn from the tables alone, so that they can be drawn anew without measuring."""

from __future__ import annotations

import hashlib
from collections.abc import Callable
from pathlib import Path
from typing import Any

from matplotlib import rc_context
from matplotlib.figure import Figure
from table import read

from bytezip.bench.plot import front as best
from bytezip.train.plot import smoothed

Rows = list[dict[str, str]]


def curve(axes: Any, rows: Rows, x: str, y: str) -> None:
    """One line for each method."""
    for method in dict.fromkeys(row["method"] for row in rows):
        own = sorted((row for row in rows if row["method"] == method and row[y]), key=lambda row: float(row[x]))
        style = "-" if method.startswith("bytezip") else "--"
        axes.plot([float(row[x]) for row in own], [float(row[y]) for row in own], style, marker="o", markersize=3,
                  label=method)  # fmt: skip
    axes.set_xscale("log", base=2)
    axes.legend(fontsize="small")


def small(rows: Rows, picture: Any) -> None:
    axes = picture.subplots()
    curve(axes, rows, "size", "bits_per_byte")
    axes.set(xlabel="bytes of the file", ylabel="bits per byte", title="Small files (Canterbury, Calgary: beginnings)")


def messages(rows: Rows, picture: Any) -> None:
    kinds = list(dict.fromkeys(row["kind"] for row in rows))
    for axes, kind in zip(picture.subplots(1, len(kinds), squeeze=False)[0], kinds, strict=True):
        curve(axes, [row for row in rows if row["kind"] == kind], "size", "bits_per_byte")
        axes.set(xlabel="bytes of the message", ylabel="bits per byte", title=kind)


def growth(rows: Rows, picture: Any) -> None:
    left, right = picture.subplots(1, 2)
    curve(left, rows, "size", "compress_s")
    left.set(xlabel="bytes", ylabel="s", yscale="log", title="Time to compress")
    curve(right, rows, "size", "compress_mib")
    right.set(xlabel="bytes", ylabel="MiB", title="Peak of memory")


def front(rows: Rows, picture: Any) -> None:
    """Of all files together; a method that was not measured on all of them is left out."""
    axes = picture.subplots()
    points = {label: point for label in labels(rows) if (point := total(rows, *label))}
    if not points:
        return
    axes.plot(*zip(*best(list(points.values())), strict=True), color="#d5d8dc", zorder=0)
    for (method, threads), point in points.items():
        axes.scatter(*point, color="#c0392b" if method.startswith("bytezip") else "#5d6d7e")
        name = f"{method} ({threads} threads)" if threads != "1" else method
        axes.annotate(name, point, xytext=(4, 4), textcoords="offset points", fontsize="small")
    axes.set(xscale="log", xlabel="compression, KB/s", ylabel="ratio", title="Canterbury: ratio and rate")


def training(rows: Rows, picture: Any) -> None:
    """Losses over all runs, and what the held-out windows of each modality gained from their first figure on."""
    left, right = picture.subplots(1, 2)
    for run in dict.fromkeys(row["run"] for row in rows):
        read_mb, bits = _points([row for row in rows if row["run"] == run and row["measured"] == "batch"])
        (line,) = left.plot(read_mb, smoothed(bits), label=run)
        left.plot(read_mb, bits, linewidth=0.4, color=line.get_color())
    for modality in sorted({row["measured"] for row in rows} - {"batch"}):
        read_mb, bits = _points([row for row in rows if row["measured"] == modality])
        change = [100 * (figure / bits[0] - 1) for figure in bits]
        right.plot(read_mb, change, marker="o", markersize=3, label=f"{modality} {bits[-1]:.2f}")
    left.set(xlabel="MB read, all runs", ylabel="bits per byte", title="Training batches, and their running mean")
    right.set(
        xlabel="MB read, all runs", ylabel="% against its first", title="Held-out windows: change, and bits at last"
    )
    left.legend(fontsize="small")
    right.legend(fontsize="x-small", ncols=2, loc="center left", bbox_to_anchor=(1, 0.5))


def _points(rows: Rows) -> tuple[list[float], list[float]]:
    return [float(row["read_mb"]) for row in rows], [float(row["bits_per_byte"]) for row in rows]


def labels(rows: Rows) -> list[tuple[str, str]]:
    """(method, threads)."""
    return list(dict.fromkeys((row["method"], row["threads"]) for row in rows))


def total(rows: Rows, method: str, threads: str) -> tuple[float, float] | None:
    """(KB/s of compression, ratio) over all files, or None where some are missing."""
    own = [row for row in rows if (row["method"], row["threads"]) == (method, threads)]
    if len(own) < len({row["file"] for row in rows}):
        return None
    raw, coded, seconds = (sum(float(row[name]) for row in own) for name in ("raw", "coded", "compress_s"))
    return raw / 1000 / seconds, raw / coded


PICTURES: dict[str, Callable[[Rows, Any], None]] = {
    "small": small,
    "messages": messages,
    "growth": growth,
    "front": front,
    "training": training,
}


def source(table: Path) -> str:
    """What a picture says of its table, so that a test can tell an old picture."""
    return f"{table.name} {hashlib.sha256(table.read_bytes()).hexdigest()}"


def draw(folder: Path) -> list[Path]:
    """Draws what there are tables for; returns the pictures."""
    drawn = []
    for name in PICTURES:
        if (folder / f"{name}.csv").exists() and read(folder / f"{name}.csv"):
            drawn.append(draw_one(folder, name))
    return drawn


def draw_one(folder: Path, name: str) -> Path:
    """Draws the picture of one table, and returns it."""
    picture: Any = Figure(figsize=(13, 5.5), layout="constrained")
    PICTURES[name](read(folder / f"{name}.csv"), picture)
    made_of = {"Date": None, "Description": source(folder / f"{name}.csv")}
    with rc_context({"svg.hashsalt": name}):  # the same for the same table
        picture.savefig(folder / f"{name}.svg", metadata=made_of)
    return folder / f"{name}.svg"
