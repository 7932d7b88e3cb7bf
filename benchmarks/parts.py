"""What is measured for the README, part by part: each a list of jobs, and each job a row of a table.

Knows: which files, sizes, levels and peers make a part.  Does not know: options, what is done already, pictures.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass
from functools import partial
from pathlib import Path

import messages
import stamps
import whole_command
from work import COSTS, coded, command_costs, costs, costs_of_excerpt, message_sizes, pieces, sizes, threads_of

from bytezip.bench import samples
from bytezip.bench.methods import Method, choose, commands

Values = Sequence[object]

# Each at the level at which it packs tightest, the usual ones first.
STRONGEST = ("gzip:9", "bzip2:9", "xz:9e", "zstd:19", "zstd:22", "brotli:11", "ppmd:8", "bzip3:16", "7z-ppmd:9",
             "zpaq:5", "lrzip:9", "kanzi:9")  # fmt: skip
QUICK = ("gzip:6", "lz4:9", "zstd:3", "xz:6", "brotli:5", "kanzi:6")  # beside them where the rate counts
SIZES = tuple(256 << power for power in range(9))  # 256 B to 64 KB
MESSAGES = (1024, 4096, 256, 16384, 512, 2048, 8192)  # bytes, in the order in which they are worth having
KILOBYTE = 1024
CORPORA: dict[str, tuple[tuple[str, ...], tuple[str, ...]]] = {  # set: folders, files (all where none is named)
    "canterbury": (("canterbury",), ()),
    "calgary": (("calgary",), ()),
    "enwik": (("enwik", "enwik8"), ("enwik6",)),
    "artificial": (("artificial",), ()),
    "silesia": (("silesia",), ("ooffice", "x-ray", "xml")),  # the smaller ones that are no plain text: hours otherwise
}


@dataclass(frozen=True)
class Setting:
    """corpora: the folder with a folder for each set. quick: a small subset, to see that all works."""

    corpora: Path
    quick: bool = False
    held_out: Path | None = None  # a folder with a folder of documents for each kind of message
    largest: int = 4 << 20  # bytes, for `growth`


@dataclass(frozen=True)
class Job:
    """One row. seconds: about what it takes, for the budget. measure: a function of `work`, so that it can be sent."""

    key: tuple[object, ...]
    release: str
    seconds: float
    measure: Callable[[], Values]


@dataclass(frozen=True)
class Part:
    """timed: nothing else may run beside it."""

    table: str
    keys: Sequence[str]
    values: Sequence[str]
    jobs: Callable[[Setting], Iterable[Job]]
    timed: bool


def ours(levels: Iterable[int]) -> list[Method]:
    return [Method("bytezip", str(level)) for level in levels]


def peers(names: Iterable[str] = STRONGEST) -> list[Method]:
    """Those that are here."""
    return [method for method in choose(names, commands()) if not method.missing]


def seconds(raw: int, method: Method) -> float:
    """A guess for both directions."""
    if method.name == "bytezip":
        return 3 + raw / (7_000 if raw < 64 * KILOBYTE else 18_000)
    return 1 + raw / 150_000


def corpus_files(setting: Setting) -> list[tuple[str, Path]]:
    """(set/file, path): the usual sets first, small files first; those of CORPORA that are there."""
    found = []
    for name, (folders, files) in CORPORA.items():
        paths = [path for folder in folders for path in sorted((setting.corpora / folder).glob("*"))]
        chosen = [path for path in paths if not files or path.name in files]
        ordered = sorted(chosen, key=lambda path: (path.stat().st_size, path.name))
        found += [(f"{name}/{path.name}", path) for path in ordered]
    return found[:3] if setting.quick else found


ORDER = (  # level, sets: what the README needs first, and what takes longest last
    (6, ("canterbury", "calgary", "enwik", "artificial")), (9, ("canterbury",)), (1, ("canterbury",)),
    (6, ("silesia",)), (1, ("calgary", "enwik", "artificial")), (9, ("calgary", "enwik", "artificial")),
    (1, ("silesia",)), (9, ("silesia",)),
)  # fmt: skip


def ledger(setting: Setting) -> Iterator[Job]:
    """results.csv: the size of every file at three levels."""
    files = corpus_files(setting)
    for level, sets in ORDER:
        for name, path in files:
            if name.startswith(tuple(f"{each}/" for each in sets)):
                method = ours([level])[0]
                cost = seconds(path.stat().st_size, method)
                yield Job((name, level), stamps.ours(), cost, partial(sizes, path, method))


def small_ledger(_: Setting) -> Iterator[Job]:
    """samples.csv: the samples of `bytezip bench --synthetic`, which the tests compress anew."""
    for name in samples.MODALITIES:
        for level in (1, 6, 9):
            yield Job((name, level), stamps.ours(), 2, partial(coded, name, level))


def strongest(setting: Setting) -> Iterator[Job]:
    """peers.csv: the same files, packed by others as tightly as they can."""
    for name, path in corpus_files(setting):
        for method in peers():
            cost = seconds(path.stat().st_size, method)
            yield Job((name, method.label), stamps.release(method), cost, partial(sizes, path, method))


def small(setting: Setting) -> Iterator[Job]:
    """small.csv: beginnings of Canterbury and Calgary files, summed over the files that are so long."""
    files = [path for name, path in corpus_files(setting) if name.startswith(("canterbury", "calgary"))]
    for method in [*ours([6]), *peers(("brotli:11", "zstd:19", "xz:9e", "ppmd:8", "kanzi:9")), *ours([1, 9])]:
        for size in SIZES[:3] if setting.quick else SIZES:
            long = [path for path in files if path.stat().st_size >= size]
            cost = size * len(long) / (7_000 if method.name == "bytezip" else 300_000)
            yield Job((size, method.label), stamps.release(method), cost, partial(pieces, long, size, method))


def small_messages(setting: Setting) -> Iterator[Job]:
    """messages.csv: JSON records, log lines and source, also against zstd with a dictionary of their kind."""
    sizes = (1024,) if setting.quick else MESSAGES
    others = peers(("brotli:11", "zstd:19", "xz:9e", "ppmd:8"))
    pairs = [(method, size, False) for method in others for size in sizes]
    pairs += [(Method("zstd", "19"), size, True) for size in sizes]
    pairs += [(method, size, False) for method in [*ours([6]), *peers(("kanzi:9",))] for size in sizes]
    for method, size, with_dictionary in pairs:
        for kind in messages.KINDS:
            label = f"{method.label} -D" if with_dictionary else method.label
            cost = messages.count(size) * size / (7_000 if method.name == "bytezip" else 100_000)
            work = partial(message_sizes, kind, size, method, setting.held_out, with_dictionary)
            yield Job((kind, size, label), stamps.release(method), cost, work)


def front(setting: Setting) -> Iterator[Job]:
    """front.csv: Canterbury: sizes, rates and memory of all peers, and of every level with one thread and with two."""
    files = [(name, path) for name, path in corpus_files(setting) if name.startswith("canterbury")]
    strong = [(method, 1) for method in peers((*STRONGEST, *QUICK))]
    for method, threads in [*strong, *((method, 2) for method in ours((6, 1, 9, 3, 5, 7, 2, 4, 8)))]:
        for name, path in files:
            cost = seconds(path.stat().st_size, method)
            work = partial(costs, path, method, threads, 1)
            yield Job((name, method.label, threads), stamps.release(method), cost, work)


def levels(setting: Setting) -> Iterator[Job]:
    """levels.csv: every level, with its lanes, on two files, with one thread and two: the median of three runs."""
    names = ("canterbury/fields.c",) if setting.quick else ("calgary/progl", "canterbury/alice29.txt")
    for level in (6, 1, 9, 3, 5, 7, 2, 4, 8):
        for name in names:
            path = setting.corpora / name
            for threads in (1, 2):
                method = ours([level])[0]
                cost = 3 * seconds(path.stat().st_size, method)
                yield Job((name, level, threads), stamps.ours(), cost, partial(threads_of, path, method, threads, 3))


def growth(setting: Setting) -> Iterator[Job]:
    """growth.csv: time and memory as the size grows from 1 KB to 64 MB: the first bytes of all the files in a row.

    It ends at `setting.largest`, and where the corpora end.
    """
    files = [path for _, path in corpus_files(setting)]
    most = min(4096 if setting.quick else setting.largest, sum(path.stat().st_size for path in files))
    methods = [*ours([6]), *peers(("xz:9e", "zstd:19", "kanzi:9")), *ours([1])]
    for size in [1 << power for power in range(10, 27, 2)]:
        for method in methods if size <= most else ():
            work = partial(costs_of_excerpt, files, size, method)
            yield Job((size, method.label), stamps.release(method), seconds(size, method), work)


def command(setting: Setting) -> Iterator[Job]:
    """whole_command.csv: the command with its start-up: the median of five runs."""
    names = ("fields.c",) if setting.quick else ("grammar.lsp", "fields.c", "cp.html", "alice29.txt")
    paths = [setting.corpora / "canterbury" / name for name in names]
    enwik6 = [path for name, path in corpus_files(setting) if name == "enwik/enwik6"]
    for path in paths if setting.quick else [*paths, *enwik6]:
        for level in (6,) if path.name == "enwik6" else (6, 1, 9):
            runs = 1 if setting.quick else 3
            cost = runs * seconds(path.stat().st_size, ours([level])[0])
            work = partial(command_costs, path, level, runs)
            yield Job((path.name, level), stamps.ours(), cost, work)


PARTS: dict[str, Part] = {  # in the order in which they are worth having
    "samples": Part("samples", ("sample", "level"), ("raw", "coded", "bits_per_byte"), small_ledger, False),
    "ledger": Part("results", ("file", "level"), ("raw", "coded", "bits_per_byte"), ledger, False),
    "messages": Part(
        "messages", ("kind", "size", "method"), ("messages", "coded", "bits_per_byte"), small_messages, False
    ),
    "command": Part("whole_command", ("file", "level"), whole_command.COLUMNS, command, True),
    "front": Part("front", ("file", "method", "threads"), COSTS, front, True),
    "small": Part("small", ("size", "method"), ("files", "raw", "coded", "bits_per_byte"), small, False),
    "levels": Part("levels", ("file", "level", "threads"), ("lanes", *COSTS), levels, True),
    "growth": Part("growth", ("size", "method"), COSTS, growth, True),
    "peers": Part("peers", ("file", "method"), ("raw", "coded", "bits_per_byte"), strongest, False),
}
