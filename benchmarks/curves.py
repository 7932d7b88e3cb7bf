"""The curves of the standard model's training, from the logs of its runs: a table and a picture in this folder.

    python benchmarks/curves.py LOG... [--to FOLDER]

A log is what `python -m bytezip.train` prints; messages of libraries in it are left out. Logs are given oldest first,
and each run goes on from the weights of the one before, so `read_mb` counts on over all of them. `measured` is `batch`
(the mean loss of LINES lines, of batches LOG_STEPS steps apart) or a modality of the held-out windows.
"""

from __future__ import annotations

import argparse
import csv
import io
import sys
from collections.abc import Iterable, Iterator
from pathlib import Path
from statistics import fmean
from typing import Any

import pictures
import stamps

from bytezip.train.plot import parsed

HERE = Path(__file__).parent
HEADING = ("run", "step", "seconds", "read_mb", "measured", "bits_per_byte")
LINES = 5  # of a log, for one row of losses: a batch alone is mostly noise
Row = tuple[str, int, int, str, str, str]


def measurements(lines: Iterable[str]) -> list[dict[str, Any]]:
    """The lines that measured something, by step; where a run went on from a checkpoint, the later one counts."""
    found: dict[tuple[int, bool], dict[str, Any]] = {}
    for line in lines:
        told = parsed(line)
        if told is not None and "bytes" in told:
            found[told["step"], "loss_bits" in told] = told
    return sorted(found.values(), key=lambda told: told["step"])


def rows_of(run: str, told: list[dict[str, Any]], before: int) -> Iterator[Row]:
    """The rows of one run; before: bytes that the runs before it read."""

    def row(line: dict[str, Any], measured: str, bits: float) -> Row:
        read = f"{(before + line['bytes']) / 1e6:.2f}"
        return run, line["step"], line["seconds"], read, measured, f"{bits:.4f}"

    losses = [line for line in told if "loss_bits" in line]
    for start in range(0, len(losses), LINES):
        some = losses[start : start + LINES]
        yield row(some[-1], "batch", fmean(line["loss_bits"] for line in some))
    for line in told:
        for modality, bits in line.get("held_out", {}).items():
            yield row(line, modality, bits)


def tabulate(logs: list[Path]) -> list[Row]:
    """All runs in a row.

    Raises:
        ValueError: where a log measured nothing.
    """
    rows: list[Row] = []
    before = 0
    for log in logs:
        with log.open(errors="replace") as lines:
            told = measurements(lines)
        if not told:
            raise ValueError(f"{log} holds no measurements")
        rows += rows_of(log.stem, told, before)
        before += told[-1]["bytes"]
    return rows


def write(rows: list[Row], path: Path) -> None:
    out = io.StringIO()
    out.write(f"# {stamps.machine()}; run by run, oldest first\n")
    csv.writer(out, lineterminator="\n").writerows([HEADING, *rows])
    path.write_text(out.getvalue())


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("logs", type=Path, nargs="+", metavar="LOG")
    parser.add_argument("--to", type=Path, default=HERE, metavar="FOLDER")
    chosen = parser.parse_args()
    try:
        rows = tabulate(chosen.logs)
    except (OSError, ValueError) as error:
        raise SystemExit(f"error: {error}") from error
    write(rows, chosen.to / "training.csv")
    print(pictures.draw_one(chosen.to, "training"), file=sys.stderr)


if __name__ == "__main__":
    main()
