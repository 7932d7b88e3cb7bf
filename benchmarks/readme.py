"""Brings the figures of the tables of this folder into the README: each into its section between two comments.

    python benchmarks/readme.py [--write] [README.md]

A section begins with `<!-- figures: NAME -->` and ends with `<!-- /figures -->`; what stands between is made here and
nowhere else. Without --write, the exit code says whether the README is as the tables are; tests/test_readme.py asks
the same. A section whose table is not there says so.
"""

from __future__ import annotations

import argparse
import csv
import re
import sys
from collections import defaultdict
from collections.abc import Callable, Iterable, Mapping, Sequence
from pathlib import Path

from table import read

ROOT = Path(__file__).parent.parent
MODEL = ROOT / "bytezip" / "models" / "standard.safetensors"
SECTION = re.compile(r"(<!-- figures: (\w+) -->\n).*?(<!-- /figures -->)", re.DOTALL)
SETS = {"canterbury": "Canterbury", "calgary": "Calgary (18 files)", "enwik": "enwik6", "silesia": "Silesia (3 files)",
        "artificial": "artificial (4 files)"}  # fmt: skip
OURS = ("bytezip -1", "bytezip -6", "bytezip -9")
BESIDE = ("xz -9e", "brotli -11", "zstd -22", "kanzi -9", "zpaq -5")  # columns of the table of files
MESSAGE_PEERS = ("brotli -11", "zstd -19 -D", "zstd -19", "kanzi -9", "ppmd -8")
SAMPLES = (256, 1024, 4096, 16384)  # bytes, of the curves

Rows = list[dict[str, str]]
Sizes = dict[str, dict[str, int]]  # method, file: bytes


def table(heading: Sequence[str], rows: Iterable[Sequence[str]], texts: int = 1) -> str:
    """A table in Markdown; the first `texts` columns are text."""
    rule = ["---"] * texts + ["--:"] * (len(heading) - texts)
    return "".join(f"| {' | '.join(row)} |\n" for row in (heading, rule, *rows))


def count(number: int | None) -> str:
    return "" if number is None else f"{number:,}"


def percent(part: float, whole: float) -> str:
    """How much smaller."""
    return f"{100 * (1 - part / whole):.0f} %" if whole else ""


