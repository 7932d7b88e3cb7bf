"""What a measurement was made of and on: a row of another release is measured anew, a table of another machine is kept.

Knows: where the sources are.  Does not know: tables, parts.
"""

from __future__ import annotations

import functools
import hashlib
import os
import platform
from pathlib import Path

import bytezip
from bytezip.bench.methods import Method, version
from bytezip.predictor.weights import STANDARD, load_model

# What decides the coded bytes: the sources of the way from bytes to archive, and nothing of commands or files.
_CODED = (
    "native", "predictor", "container", "blocks.py", "codec.py", "coder.py", "kinds.py", "kinds.npy", "lanes.py",
    "levels.py", "sections.py",
)  # fmt: skip
_SUFFIXES = {".py", ".cpp", ".hpp", ".txt", ".npz"}


def machine() -> str:
    """One line that says what a measurement ran on."""
    processors = len(os.sched_getaffinity(0))
    return f"{_processor()}, {processors} processors, {platform.system()}, Python {platform.python_version()}"


def _processor() -> str:
    for line in Path("/proc/cpuinfo").read_text().splitlines() if Path("/proc/cpuinfo").exists() else []:
        if line.startswith("model name"):
            return line.partition(":")[2].strip()
    return platform.machine()


@functools.cache
def ours() -> str:
    """The release of bytezip, its model, and a digest of the sources that decide what an archive holds."""
    return f"bytezip {bytezip.__version__} model {load_model(STANDARD).id.hex()} code {_sources()}"


def release(method: Method) -> str:
    """Of any compressor."""
    return ours() if method.name == "bytezip" else version(method)


def without_code(stamp: str) -> str:
    return stamp.partition(" code ")[0]


def _sources() -> str:
    digest = hashlib.sha256()
    package = Path(__file__).parent.parent / "bytezip"
    for name in _CODED:
        place = package / name
        found = sorted(path for path in place.rglob("*") if path.suffix in _SUFFIXES) if place.is_dir() else [place]
        for path in (path for path in found if path.exists()):
            digest.update(f"{path.relative_to(package)}\0".encode() + path.read_bytes() + b"\0")
    return digest.hexdigest()[:8]
