"""What is measured for the README, part by part; each fills a table and can be interrupted.

Knows: which files, sizes, levels and peers make a part.  Does not know: options, pictures.
"""

from __future__ import annotations

import importlib
import subprocess
import sys
import tempfile
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import messages
import zstandard
from table import Table

import bytezip
from bytezip.bench.measure import Effort, Measurement, Sample, measure
from bytezip.bench.methods import Method, choose, commands
from bytezip.levels import layout

HERE = Path(__file__).parent
PEERS = ("gzip", "bzip2", "xz", "zstd", "brotli", "ppmd")
STRONG = ("bzip3", "7z", "zpaq", "lrzip", "kanzi")  # measured where they are on the PATH
DICTIONARY = 112_640  # bytes, as `zstd --train` makes them


@dataclass(frozen=True)
class Setting:
    """corpora: the folder with a folder for each set. quick: a small subset, to see that all works."""

    corpora: Path
    target: Path
    quick: bool


COSTS = ("raw", "coded", "bits_per_byte", "compress_s", "decompress_s", "compress_kb_s", "decompress_kb_s",
         "compress_mib", "decompress_mib", "problem")  # fmt: skip


def costs(row: Measurement) -> list[object]:
    """The values of COSTS; KB are 1000 bytes."""
    return [
        row.raw, row.coded, f"{8 * row.coded / max(row.raw, 1):.4f}", f"{row.compress_seconds:.4f}",
        f"{row.decompress_seconds:.4f}", _rate(row.raw, row.compress_seconds), _rate(row.raw, row.decompress_seconds),
        row.compress_peak // 1024, row.decompress_peak // 1024, row.problem,
    ]  # fmt: skip


def _rate(raw: int, seconds: float) -> str:
    return f"{raw / 1000 / seconds:.2f}" if seconds else ""


def ours(levels: Sequence[int]) -> list[Method]:
    return [Method("bytezip", str(level)) for level in levels]


def peers() -> list[Method]:
    table = commands()
    strong = [method for method in choose(STRONG, table) if not method.missing]
    return [method for method in choose(PEERS, table) if not method.missing] + strong


def sample(path: Path) -> Sample:
    return Sample(path, f"{path.parent.name}/{path.name}", "", path.stat().st_size)


@contextmanager
def excerpt(data: bytes) -> Iterator[Sample]:
    """A sample of bytes that stand in no file."""
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder, "excerpt")
        path.write_bytes(data)
        yield sample(path)


def ledger(setting: Setting) -> None:
    """results.csv: the size of every file at each level."""
    most = ["--most", "12000"] if setting.quick else []
    script("ledger.py", setting.target / "results.csv", str(setting.corpora), "--levels", "1,6,9", *most)


def front(setting: Setting) -> None:
    """front.csv: Canterbury at every level, and all peers: sizes, rates, memory, with one thread and with two."""
    table = Table(setting.target / "front.csv", ("file", "method", "threads"), COSTS)
    files = sorted((setting.corpora / "canterbury").iterdir())
    for path in files[3:5] if setting.quick else files:
        for method in ours((1, 9) if setting.quick else range(1, 10)) + peers():
            for threads in (1, 2) if method.name == "bytezip" else (1,):
                if not table.has(sample(path).name, method.label, threads):
                    row = measure(sample(path), method, Effort(threads=threads, limit=3600))
                    table.add(row.file, row.method, threads, *costs(row))


def small(setting: Setting) -> None:
    """small.csv: beginnings of Canterbury and Calgary files, 256 B to 64 KB, summed over the files that are so long."""
    table = Table(setting.target / "small.csv", ("size", "method"), ("files", "raw", "coded", "bits_per_byte"))
    files = sorted(path for name in ("canterbury", "calgary") for path in (setting.corpora / name).iterdir())
    for size in (256, 4096) if setting.quick else (256, 512, 1024, 2048, 4096, 8192, 16384, 32768, 65536):
        long = [path for path in files if path.stat().st_size >= size]
        pieces = [path.read_bytes()[:size] for path in (long[:3] if setting.quick else long)]
        for name, compress in packers(None).items():
            if not table.has(size, name):
                coded = sum(len(compress(piece)) for piece in pieces)
                table.add(size, name, len(pieces), size * len(pieces), coded, f"{8 * coded / size / len(pieces):.4f}")