class Tables:
    """The tables of a folder; an empty list for one that is not there."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder

    def rows(self, name: str) -> Rows:
        path = self._folder / f"{name}.csv"
        return read(path) if path.exists() else []

    def machine(self, name: str) -> str:
        return (self._folder / f"{name}.csv").read_text().partition("\n")[0].removeprefix("# ")

    def picture(self, name: str, title: str) -> str:
        """Where it was drawn."""
        return f"\n![{title}](benchmarks/{name}.svg)\n" if (self._folder / f"{name}.svg").exists() else ""

    def raw(self) -> dict[str, int]:
        """Bytes of each file, in the order in which tables list them."""
        found = {row["file"]: int(row["raw"]) for row in self.rows("peers") + self.rows("results")}
        order = list(SETS)
        known = {file: size for file, size in found.items() if file.partition("/")[0] in SETS}
        return dict(sorted(known.items(), key=lambda item: (order.index(item[0].partition("/")[0]), item[0])))

    def ours(self) -> Sizes:
        found: Sizes = {method: {} for method in OURS}
        for row in self.rows("results"):
            found.setdefault(f"bytezip -{row['level']}", {})[row["file"]] = int(row["coded"])
        return found

    def peers(self) -> Sizes:
        found: Sizes = {}
        for row in self.rows("peers"):
            found.setdefault(row["method"], {})[row["file"]] = int(row["coded"])
        return found


def files(tables: Tables) -> str:
    """Canterbury, file by file."""
    sizes: Mapping[str, dict[str, int]] = tables.ours() | tables.peers()
    methods = [method for method in (*OURS, *BESIDE) if method in sizes]
    raw = {file: size for file, size in tables.raw().items() if file.startswith("canterbury/")}
    rows = [
        [file.partition("/")[2], count(size), *(count(sizes[method].get(file)) for method in methods)]
        for file, size in raw.items()
    ]
    total = ["all eleven", count(sum(raw.values())), *(count(_total(sizes[method], raw)) for method in methods)]
    return table(["file", "raw", *methods], [*rows, total])


def _total(sizes: Mapping[str, int], of: Iterable[str]) -> int | None:
    """None where a file is missing."""
    found = [sizes.get(file) for file in of]
    return None if None in found else sum(size for size in found if size is not None)


def sets(tables: Tables) -> str:
    """Bytes of each set, by everybody."""
    raw = tables.raw()
    members = {name: [file for file in raw if file.startswith(f"{name}/")] for name in SETS}
    sizes = tables.ours() | tables.peers()
    rows = [["(raw)", *(count(sum(raw[file] for file in own)) for own in members.values())]]
    rows += [[method, *(count(_total(known, own)) for own in members.values())] for method, known in sizes.items()]
    gaps = {method: [file for file in raw if file not in known] for method, known in sizes.items()}
    texts = [f"{method} ({own[0] if len(own) == 1 else f'{len(own)} files'})" for method, own in gaps.items() if own]
    told = f"\nNot measured, or not restored: {', '.join(texts)}.\n" if texts else ""
    return table(["bytes", *SETS.values()], rows) + told


def losses(tables: Tables) -> str:
    """Every file on which somebody measured here is smaller."""
    ours, peers = tables.ours(), tables.peers()
    best = {
        file: min((peers[method][file], method) for method in peers if file in peers[method])
        for file in tables.raw()
        if any(file in known for known in peers.values())
    }
    told = []
    for method in ("bytezip -6", "bytezip -9"):
        known = {file: size for file, size in ours[method].items() if file in best}
        lost = {file: size for file, size in known.items() if size > best[file][0]}
        told.append(
            f"`{method}` was smaller than each of the {len(peers)} others on {len(known) - len(lost)} of {len(known)} "
            f"files" + ("." if not lost else f"; not on {_lost(lost, best)}.")
        )
    return "".join(f"- {line}\n" for line in [*told, *_beaten(tables), *_slower(tables)])


def _beaten(tables: Tables) -> list[str]:
    """Who is ahead of one of our levels in size and in speed at once, on Canterbury as a whole."""
    sums = _sums(tables.rows("front"))
    ours = {label: each for label, each in sums.items() if label[0].startswith("bytezip")}
    ahead = [
        f"`{method}` of `{level}`"
        for (method, _), theirs in sums.items()
        for (level, _), each in ours.items()
        if not method.startswith("bytezip")
        and theirs["coded"] <= each["coded"]
        and theirs["compress_s"] <= each["compress_s"]
    ]
    if not ours:
        return []
    return [
        f"On Canterbury as a whole, ahead in size and in speed at once: {', '.join(ahead) or 'nobody, of no level'}."
    ]


def _slower(tables: Tables) -> list[str]:
    """How far behind we are in speed, on Canterbury as a whole."""
    sums = _sums(tables.rows("front"))
    ours = sums.get(("bytezip -6", "2"))
    return [
        f"`{method}` compresses {ours['compress_s'] / theirs['compress_s']:,.0f} times as fast as `bytezip -6` does "
        f"with two threads, and restores {ours['decompress_s'] / theirs['decompress_s']:,.0f} times as fast."
        for method in ("zstd -3", "zstd -19", "xz -9e", "kanzi -9")
        if ours and (theirs := sums.get((method, "1")))
    ]


def _sums(rows: Rows) -> dict[tuple[str, str], dict[str, float]]:
    """(method, threads): sums over the files and peaks, of those that were measured on all files."""
    found = {}
    for method, threads in dict.fromkeys((row["method"], row["threads"]) for row in rows):
        own = [row for row in rows if (row["method"], row["threads"]) == (method, threads)]
        if len(own) == len({row["file"] for row in rows}):
            summed = {name: sum(float(row[name]) for row in own)
                      for name in ("raw", "coded", "compress_s", "decompress_s")}  # fmt: skip
            peaks = {name: max(float(row[name]) for row in own) for name in ("compress_mib", "decompress_mib")}
            found[method, threads] = summed | peaks
    return found


def _lost(lost: Mapping[str, int], best: Mapping[str, tuple[int, str]]) -> str:
    return ", ".join(f"{file} ({size:,} B; {best[file][1]}: {best[file][0]:,} B)" for file, size in lost.items())


def rates(tables: Tables) -> str:
    """Canterbury as a whole: ratio, rates, memory."""
    rows = tables.rows("front")
    if not rows:
        return "Not measured yet.\n"
    sums = sorted(_sums(rows).items(), key=lambda item: item[1]["coded"])
    lines = [
        [method, threads, f"{each['raw'] / each['coded']:.3f}", f"{each['raw'] / 1000 / each['compress_s']:,.0f}",
         f"{each['raw'] / 1000 / each['decompress_s']:,.0f}", f"{each['compress_mib']:.0f}",
         f"{each['decompress_mib']:.0f}"]
        for (method, threads), each in sums
    ]  # fmt: skip
    heading = ["", "threads", "ratio", "KB/s there", "KB/s back", "MiB there", "MiB back"]
    picture = tables.picture("front", "Ratio and rate on Canterbury")
    return table(heading, lines) + f"\nOn {tables.machine('front')}.\n" + picture


def command(tables: Tables) -> str:
    """The command with its start-up."""
    rows = tables.rows("whole_command")
    if not rows:
        return "Not measured yet.\n"
    lines = [
        [row["file"], f"-{row['level']}", count(int(row["raw"])), count(int(row["coded"])), row["compress_s"],
         row["decompress_s"], row["compress_kb_s"], row["decompress_kb_s"], row["peak_mib"]]
        for row in rows
    ]  # fmt: skip
    heading = ["file", "level", "raw", "coded", "s there", "s back", "KB/s there", "KB/s back", "MiB at most"]
    return table(heading, lines, 2) + f"\nOn {tables.machine('whole_command')}; medians of three runs.\n"


def messages(tables: Tables) -> str:
    """Bits per byte of small messages, and how much smaller ours are."""
    rows = tables.rows("messages")
    found = {(row["kind"], row["size"], row["method"]): float(row["bits_per_byte"]) for row in rows}
    lines = []
    for kind, size in sorted({(row["kind"], row["size"]) for row in rows}, key=lambda pair: (pair[0], int(pair[1]))):
        ours = found.get((kind, size, "bytezip -6"))
        if ours is None:
            continue
        others = [found.get((kind, size, method)) for method in MESSAGE_PEERS]
        cells = [f"{bits:.3f}" if bits else "" for bits in others]
        than = [percent(ours, bits) if bits else "" for bits in others[:2]]
        lines.append([kind, count(int(size)), f"{ours:.3f}", *cells, *than])
    if not lines:
        return "Not measured yet.\n"
    heading = ["kind", "bytes", "bytezip -6", *MESSAGE_PEERS, "than brotli", "than zstd -D"]
    return table(heading, lines) + tables.picture("messages", "Bits per byte of small messages")


def levels(tables: Tables) -> str:
    """Every level with one thread and with two."""
    by_threads: dict[tuple[str, int], Rows] = defaultdict(list)
    for row in sorted(tables.rows("levels"), key=lambda row: row["threads"]):
        by_threads[row["file"], int(row["level"])].append(row)
    if not by_threads:
        return "Not measured yet.\n"
    lines = [
        [file, f"-{level}", rows[0]["lanes"], f"{float(rows[0]['bits_per_byte']):.3f}",
         *(f"{float(row[column]):.0f}" for column in ("compress_kb_s", "decompress_kb_s") for row in rows),
         str(max(int(row[column]) for column in ("compress_mib", "decompress_mib") for row in rows))]
        for (file, level), rows in sorted(by_threads.items())
        if len(rows) == 2
    ]  # fmt: skip
    heading = ["file", "level", "lanes", "bits per byte", "KB/s there, one thread", "two", "KB/s back, one", "two",
               "MiB at most"]  # fmt: skip
    return table(heading, lines, 2) + f"\nOn {tables.machine('levels')}; medians of three runs.\n"


def network(tables: Tables) -> str:
    """The network alone on sources that were never trained on."""
    lines = [
        [row["modality"], row["sources"], count(int(row["bytes"])),
         *(f"{float(row[column]):.3f}" for column in ("network", "xz", "xz_solid"))]
        for row in tables.rows("held_out")
    ]  # fmt: skip
    if not lines:
        return "Not measured yet.\n"
    heading = ["kind", "sources", "bytes", "network alone", "xz -9e", "xz -9e, a source in one go"]
    return table(heading, lines) + tables.picture("held_out", "What the network gives")


def own(tables: Tables) -> str:
    """A model of one's own."""
    rows = tables.rows("own_model")
    if not rows:
        return "Not measured yet.\n"
    lines = [
        [row["method"], count(int(row["coded"])), row["bits_per_byte"],
         "" if row is rows[-1] else row["own_model_is_smaller_by"].replace("%", " %")]
        for row in rows
    ]  # fmt: skip
    heading = ["", f"{int(rows[0]['bytes']):,} bytes coded", "bits per byte", "the own model is smaller by"]
    return table(heading, lines) + f"\nTraining took {rows[0]['cpu_minutes']} minutes of a processor.\n"


