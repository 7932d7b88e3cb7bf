"""What restart sections gain in threads: wall and processor seconds, side by side and one by one, both ways.

    python benchmarks/sections.py [--level N] [--sections N] [--threads N,N] [--runs N] FILE > sections.csv

The file is cut in sections of the same size. Each row is the median of its runs, of calls within one process that has
the model loaded already. The machine should be at rest: where it is not, only processor seconds can be compared.
"""

from __future__ import annotations

import argparse
import csv
import resource
import statistics
import sys
import time
from collections.abc import Callable
from pathlib import Path

import bytezip


def seconds_of(work: Callable[[], bytes]) -> tuple[float, float]:
    """Wall and processor seconds of a call, over all threads."""
    wall, before = time.perf_counter(), resource.getrusage(resource.RUSAGE_SELF)
    work()
    after = resource.getrusage(resource.RUSAGE_SELF)
    busy = after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime
    return time.perf_counter() - wall, busy


def median_of(work: Callable[[], bytes], runs: int) -> list[float]:
    return [statistics.median(times) for times in zip(*(seconds_of(work) for _ in range(runs)), strict=True)]


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--level", type=int, default=6)
    parser.add_argument("--sections", type=int, default=4)
    parser.add_argument("--threads", default="1,2")
    parser.add_argument("--runs", type=int, default=3)
    parser.add_argument("file", type=Path)
    given = parser.parse_args()
    raw = given.file.read_bytes()
    interval = -(-len(raw) // given.sections)
    packed = bytezip.compress(raw, given.level, restart_interval=interval, threads=1)
    rows = csv.writer(sys.stdout)
    rows.writerow(["level", "raw", "coded", "sections", "direction", "threads", "seconds", "processor_seconds"])
    for threads in map(int, given.threads.split(",")):

        def there(threads: int = threads) -> bytes:
            return bytezip.compress(raw, given.level, restart_interval=interval, threads=threads)

        def back(threads: int = threads) -> bytes:
            return bytezip.decompress(packed, threads=threads)

        assert there() == packed
        assert back() == raw
        for direction, work in (("compress", there), ("decompress", back)):
            times = [f"{seconds:.2f}" for seconds in median_of(work, given.runs)]
            rows.writerow([given.level, len(raw), len(packed), given.sections, direction, threads, *times])


if __name__ == "__main__":
    main()
