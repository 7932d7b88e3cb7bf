"""One line that says what a measurement ran on."""

from __future__ import annotations

import os
import platform
from pathlib import Path


def describe() -> str:
    processors = len(os.sched_getaffinity(0))
    return f"{_processor()}, {processors} processors, {platform.system()}, Python {platform.python_version()}"


def _processor() -> str:
    for line in Path("/proc/cpuinfo").read_text().splitlines() if Path("/proc/cpuinfo").exists() else []:
        if line.startswith("model name"):
            return line.partition(":")[2].strip()
    return platform.machine()
