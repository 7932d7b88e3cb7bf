"""The process in which one compressor does one thing to one file: run as a script, so that its memory is its own.

    python child.py TASK.json

The task is a JSON object (`measure.py` writes it): what to run, from which file to which, how often. What came of it
is written beside it: seconds of each run and the peak of resident memory in KiB, or the problem in one line. Of a
library, only the call is timed; of a command, all of its process.

Knows: the libraries' calls.  Does not know: bytezip beyond two of its functions; it loads only the one library it runs.
"""

from __future__ import annotations

import importlib
import json
import resource
import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

Function = Callable[[bytes], bytes]
PPMD_MEMORY = 64 << 20


def library(name: str, level: str, options: dict[str, Any]) -> tuple[Function, Function]:
    """compress and decompress of a library; options go to bytezip alone.

    Raises:
        ImportError: where it is not installed.
    """
    module: Any = importlib.import_module(MODULES[name])
    if name == "zstd":
        return module.ZstdCompressor(level=int(level)).compress, module.ZstdDecompressor().decompress
    there, back = keywords(name, level, options)
    return lambda data: module.compress(data, **there), lambda data: bytes(module.decompress(data, **back))


def keywords(name: str, level: str, options: dict[str, Any]) -> tuple[dict[str, Any], dict[str, Any]]:
    """What a library's compress and decompress take beside the data."""
    extreme = 1 << 31 if level.endswith("e") else 0  # lzma.PRESET_EXTREME
    number = int(level.rstrip("e"))
    ppmd = {"max_order": number, "mem_size": PPMD_MEMORY}
    return {
        "gzip": ({"compresslevel": number, "mtime": 0}, {}),
        "bzip2": ({"compresslevel": number}, {}),
        "xz": ({"preset": number | extreme}, {}),
        "brotli": ({"quality": number, "lgwin": 24}, {}),  # the largest window that every decoder takes
        "kanzi": ({"level": number}, {}),
        "ppmd": (ppmd, ppmd),
        "bytezip": ({"level": number, **options}, options),
    }[name]


MODULES = {
    "bytezip": "bytezip",
    "gzip": "gzip",
    "bzip2": "bz2",
    "xz": "lzma",
    "zstd": "zstandard",
    "brotli": "brotli",
    "kanzi": "kanzi",
    "ppmd": "pyppmd",
}


def run_library(task: dict[str, Any]) -> list[float]:
    """Seconds of each run; the last result is written to the target."""
    both = library(task["name"], task["level"], task["options"])
    work = both[task["verb"] == "decompress"]
    data = Path(task["source"]).read_bytes()
    seconds = []
    for _ in range(task["repeats"]):
        began = time.perf_counter()
        result = work(data)
        seconds.append(time.perf_counter() - began)
    Path(task["target"]).write_bytes(result)
    return seconds


def run_command(task: dict[str, Any]) -> list[float]:
    """Seconds of each run of a command: without {source} in it stdin is the source, without {target} stdout the target.

    Raises:
        subprocess.CalledProcessError, OSError: where it fails, or is not there.
    """
    words = task["command"]
    seconds = []
    for _ in range(task["repeats"]):
        Path(task["target"]).unlink(missing_ok=True)
        began = time.perf_counter()
        with open(task["source"], "rb") as source, _stdout(task) as target:
            subprocess.run(
                [word.format(**task) for word in words], stdin=source, stdout=target, stderr=subprocess.PIPE, check=True
            )
        seconds.append(time.perf_counter() - began)
    return seconds


def _stdout(task: dict[str, Any]) -> Any:
    to_target = not any("{target}" in word for word in task["command"])
    return open(task["target"] if to_target else "/dev/null", "wb")


def own_peak() -> int:
    """KiB. Not ru_maxrss where it can be had otherwise: that one also counts the parent, of before the exec."""
    status = Path("/proc/self/status")
    for line in status.read_text().splitlines() if status.exists() else []:
        if line.startswith("VmHWM:"):
            return int(line.split()[1])
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss


def problem(error: Exception) -> str:
    """One line that says what went wrong."""
    if isinstance(error, subprocess.CalledProcessError):
        told = (error.stderr or b"").decode(errors="replace").strip().splitlines()
        ended = f"signal {-error.returncode}" if error.returncode < 0 else f"exit code {error.returncode}"
        return f"{ended}: {told[-1]}" if told else ended
    if isinstance(error, OSError) and error.strerror:
        return error.strerror.lower()
    return " ".join(f"{type(error).__name__}: {error}".split())


def main() -> None:
    file = Path(sys.argv[1])
    task = json.loads(file.read_text())
    sys.path[:] = task["path"]
    report: dict[str, Any]
    try:
        if task["command"]:
            report = {"seconds": run_command(task)}
            report["peak"] = resource.getrusage(resource.RUSAGE_CHILDREN).ru_maxrss
        else:
            report = {"seconds": run_library(task)}
            report["peak"] = own_peak()
    except Exception as error:  # whatever a compressor raises is its row in the table
        report = {"problem": problem(error)}
    file.with_suffix(".report").write_text(json.dumps(report))


if __name__ == "__main__":
    main()
