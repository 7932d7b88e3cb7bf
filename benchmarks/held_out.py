"""The standard model on sources that it was never trained on: two tables and a picture, in this folder.

    python corpora/make.py CORPUS --split held-out
    python benchmarks/held_out.py CORPUS/held-out [--quick] [--largest BYTES] [--picture-only] [--to FOLDER]

See `bytezip/train/evaluate_sources.py` for what is measured. `--quick` looks at a quarter of the bytes, up to 16 KiB;
`--largest` leaves out beginnings of files that are longer, which take most of the time.
"""

from __future__ import annotations

import argparse
import sys
from pathlib import Path
from typing import Any

import matplotlib
import stamps
from matplotlib.figure import Figure
from table import read

from bytezip.predictor.weights import STANDARD, load_model
from bytezip.train.evaluate_sources import Amounts, evaluate

HERE = Path(__file__).parent
TABLES = ("held_out.csv", "held_out_gain.csv")
QUICK = Amounts(piece_bytes=1 << 15, largest=1 << 14, share=0.25)
Rows = list[dict[str, str]]


def stamp(path: Path, amounts: Amounts) -> None:
    """Writes above a table what it was measured on, and how much of it."""
    path.write_text(f"# {stamps.machine()}; {stamps.ours()}; {amounts}\n{path.read_text()}")


def draw(folder: Path) -> Path:
    """Draws both tables; the same tables give the same picture."""
    picture: Any = Figure(figsize=(13, 5.5), layout="constrained")
    left, right = picture.subplots(1, 2)
    for draw_table, name, axes in zip((alone, gains), TABLES, (left, right), strict=True):
        draw_table(read(folder / name), axes)
    path = folder / "held_out.svg"
    with matplotlib.rc_context({"svg.hashsalt": "bytezip"}):  # else its names are random
        picture.savefig(path, metadata={"Date": None})
    return path


def alone(rows: Rows, axes: Any) -> None:
    """Bars: bits per byte of the network alone, and of xz on each source as a whole."""
    places = range(len(rows))
    for shift, name, label in ((-0.2, "network", "network alone"), (0.2, "xz_solid", "xz -9e, a source in one go")):
        axes.barh([place + shift for place in places], [float(row[name]) for row in rows], 0.4, label=label)
    axes.set_yticks(list(places), [row["modality"] for row in rows])
    axes.invert_yaxis()
    axes.set(xlabel="bits per byte", title="Sources that were never trained on")
    axes.legend(fontsize="small")


def gains(rows: Rows, axes: Any) -> None:
    """Lines: what the network takes off the experts alone, by the size of the file."""
    for modality in dict.fromkeys(row["modality"] for row in rows):
        own = [row for row in rows if row["modality"] == modality]
        axes.plot([int(row["size"]) for row in own], [100 * float(row["gain"]) for row in own], marker="o",
                  markersize=3, label=modality)  # fmt: skip
    axes.set_xscale("log", base=2)
    axes.set(xlabel="bytes of the file", ylabel="% smaller than experts alone", title="What the network gives")
    axes.legend(fontsize="small", ncols=2)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("held_out", type=Path, nargs="?")
    parser.add_argument("--quick", action="store_true")
    parser.add_argument("--largest", type=int, metavar="BYTES", help="the longest beginnings of files to code")
    parser.add_argument("--picture-only", action="store_true", help="draw the tables that are there")
    parser.add_argument("--to", type=Path, default=HERE, metavar="FOLDER")
    chosen = parser.parse_args()
    if not chosen.picture_only:
        if chosen.held_out is None:
            parser.error("HELD_OUT is needed")
        amounts = QUICK if chosen.quick else Amounts()
        amounts = amounts._replace(largest=chosen.largest or amounts.largest)
        evaluate(chosen.held_out, load_model(STANDARD), chosen.to, amounts)
        for name in TABLES:
            stamp(chosen.to / name, amounts)
    print(draw(chosen.to), file=sys.stderr)


if __name__ == "__main__":
    main()