def packers(dictionary: Any) -> dict[str, Callable[[bytes], bytes]]:
    """Functions that compress a small message; bytezip's results are restored and compared."""
    import lzma  # noqa: PLC0415

    brotli: Any = importlib.import_module("brotli")  # has no type hints
    import pyppmd  # noqa: PLC0415

    with_dictionary = zstandard.ZstdCompressor(level=19, dict_data=dictionary) if dictionary else None
    found: dict[str, Callable[[bytes], bytes]] = {
        **{f"bytezip -{level}": packer(level) for level in (1, 6, 9)},
        "xz -9e": lambda data: lzma.compress(data, preset=9 | lzma.PRESET_EXTREME),
        "zstd -19": zstandard.ZstdCompressor(level=19).compress,
        "brotli -11": lambda data: brotli.compress(data, quality=11),
        "ppmd -8": lambda data: pyppmd.compress(data, max_order=8),
    }
    return found | ({"zstd -19 -D": with_dictionary.compress} if with_dictionary else {})


def packer(level: int) -> Callable[[bytes], bytes]:
    def pack(data: bytes) -> bytes:
        packed = bytezip.compress(data, level)
        assert bytezip.decompress(packed) == data
        return packed

    return pack


def small_messages(setting: Setting) -> None:
    """messages.csv: JSON, log lines and source of 256 B to 16 KB, also against zstd with a dictionary of their kind."""
    table = Table(setting.target / "messages.csv", ("kind", "size", "method"), ("messages", "coded", "bits_per_byte"))
    for kind, collect in messages.KINDS.items():
        trained_on, measured = messages.halves(collect())
        for size in (1024,) if setting.quick else (256, 512, 1024, 2048, 4096, 8192, 16384):
            few = messages.cut(measured, size, 4 if setting.quick else 40)
            for name, compress in packers(dictionary_of(trained_on, size)).items() if few else ():
                if not table.has(kind, size, name):
                    coded = sum(len(compress(message)) for message in few)
                    table.add(kind, size, name, len(few), coded, f"{8 * coded / size / len(few):.4f}")


def dictionary_of(documents: list[bytes], size: int) -> Any:
    """What zstd learns of messages of this size, or None where they are too few."""
    try:
        return zstandard.train_dictionary(DICTIONARY, list(messages.cut(documents, size, 10_000)))
    except zstandard.ZstdError:
        return None


def growth(setting: Setting) -> None:
    """growth.csv: time and memory as the size grows, 1 KB to 16 MB: beginnings of all of Silesia's files in a row."""
    table = Table(setting.target / "growth.csv", ("size", "method"), COSTS)
    data = b"".join(path.read_bytes() for path in sorted((setting.corpora / "silesia").iterdir()))
    for size in [1 << power for power in (range(10, 15, 4) if setting.quick else range(10, 25, 2))]:
        for method in (*ours((1, 6)), *choose(("xz", "zstd:19"), commands())):
            if size <= len(data) and not table.has(size, method.label):
                with excerpt(data[:size]) as one:
                    table.add(size, method.label, *costs(measure(one, method, Effort(threads=2, limit=7200))))


def levels(setting: Setting) -> None:
    """levels.csv: every level, with its lanes, on three files, with one thread and two: the median of three runs."""
    names = ("canterbury/fields.c",) if setting.quick else ("canterbury/alice29.txt", "calgary/obj2", "calgary/progl")
    table = Table(setting.target / "levels.csv", ("file", "level", "threads"), ("lanes", *COSTS))
    for name in names:
        one = sample(setting.corpora / name)
        for level in (1, 9) if setting.quick else range(1, 10):
            for threads in (1, 2):
                if not table.has(name, level, threads):
                    row = measure(one, ours([level])[0], Effort(1 if setting.quick else 3, 7200, threads))
                    table.add(
                        name, level, threads, layout(level, (setting.corpora / name).read_bytes()).lanes, *costs(row)
                    )


def command(setting: Setting) -> None:
    """whole_command.csv: the command with its start-up, on small files."""
    names = ("fields.c",) if setting.quick else ("grammar.lsp", "xargs.1", "fields.c", "cp.html", "alice29.txt")
    files = [str(setting.corpora / "canterbury" / name) for name in names]
    script("whole_command.py", setting.target / "whole_command.csv", *files, "--levels", "1,6,9", "--runs",
           "1" if setting.quick else "5")  # fmt: skip


def engine(setting: Setting) -> None:
    """engine_rate.csv: the network alone, by lanes and threads."""
    script("engine_rate.py", setting.target / "engine_rate.csv", "--repetitions", "1" if setting.quick else "5")


def script(name: str, target: Path, *arguments: str) -> None:
    """Runs a script of this folder; its table appears when it is whole.

    Raises:
        subprocess.CalledProcessError: where it fails.
    """
    part = target.with_suffix(".part")
    with part.open("w") as out:
        subprocess.run([sys.executable, str(HERE / name), *arguments], stdout=out, check=True)
    part.rename(target)


PARTS: dict[str, Callable[[Setting], None]] = {  # in the order in which they are worth having
    "ledger": ledger,
    "messages": small_messages,
    "small": small,
    "command": command,
    "levels": levels,
    "growth": growth,
    "engine": engine,
    "front": front,
}
