"""The curves of a training run, from its log: python -m bytezip.train.plot LOG.jsonl OUT.svg

A log has one JSON object a line: `step`, `seconds`, `bytes`, and what was measured there: `loss_bits`, the loss of one
batch in bits per byte, or bits per byte by modality, `held_out` on all held-out windows, `held_out_sample` on a few of
them. A run that went on from a checkpoint may repeat steps:
the later line counts. Lines that are no such objects (messages of libraries) are left out, but a log without any
measured line is an error.

Knows: the log's form, matplotlib.  Does not know: torch, models.
"""

from __future__ import annotations

import argparse
import json
from collections.abc import Iterable
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

SMOOTHING = 0.9  # of the loss's running mean, kept from one line to the next
DPI = 120
HOURS_FROM = 5400  # seconds: shorter runs are told in minutes
Point = tuple[float, float]
_THIN, _DOTS = {"linewidth": 0.8}, {"marker": "o", "markersize": 3}


@dataclass
class Curves:
    """What a log tells. losses: (seconds, bits per byte); held_out, samples: for each modality the same."""

    losses: list[Point] = field(default_factory=list)
    held_out: dict[str, list[Point]] = field(default_factory=dict)
    samples: dict[str, list[Point]] = field(default_factory=dict)

    @property
    def end(self) -> float:
        """Seconds of the last point."""
        every = [self.losses, *self.held_out.values(), *self.samples.values()]
        return max((points[-1][0] for points in every if points), default=0.0)


def read_log(lines: Iterable[str]) -> Curves:
    """The curves of a log.

    Raises:
        ValueError: where no line holds a measurement.
    """
    losses: dict[int, Point] = {}
    tables: dict[str, dict[int, tuple[float, dict[str, float]]]] = {"held_out": {}, "held_out_sample": {}}
    for line in lines:
        found = parsed(line)
        if found is None:
            continue
        step, seconds = int(found["step"]), float(found["seconds"])
        if "loss_bits" in found:
            losses[step] = (seconds, float(found["loss_bits"]))
        for name, table in tables.items():
            if isinstance(found.get(name), dict):
                table[step] = (seconds, found[name])
    if not losses and not any(tables.values()):
        raise ValueError("the log holds no line with loss_bits or held_out")
    return Curves([losses[step] for step in sorted(losses)], *map(_by_modality, tables.values()))


def _by_modality(table: dict[int, tuple[float, dict[str, float]]]) -> dict[str, list[Point]]:
    found: dict[str, list[Point]] = {}
    for step in sorted(table):
        seconds, figures = table[step]
        for modality, bits in figures.items():
            found.setdefault(modality, []).append((seconds, float(bits)))
    return found


def parsed(line: str) -> dict[str, Any] | None:
    """A line of a log that says where the run was; None for any other line."""
    try:
        found = json.loads(line)
    except ValueError:
        return None
    return found if isinstance(found, dict) and {"step", "seconds"} <= found.keys() else None


def smoothed(values: Iterable[float]) -> list[float]:
    """The running mean of a noisy curve: exponential, without the pull of its beginning."""
    mean, weight, result = 0.0, 0.0, []
    for value in values:
        mean = SMOOTHING * mean + (1 - SMOOTHING) * value
        weight = SMOOTHING * weight + (1 - SMOOTHING)
        result.append(mean / weight)
    return result


def draw(curves: Curves, output: Path) -> None:
    """Writes the picture; the suffix of its name says of which kind (.svg, .png, .pdf).

    Raises:
        ModuleNotFoundError: without matplotlib.
        ValueError: for a suffix that it does not know.
    """
    import matplotlib  # noqa: PLC0415  only drawing needs it
    from matplotlib.figure import Figure  # noqa: PLC0415

    figure: Any = Figure(figsize=(13, 5.5), layout="constrained")
    left, right = figure.subplots(1, 2)
    unit, seconds = ("hours", 3600) if curves.end >= HOURS_FROM else ("minutes", 60)
    _draw_losses(curves, left, seconds)
    _draw_held_out(curves, right, seconds)
    for axes, title in ((left, "Training batches"), (right, "Held-out windows")):
        axes.set(xlabel=f"{unit} of training", ylabel="bits per byte", title=title)
    with matplotlib.rc_context({"svg.hashsalt": "bytezip"}):  # else its names are random
        figure.savefig(output, dpi=DPI, metadata={"Date": None} if output.suffix == ".svg" else None)


def _draw_losses(curves: Curves, axes: Any, unit: int) -> None:
    if curves.losses:
        times = [seconds / unit for seconds, _ in curves.losses]
        bits = [bits for _, bits in curves.losses]
        axes.plot(times, bits, color="#d5d8dc", linewidth=0.8, label="a batch")
        axes.plot(times, smoothed(bits), color="#c0392b", label="running mean")
        axes.legend(fontsize="small")


def _draw_held_out(curves: Curves, axes: Any, unit: int) -> None:
    """A colour a modality, worst first; a few windows as a thin line, all of them as dots."""
    last = {name: points[-1][1] for name, points in (curves.samples | curves.held_out).items()}
    for modality in sorted(last, key=lambda name: -last[name]):
        colour, label = None, modality
        for series, style in ((curves.samples, _THIN), (curves.held_out, _DOTS)):
            points = series.get(modality, [])
            if points:
                times, bits = [seconds / unit for seconds, _ in points], [bits for _, bits in points]
                (line,) = axes.plot(times, bits, color=colour, label=label, **style)
                colour, label = line.get_color(), "_"  # of the same name: no line of its own in the legend
    if last:
        axes.legend(fontsize="x-small", ncols=2)


def main() -> None:
    parser = argparse.ArgumentParser(prog="python -m bytezip.train.plot", description="Draw a training run's curves.")
    parser.add_argument("log", type=Path, help="JSON, one line a measurement")
    parser.add_argument("output", type=Path, help="picture: .svg, .png or .pdf")
    chosen = parser.parse_args()
    try:
        with chosen.log.open(errors="replace") as lines:
            draw(read_log(lines), chosen.output)
    except (OSError, ValueError) as error:
        raise SystemExit(f"error: {error}") from error
    except ModuleNotFoundError as error:
        raise SystemExit("error: matplotlib is missing: pip install 'bytezip[bench]'") from error


if __name__ == "__main__":
    main()
