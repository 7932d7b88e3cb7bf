"""One compressor on one file: compressed, restored and compared, each direction in a process of its own.

Whatever the compressor does, crash, hang or lose bytes, becomes a `Measurement` with a problem in it.

Knows: processes and temporary files.  Does not know: which files and methods there are, totals, printing.
"""

from __future__ import annotations

import filecmp
import json
import os
import shutil
import signal
import statistics
import subprocess
import sys
import tempfile
from dataclasses import dataclass
from pathlib import Path

from bytezip.bench.methods import Method

CHILD = Path(__file__).with_name("child.py")


@dataclass(frozen=True)
class Sample:
    """A file to measure. raw: bytes."""

    path: Path
    name: str
    modality: str
    raw: int


@dataclass(frozen=True)
class Effort:
    """How hard to measure. limit: seconds for all runs of one direction. threads: 0 is all."""

    repeats: int = 1
    limit: float = 600.0
    threads: int = 1


@dataclass(frozen=True)
class Measurement:
    """Sizes in bytes, medians in seconds, peaks of resident memory in KiB; with a problem, nothing else counts.

    Of a library the peak includes the Python interpreter; of a command it is never told smaller than the process that
    started it, about 12 MB.
    """

    file: str
    modality: str
    method: str
    raw: int
    coded: int = 0
    compress_seconds: float = 0.0
    decompress_seconds: float = 0.0
    compress_peak: int = 0
    decompress_peak: int = 0
    problem: str = ""


class FailedError(Exception):
    """One direction failed; the message is one line."""


@dataclass(frozen=True)
class _Pass:
    seconds: float
    peak: int


def measure(sample: Sample, method: Method, effort: Effort) -> Measurement:
    """One row; never raises for what a compressor does."""
    row = Measurement(sample.name, sample.modality, method.label, sample.raw)
    if method.missing:
        return _with(row, problem="not installed")
    try:
        with tempfile.TemporaryDirectory(prefix="bytezip-bench-") as folder:
            return _both_ways(sample, method, effort, Path(folder), row)
    except FailedError as error:
        return _with(row, problem=str(error))
    except OSError as error:  # no room for what came of it
        return _with(row, problem=(error.strerror or str(error)).lower())


def _both_ways(sample: Sample, method: Method, effort: Effort, folder: Path, row: Measurement) -> Measurement:
    source, packed, restored = (folder / name for name in ("source", "packed", "restored"))
    shutil.copyfile(sample.path, source)  # some tools want a plain name, some rewrite what they read
    suffix = method.command.packed if method.command else ""
    there = _run("compress", source, packed, method, effort)
    if suffix and not packed.exists():
        packed = packed.with_name(packed.name + suffix)
    if not packed.is_file():
        raise FailedError("compressed nothing")
    back = _run("decompress", packed, restored, method, effort)
    if not restored.is_file() or not filecmp.cmp(restored, sample.path, shallow=False):
        raise FailedError("not restored: what came back differs")
    return _with(
        row,
        coded=packed.stat().st_size,
        compress_seconds=there.seconds,
        decompress_seconds=back.seconds,
        compress_peak=there.peak,
        decompress_peak=back.peak,
    )


def _with(row: Measurement, **changes: object) -> Measurement:
    return Measurement(**{**row.__dict__, **changes})


def _run(verb: str, source: Path, target: Path, method: Method, effort: Effort) -> _Pass:
    task = source.with_name(f"{verb}.task")
    options = {**method.options, "threads": effort.threads} if method.name == "bytezip" else {}
    command = getattr(method.command, verb) if method.command else None
    task.write_text(
        json.dumps(
            {
                "name": method.name, "level": method.level, "verb": verb, "options": options, "command": command,
                "source": str(source), "target": str(target), "threads": effort.threads, "repeats": effort.repeats,
                "path": sys.path,
            }
        )
    )  # fmt: skip
    _wait(subprocess.Popen([sys.executable, "-P", str(CHILD), str(task)], start_new_session=True, cwd=task.parent,
                           stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL),
          effort.limit)  # fmt: skip
    return _read(task.with_suffix(".report"))


def _wait(child: subprocess.Popen[bytes], limit: float) -> None:
    """Ends the child and all that it started, however this ends.

    Raises:
        FailedError: where it takes too long, or is killed.
    """
    try:
        code = child.wait(limit)
    except subprocess.TimeoutExpired as error:
        raise FailedError(f"more than {limit:g} s") from error
    finally:
        _kill(child)
    if code:
        raise FailedError(f"ended by signal {-code}" if code < 0 else f"ended with exit code {code}")


def _kill(child: subprocess.Popen[bytes]) -> None:
    try:
        os.killpg(child.pid, signal.SIGKILL)
    except ProcessLookupError:  # all gone
        return
    finally:
        child.wait()


def _read(report: Path) -> _Pass:
    try:
        told = json.loads(report.read_text())
    except (FileNotFoundError, ValueError) as error:  # the disk may be full, or a peer may have tidied up too much
        raise FailedError("left no report") from error
    if "problem" in told:
        raise FailedError(told["problem"])
    return _Pass(statistics.median(told["seconds"]), told["peak"])