def growth(tables: Tables) -> str:
    """What a size costs."""
    rows = [row for row in tables.rows("growth") if row["method"] in ("bytezip -6", "bytezip -1", "xz -9e", "zstd -19")]
    if not rows:
        return "Not measured yet.\n"
    lines = [
        [row["method"], count(int(row["size"])), count(int(row["coded"])), row["compress_s"], row["decompress_s"],
         row["compress_mib"], row["decompress_mib"]]
        for row in rows
    ]  # fmt: skip
    heading = ["", "bytes", "coded", "s there", "s back", "MiB there", "MiB back"]
    return table(heading, lines) + tables.picture("growth", "Time and memory by size")


def model(_: Tables) -> str:
    """What the package carries, and what the model has seen."""
    with (ROOT / "corpora" / "contamination_benchmarks.csv").open(newline="") as stream:
        shares = [(int(row["shared"]), int(row["bytes"])) for row in csv.DictReader(stream)]
    shared, of = (sum(column) for column in zip(*shares, strict=True))
    return (
        f"- The model that ships with the package, and that both sides need, has {MODEL.stat().st_size:,} bytes; no "
        f"size here counts it.\n- None of these files was trained on. Of their strings of 32 bytes, "
        f"{100 * shared / of:.2f} % stand in the training set, too (`corpora/CONTAMINATION.md`).\n"
    )


SECTIONS: dict[str, Callable[[Tables], str]] = {
    "files": files,
    "sets": sets,
    "losses": losses,
    "rates": rates,
    "command": command,
    "messages": messages,
    "levels": levels,
    "growth": growth,
    "network": network,
    "own": own,
    "model": model,
}


def fill(text: str, tables: Tables) -> str:
    """The text with its sections made anew.

    Raises:
        KeyError: for a section of an unknown name.
    """
    return SECTION.sub(lambda found: f"{found[1]}\n{SECTIONS[found[2]](tables)}\n{found[3]}", text)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("readme", type=Path, nargs="?", default=ROOT / "README.md")
    parser.add_argument("--write", action="store_true")
    chosen = parser.parse_args()
    before = chosen.readme.read_text()
    after = fill(before, Tables(Path(__file__).parent))
    if chosen.write:
        chosen.readme.write_text(after)
    elif before != after:
        sys.exit(f"{chosen.readme} is not as the tables are; --write mends it")


if __name__ == "__main__":
    main()
