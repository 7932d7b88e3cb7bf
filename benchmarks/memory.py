"""Measures what `bytezip/memory.py` says of memory, and prints its table anew.

    python benchmarks/memory.py

Each figure comes from a process of its own: what the system promised to it (VmData of Linux) when the predictor was
made, which is the most that it can come to take.
"""

from __future__ import annotations

import re
import subprocess
import sys
from pathlib import Path

from bytezip.memory import MIB

LOGS = (8, 12, *range(14, 25))


def main() -> None:
    for profile in range(3):
        row = {log: -(-tables(profile, log) // MIB) for log in LOGS}
        print(f"    {profile}: {row},")


def tables(profile: int, log: int) -> int:
    """Bytes of network, experts and mixer for a capacity of 2^log bytes."""
    line = [sys.executable, __file__, "--child", str(profile), str(log)]
    return int(subprocess.run(line, capture_output=True, text=True, check=True).stdout)


def child(profile: int, log: int) -> None:
    from bytezip.predictor.engine import open_mixed  # noqa: PLC0415  only the child is to hold it
    from bytezip.predictor.weights import STANDARD, load_model  # noqa: PLC0415

    model = load_model(STANDARD)
    before = _promised()
    predictor = open_mixed(model, 1, 1 << log, True, profile=profile, engine="native", device="cpu", threads=1)
    print(_promised() - before if predictor.lanes else 0)


def _promised() -> int:
    found = re.search(r"^VmData:\s+(\d+) kB", Path("/proc/self/status").read_text(), re.MULTILINE)
    assert found
    return int(found[1]) * 1024


if __name__ == "__main__":
    if sys.argv[1:2] == ["--child"]:
        child(int(sys.argv[2]), int(sys.argv[3]))
    else:
        main()
