"""Time, memory and size of the whole command, both ways: median of several runs, as CSV.

Use: python benchmarks/whole_command.py [--levels 1,6,9] [--runs 3] FILE... > benchmarks/whole_command.csv

Each run starts a new process; start-up is included. What was restored is compared with the file. KB are 1000 bytes.
"""

from __future__ import annotations

import argparse
import csv
import os
import statistics
import sys
import tempfile
import time
from pathlib import Path
from typing import NamedTuple

from stamps import machine

COLUMNS = ("raw", "coded", "bits_per_byte", "compress_s", "decompress_s", "compress_kb_s", "decompress_kb_s",
           "peak_mib")  # fmt: skip


class Run(NamedTuple):
    seconds: float
    peak_mib: float


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("files", nargs="+", type=Path)
    parser.add_argument("--levels", default="6")
    parser.add_argument("--runs", type=int, default=3)
    chosen = parser.parse_args()
    print(f"# {machine()}")
    table = csv.writer(sys.stdout)
    table.writerow(["file", "level", *COLUMNS])
    for file in chosen.files:
        for level in chosen.levels.split(","):
            table.writerow([file.name, level, *measure(file, int(level), chosen.runs)])
            sys.stdout.flush()


def measure(file: Path, level: int, runs: int) -> list[object]:
    raw = file.stat().st_size
    with tempfile.TemporaryDirectory() as folder:
        packed, restored = Path(folder, "packed"), Path(folder, "restored")
        there = [run("compress", f"-{level}", "-f", "-o", str(packed), str(file)) for _ in range(runs)]
        back = [run("decompress", "-f", "-o", str(restored), str(packed)) for _ in range(runs)]
        if restored.read_bytes() != file.read_bytes():
            raise SystemExit(f"{file}: not restored")
        coded = packed.stat().st_size
    seconds = [statistics.median(run.seconds for run in side) for side in (there, back)]
    peak = max(run.peak_mib for run in there + back)
    return [
        raw, coded, f"{8 * coded / raw:.4f}", *(f"{each:.3f}" for each in seconds),
        *(f"{raw / 1000 / each:.1f}" for each in seconds), f"{peak:.0f}",
    ]  # fmt: skip


def run(*arguments: str) -> Run:
    began = time.monotonic()
    process = os.posix_spawn(sys.executable, [sys.executable, "-m", "bytezip", *arguments], os.environ)
    _, status, usage = os.wait4(process, 0)
    if status:
        raise SystemExit(f"bytezip {' '.join(arguments)} failed")
    return Run(time.monotonic() - began, usage.ru_maxrss / 1024)


if __name__ == "__main__":
    main()
