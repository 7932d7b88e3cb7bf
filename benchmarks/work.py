"""What a job of a part does: measures one thing, and gives the values of one row.

Every result is restored and compared. Knows: `bytezip.bench`.  Does not know: parts, tables.
"""

from __future__ import annotations

import csv
import subprocess
import sys
import tempfile
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import messages
import zstandard

from bytezip.bench import samples
from bytezip.bench.child import library
from bytezip.bench.measure import Effort, Measurement, Sample, measure
from bytezip.bench.methods import Method
from bytezip.levels import layout

Values = Sequence[object]
COSTS = ("raw", "coded", "bits_per_byte", "compress_s", "decompress_s", "compress_kb_s", "decompress_kb_s",
         "compress_mib", "decompress_mib")  # fmt: skip
LIMIT = 3600.0  # seconds of one direction
DICTIONARY = 112_640  # bytes, as `zstd --train` makes them


class FailedError(Exception):
    """A compressor failed, so there is no row; the message is one line."""


def bits(coded: int, raw: int) -> str:
    return f"{8 * coded / max(raw, 1):.4f}"


def _measured(one: Sample, method: Method, effort: Effort) -> Measurement:
    row = measure(one, method, effort)
    if row.problem:
        raise FailedError(f"{one.name}: {method.label}: {row.problem}")
    return row


def _sample(path: Path) -> Sample:
    return Sample(path, path.name, "", path.stat().st_size)


def sizes(path: Path, method: Method) -> Values:
    """raw, coded, bits per byte; how long it took does not count, so others may run beside it."""
    row = _measured(_sample(path), method, Effort(limit=LIMIT))
    return row.raw, row.coded, bits(row.coded, row.raw)


def coded(name: str, level: int) -> Values:
    """raw, coded, bits per byte of one of the samples made by rule."""
    data = samples.make(name)
    size = len(_packer(Method("bytezip", str(level)))(data))
    return len(data), size, bits(size, len(data))


def costs(path: Path, method: Method, threads: int, runs: int) -> Values:
    """The values of COSTS; KB are 1000 bytes, times are medians."""
    row = _measured(_sample(path), method, Effort(runs, LIMIT, threads))
    return (
        row.raw, row.coded, bits(row.coded, row.raw), f"{row.compress_seconds:.4f}", f"{row.decompress_seconds:.4f}",
        _rate(row.raw, row.compress_seconds), _rate(row.raw, row.decompress_seconds),
        row.compress_peak // 1024, row.decompress_peak // 1024,
    )  # fmt: skip


def _rate(raw: int, seconds: float) -> str:
    return f"{raw / 1000 / seconds:.2f}" if seconds else ""


def threads_of(path: Path, method: Method, threads: int, runs: int) -> Values:
    """lanes, and the values of COSTS."""
    return layout(int(method.level), path.read_bytes()).lanes, *costs(path, method, threads, runs)


def command_costs(path: Path, level: int, runs: int) -> Values:
    """What `whole_command.py` prints; in a small process, for what it starts is never told smaller than itself."""
    script = Path(__file__).with_name("whole_command.py")
    line = [sys.executable, str(script), str(path), "--levels", str(level), "--runs", str(runs)]
    run = subprocess.run(line, capture_output=True, text=True, check=False)
    if run.returncode:
        raise FailedError(f"{path.name}: {run.stderr.strip()}")
    return list(csv.reader(run.stdout.splitlines()))[-1][2:]


def costs_of_excerpt(files: Sequence[Path], size: int, method: Method) -> Values:
    """COSTS of the first `size` bytes of the files in a row."""
    data = bytearray()
    for path in files:
        data += path.read_bytes()[: size - len(data)]
    with _excerpt(bytes(data)) as path:
        return costs(path, method, 2, 1)


@contextmanager
def _excerpt(data: bytes) -> Iterator[Path]:
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder, "excerpt")
        path.write_bytes(data)
        yield path


def pieces(files: Sequence[Path], size: int, method: Method) -> Values:
    """files, raw, coded, bits per byte: the first `size` bytes of each file."""
    pack = _packer(method)
    total = sum(len(pack(path.read_bytes()[:size])) for path in files)
    return len(files), size * len(files), total, bits(total, size * len(files))


def message_sizes(kind: str, size: int, method: Method, held_out: Path | None, with_dictionary: bool) -> Values:
    """messages, coded, bits per byte."""
    trained_on, measured = messages.halves(messages.documents(kind, held_out))
    few = messages.cut(measured, size, messages.count(size))
    if not few:
        raise FailedError(f"{kind}: no message of {size} bytes")
    pack = _with_dictionary(messages.cut(trained_on, size, 10_000)) if with_dictionary else _packer(method)
    total = sum(len(pack(message)) for message in few)
    return len(few), total, bits(total, size * len(few))


def _packer(method: Method) -> Callable[[bytes], bytes]:
    """compress of a library, which restores and compares, too."""
    there, back = library(method.name, method.level, {})
    return lambda data: _checked(there(data), back, data)


def _checked(packed: bytes, back: Callable[[bytes], bytes], data: bytes) -> bytes:
    if back(packed) != data:
        raise FailedError("not restored: what came back differs")
    return packed


def _with_dictionary(trained_on: list[bytes]) -> Callable[[bytes], bytes]:
    """zstd with what it learns of other messages of this kind and size; the dictionary's own bytes are not counted."""
    try:
        dictionary: Any = zstandard.train_dictionary(DICTIONARY, list(trained_on))
    except zstandard.ZstdError as error:
        raise FailedError(f"too few messages for a dictionary: {error}") from error
    back = zstandard.ZstdDecompressor(dict_data=dictionary).decompress
    there = zstandard.ZstdCompressor(level=19, dict_data=dictionary).compress
    return lambda data: _checked(there(data), back, data)
