"""The curves of a training run, from its log: python -m bytezip.train.plot LOG.jsonl OUT.svg

A log has one JSON object a line: `step`, `seconds`, `bytes`, and what was measured there: `loss_bits`, the loss of one
batch in bits per byte, or `held_out`, bits per byte by modality. A run that went on from a checkpoint may repeat steps:
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


@dataclass
class Curves:
    """What a log tells. losses: (seconds, bits per byte); held_out: for each modality the same."""

    losses: list[tuple[float, float]] = field(default_factory=list)
    held_out: dict[str, list[tuple[float, float]]] = field(default_factory=dict)


def read_log(lines: Iterable[str]) -> Curves:
    """The curves of a log.

    Raises:
        ValueError: where no line holds a measurement.
    """
    losses: dict[int, tuple[float, float]] = {}
    held_out: dict[int, tuple[float, dict[str, float]]] = {}
    for line in lines:
        found = _parsed(line)
        if found is None:
            continue
        step, seconds = int(found["step"]), float(found["seconds"])
        if "loss_bits" in found:
            losses[step] = (seconds, float(found["loss_bits"]))
        if isinstance(found.get("held_out"), dict):
            held_out[step] = (seconds, found["held_out"])
    if not losses and not held_out:
        raise ValueError("the log holds no line with loss_bits or held_out")
    curves = Curves([losses[step] for step in sorted(losses)])
    for step in sorted(held_out):
        seconds, figures = held_out[step]
        for modality, bits in figures.items():
            curves.held_out.setdefault(modality, []).append((seconds, float(bits)))
    return curves


def _parsed(line: str) -> dict[str, Any] | None:
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
    if curves.losses:
        hours = [seconds / 3600 for seconds, _ in curves.losses]
        bits = [bits for _, bits in curves.losses]
        left.plot(hours, bits, color="#d5d8dc", linewidth=0.8, label="a batch")
        left.plot(hours, smoothed(bits), color="#c0392b", label="running mean")
        left.legend(fontsize="small")
    left.set(xlabel="hours of training", ylabel="bits per byte", title="Training batches")
    for modality, points in sorted(curves.held_out.items(), key=lambda item: -item[1][-1][1]):
        right.plot([seconds / 3600 for seconds, _ in points], [bits for _, bits in points], marker="o", markersize=3,
                   label=modality)  # fmt: skip
    if curves.held_out:
        right.legend(fontsize="x-small", ncols=2)
    right.set(xlabel="hours of training", ylabel="bits per byte", title="Held-out windows")
    with matplotlib.rc_context({"svg.hashsalt": "bytezip"}):  # else its names are random
        figure.savefig(output, dpi=DPI, metadata={"Date": None} if output.suffix == ".svg" else None)


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
