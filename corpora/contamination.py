"""What a training set has in common with the benchmark files: shared windows of 32 bytes, file by file, as CSV.

    python corpora/contamination.py TRAINING BENCHMARKS... [--drop 0.3] > training_files.csv

One row for each training file that shares a window: bytes, windows shared, its share of all windows, the trivial ones
(fewer than 8 different byte values: runs of blanks, rulers, zeros, which prove nothing), and the benchmark file shared
most with. `--benchmarks FILE` also writes, for each benchmark file, how many of its windows stand in the training set.
`--drop SHARE` lists only the paths of training files of which more than SHARE is shared: what to leave out.

Takes about 17 bytes of memory for each benchmark byte, whatever the size of the training set.
"""

from __future__ import annotations

import argparse
import csv
import sys
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import NamedTuple, TextIO

import numpy as np
from shingles import WIDTH, Index, pieces


class Row(NamedTuple):
    """One training file. share: of its windows, without the trivial ones, found in the benchmarks."""

    file: str
    bytes: int
    shared: int
    share: float
    trivial: int
    most_with: str


class BenchmarkRow(NamedTuple):
    """One benchmark file. share: of its windows, without the trivial ones, found in the training set."""

    file: str
    bytes: int
    shared: int
    share: float
    trivial: int


class Source(NamedTuple):
    """A file and the name that it is reported under."""

    path: Path
    name: str


def files_below(roots: Sequence[Path]) -> list[Source]:
    """Every regular file, in order; named after its folder when there are several roots."""
    found = []
    for root in roots:
        paths = sorted(path for path in root.rglob("*") if path.is_file()) if root.is_dir() else [root]
        base = root.parent if len(roots) > 1 or not root.is_dir() else root
        found += [Source(path, str(path.relative_to(base))) for path in paths]
    return found


def examine(training: Sequence[Source], benchmarks: Sequence[Source], index: Index) -> Iterator[Row]:
    """One row for each training file with a shared window."""
    for source in training:
        data = np.fromfile(source.path, np.uint8)
        shared = dull = 0
        owners = np.zeros(len(benchmarks), np.int64)
        for piece in pieces(data):
            matches = index.find(piece)
            dull += int(np.count_nonzero(matches.trivial))
            shared += int(np.count_nonzero(~matches.trivial))
            owners += np.bincount(matches.owners[~matches.trivial], minlength=len(benchmarks))
        if shared or dull:
            most = benchmarks[int(owners.argmax())].name if shared else ""
            yield Row(source.name, len(data), shared, _share(shared, len(data)), dull, most)


def benchmark_rows(benchmarks: Sequence[Source], index: Index) -> Iterator[BenchmarkRow]:
    """One row for each benchmark file; call when all of the training set went through `examine`."""
    for source in benchmarks:
        data = np.fromfile(source.path, np.uint8)
        counts = list(index.seen(data))
        shared, dull = sum(count[0] for count in counts), sum(count[1] for count in counts)
        yield BenchmarkRow(source.name, len(data), shared, _share(shared, len(data)), dull)


def _share(shared: int, size: int) -> float:
    return round(shared / max(size - WIDTH + 1, 1), 6)


def write(rows: Iterator[Row] | Iterator[BenchmarkRow], fields: Sequence[str], out: TextIO) -> None:
    table = csv.writer(out, lineterminator="\n")
    table.writerow(fields)
    table.writerows(rows)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("training", type=Path)
    parser.add_argument("corpora", type=Path, nargs="+")
    parser.add_argument("--benchmarks", type=Path, metavar="FILE", help="also write a row for each benchmark file")
    parser.add_argument("--drop", type=float, metavar="SHARE", help="list the paths of files above SHARE, no table")
    chosen = parser.parse_args()
    training, benchmarks = files_below([chosen.training]), files_below(chosen.corpora)
    if not training or not benchmarks:
        raise SystemExit("no files to compare")
    index = Index([source.path for source in benchmarks])
    rows = examine(training, benchmarks, index)
    if chosen.drop is None:
        write(rows, Row._fields, sys.stdout)
    else:
        sys.stdout.writelines(f"{row.file}\n" for row in rows if row.share > chosen.drop)
    if chosen.benchmarks:
        with chosen.benchmarks.open("w", newline="") as out:
            write(benchmark_rows(benchmarks, index), BenchmarkRow._fields, out)


if __name__ == "__main__":
    main()
