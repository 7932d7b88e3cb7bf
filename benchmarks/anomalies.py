"""Whether `bytezip scan` finds what does not belong: places of other sources, put into held-out files.

    python corpora/make.py CORPUS --split held-out
    python benchmarks/anomalies.py CORPUS/held-out [--to FOLDER]

Five lines of another source of the same modality go to places that a seeded generator chooses, among the first 32 KB of
a file; in programs, five windows take the place of others. All places are then ranked by score. A row gives the mean
over its files of average precision (1 where the five come first; chance is 0.01 to 0.03) and the share of the five
among the first ten, without anything known and, for the second half of the file, with the first half known; and the
average precision of two simple rankings: by how rare the words of a line are (mean inverse document frequency), and by
how rare its bytes are (order 0).
"""

from __future__ import annotations

import argparse
import csv
import re
from collections import Counter
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import NamedTuple

import numpy as np
import stamps
from numpy.typing import NDArray

from bytezip import surprise
from bytezip.scan import WINDOW, unusual
from bytezip.train.evaluate_sources import File, held_out_files

BY_LINE = ("log", "json", "csv", "code", "text")
BY_WINDOW = ("elf", "pe")
FILES = 4  # of each modality
SIZE = 1 << 15  # bytes of a file
FOREIGN = 5  # places that are put into it
FIRST = 10  # places that a user sees
SHORTEST, LONGEST = 20, 200  # bytes of a foreign line

Places = list[bytes]


class Row(NamedTuple):
    """Means over files; `words` is empty for windows, which have none."""

    modality: str
    files: int
    places: int
    precision: float
    first_ten: float
    precision_known: float
    first_ten_known: float
    words: float | str
    bytes: float


class Trial(NamedTuple):
    """Places of a file with foreign ones among them."""

    places: Places
    is_foreign: NDArray[np.bool_]


def trial(own: Places, foreign: Places, replace: bool, random: np.random.Generator) -> Trial:
    """Foreign places among those of a file, or in place of them."""
    at = np.sort(random.choice(len(own), FOREIGN, replace=False))
    chosen = [foreign[place] for place in random.choice(len(foreign), FOREIGN, replace=False)]
    places, is_foreign = list(own), np.zeros(len(own), bool)
    for place, content in zip(at[::-1], chosen, strict=True):
        places[place : place + replace] = [content]
        is_foreign = np.insert(is_foreign, place, True) if not replace else is_foreign
        is_foreign[place] = True
    return Trial(places, is_foreign)


def average_precision(scores: NDArray[np.float64], wanted: NDArray[np.bool_]) -> float:
    """The mean, over the wanted ones, of the share of wanted ones among all that score as high."""
    hits = wanted[np.argsort(-scores, kind="stable")]
    return float((np.cumsum(hits) / np.arange(1, len(hits) + 1))[hits].mean())


def among_first(scores: NDArray[np.float64], wanted: NDArray[np.bool_]) -> float:
    return float(wanted[np.argsort(-scores, kind="stable")[:FIRST]].sum() / wanted.sum())


def by_bytezip(places: Places, known: bytes) -> NDArray[np.float64]:
    sizes = np.array([len(place) for place in places])
    costs = surprise(b"".join(places), known=known, threads=1).astype(np.float64)
    return unusual(np.add.reduceat(costs, np.cumsum(sizes) - sizes), sizes)


def by_words(places: Places) -> NDArray[np.float64]:
    """Mean inverse document frequency of the words of each place (Sparck Jones 1972)."""
    words = [re.findall(rb"\w+", place) for place in places]
    frequency = Counter(word for of_place in words for word in set(of_place))
    idf = {word: np.log(len(places) / count) for word, count in frequency.items()}
    return np.array([np.mean([idf[word] for word in of_place]) if of_place else 0.0 for of_place in words])


def by_bytes(places: Places) -> NDArray[np.float64]:
    """Bits of a byte of each place, by the frequencies of all of them."""
    counts = np.bincount(np.frombuffer(b"".join(places), np.uint8), minlength=256)
    cost = -np.log2(np.maximum(counts, 1) / counts.sum())
    return np.array([cost[np.frombuffer(place, np.uint8)].mean() for place in places])


def lines_of(data: bytes) -> Places:
    return data.splitlines(keepends=True)


def windows_of(data: bytes) -> Places:
    return [data[start : start + WINDOW] for start in range(0, len(data) - WINDOW + 1, WINDOW)]


def chosen_files(files: Sequence[File], cut_up: object) -> Iterator[tuple[Places, Places]]:
    """Places of a file, and those of another source that may be put among them."""
    long_enough = [file for file in files if file.size >= SIZE]
    for file in long_enough[:FILES]:
        others = [other for other in files if other.source != file.source]
        if not others:
            continue
        if cut_up is lines_of:
            foreign = [
                line for other in others[:FILES] for line in lines_of(other.read(SIZE).tobytes())
                if SHORTEST <= len(line) <= LONGEST and line.endswith(b"\n")
            ]  # fmt: skip
            yield lines_of(file.read(SIZE).tobytes().rpartition(b"\n")[0] + b"\n"), foreign
        else:
            foreign = [part for other in others[:FILES] for part in windows_of(other.read(SIZE).tobytes())]
            yield windows_of(file.read(SIZE).tobytes()), [part for part in foreign if len(set(part)) > WINDOW // 8]


def row(modality: str, files: Sequence[File]) -> Row | None:
    """None where no file is long enough, or there is but one source."""
    random = np.random.Generator(np.random.PCG64(1))
    by_line = modality in BY_LINE
    figures, places = [], 0
    for own, foreign in chosen_files(files, lines_of if by_line else windows_of):
        if len(own) < 8 * FOREIGN or len(foreign) < FOREIGN:
            continue
        half = len(own) // 2
        whole = trial(own, foreign, not by_line, random)
        second = trial(own[half:], foreign, not by_line, random)
        scores = by_bytezip(whole.places, b"")
        scores_known = by_bytezip(second.places, b"".join(own[:half]))
        places += len(whole.places)
        figures.append(
            (
                average_precision(scores, whole.is_foreign), among_first(scores, whole.is_foreign),
                average_precision(scores_known, second.is_foreign), among_first(scores_known, second.is_foreign),
                average_precision(by_words(whole.places), whole.is_foreign),
                average_precision(by_bytes(whole.places), whole.is_foreign),
            )
        )  # fmt: skip
    if not figures:
        return None
    means = [round(float(mean), 3) for mean in np.mean(figures, axis=0)]
    scan, scan_ten, known, known_ten, words, of_bytes = means
    return Row(modality, len(figures), places, scan, scan_ten, known, known_ten, words if by_line else "", of_bytes)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("held_out", type=Path)
    parser.add_argument("--to", type=Path, default=Path(__file__).parent, help="where the table goes")
    chosen = parser.parse_args()
    files = held_out_files(chosen.held_out)
    rows = [row(modality, files[modality]) for modality in (*BY_LINE, *BY_WINDOW) if modality in files]
    with (chosen.to / "anomalies.csv").open("w", newline="") as out:
        out.write(f"# {stamps.machine()}; {stamps.ours()}\n")
        table = csv.writer(out, lineterminator="\n")
        table.writerow(Row._fields)
        table.writerows(found for found in rows if found is not None)


if __name__ == "__main__":
    main()
