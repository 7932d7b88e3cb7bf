"""The ratio ledger: compressed size of every corpus file, by level, as CSV; each result is decoded and compared.

Use: python benchmarks/ledger.py CORPORA_FOLDER [--levels 1,6,9] [--most BYTES] > benchmarks/results.csv
"""

from __future__ import annotations

import argparse
import csv
import sys
from pathlib import Path

import bytezip


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("corpora", type=Path)
    parser.add_argument("--levels", default="6")
    parser.add_argument("--most", type=int, default=1 << 62, help="leave larger files out")
    chosen = parser.parse_args()
    table = csv.writer(sys.stdout)
    table.writerow(["file", "level", "raw", "coded", "bits_per_byte", "release"])
    for file in sorted(path for path in chosen.corpora.rglob("*") if path.is_file()):
        if file.stat().st_size > chosen.most:
            continue
        for level in chosen.levels.split(","):
            table.writerow([str(file.relative_to(chosen.corpora)), level, *sizes(file, int(level))])
            sys.stdout.flush()


def sizes(file: Path, level: int) -> list[object]:
    raw = file.read_bytes()
    packed = bytezip.compress(raw, level)
    if bytezip.decompress(packed) != raw:
        raise SystemExit(f"{file}: not restored")
    return [len(raw), len(packed), f"{8 * len(packed) / len(raw):.4f}", bytezip.__version__]


if __name__ == "__main__":
    main()
