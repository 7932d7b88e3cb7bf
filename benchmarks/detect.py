"""How often `bytezip detect` is right, beside libmagic and Magika, on files of sources that the classifier never saw.

    python corpora/make.py SET --split train
    python corpora/make.py ITEMS --manifest corpora/detect.tsv
    python -m bytezip.train.detect_made SET/train MADE --ffmpeg FFMPEG
    python benchmarks/detect.py SET/train MADE ITEMS/train --each 3 --mixes 60

The first three make the items anew. The committed tables are of the training set that the standard model was trained
on; how SET differs from it is told in `corpora/README.md`. An ffmpeg comes with the Debian package of that name or with
imageio-ffmpeg of PyPI; `detect_made` also needs `pip install py7zr brotli zstandard pillow`, and lz4.

Items, labels and the split are those of `bytezip.train.detect_items`: by source, so that whole packages are unseen;
for formats of one source, files are held out instead (column `held_out_by`). Whole files, and fragments of 512, 1024
and 4096 bytes from the middle; scope "magika's" is the formats that Magika has a label for. A fragment of a format that
is packed inside counts as right where it is called packed (`MERGED` in `bytezip.train.detect_train`), for all three.
Column `modality_by_content` counts right, too, what at least half of a fragment is by proof: zlib and gzip streams
that inflate to a right check (in PNG, PDF, HDF5, MAT ...) are packed, a JPEG in a PDF is an image, a member of a tar or
ar is what its name or signature says, base64 in CSS is text (`bytezip.train.detect_contents`). No other column does.
Items that the training set cut out of larger files are no whole files, and are measured as fragments only: those of a
round number of bytes, and those that do not begin with what each file of their format begins with.
Boundaries are measured on joined pieces of held-out files: in rows `any` each piece is of another modality than the one
before; in rows `apart` the pieces have no modality by content in common either, so that no boundary stands between,
say, a piece of a ZIP and one of the deflate stream of a PNG.

Writes detect.csv (accuracy, time), detect_formats.csv (by format), detect_confusion.csv (by modality, and the mistakes
by format), detect_boundaries.csv. Needs `pip install magika`; a tool that is missing is left out.
"""

from __future__ import annotations

import argparse
import csv
import time
from collections import Counter, defaultdict
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from stamps import machine

import bytezip
from bytezip.detect import LABELS, ModalityDetector, libmagic
from bytezip.train.detect_contents import contents_of, shares
from bytezip.train.detect_items import Item, collect, name_hash, split
from bytezip.train.detect_train import MERGED

HERE = Path(__file__).parent
SIZES = (0, 4096, 1024, 512)  # of fragments; 0 is the whole file
TOLERANCE = 512
_HELD = 0.5  # of a piece, from which on it counts as what stands there
_MAGIKA = {  # its names where they are not ours
    "txt": "text", "txtascii": "text", "txtutf8": "text", "txtutf16": "text", "man": "troff", "pebin": "pe",
    "coff": "elf", "javabytecode": "java-class", "pythonbytecode": "pyc", "sqlite": "sqlite", "bzip": "bzip2",
    "gzip": "gzip", "zlibstream": "zlib", "lisp": "lisp", "clojure": "lisp", "elisp": "emacs-lisp", "asm": "assembly",
    "matlab": "octave", "postscript": "postscript", "eml": "email", "ole": "ole", "machobinary": "macho",
    "cs": "csharp", "jp2": "jpeg2000", "ppm": "netpbm", "pgm": "netpbm", "pbm": "netpbm", "pnm": "netpbm",
    "mkv": "mkv", "h5": "hdf5", "sevenzip": "7z", "ar": "ar", "vcf": "vcf", "objectivec": "objective-c",
    "textproto": "unknown", "ico": "ico", "debianpackage": "deb", "pcapng": "pcap", "po": "po", "mp2": "mp3",
    "smali": "unknown", "rpm": "rpm", "html": "html", "coldfusion": "html", "verilog": "verilog", "vhdl": "vhdl",
    "wavefront": "unknown", "batch": "batch", "diff": "diff", "pytorch": "pickle", "tsv": "tsv",
    "autohotkey": "unknown",
    "midi": "midi", "mp3": "mp3", "bib": "unknown", "crt": "pem", "pem": "pem", "dm": "unknown", "m4": "m4",
    "handlebars": "html", "twig": "html", "jinja": "html", "erb": "html", "jsonc": "json", "jsonl": "jsonl",
    "rlib": "ar", "llvm": "llvm-bitcode", "tga": "tga", "dicom": "dicom", "sgml": "xml", "xsd": "xml", "rss": "xml",
    "vtt": "srt", "prolog": "perl", "pickle": "pickle", "stlbinary": "unknown", "emf": "unknown", "wmf": "unknown",
}  # fmt: skip

_AT_ONCE = 50  # probes that a tool is asked about before the next one is

Tool = Callable[[bytes], tuple[str | None, str]]
"""A format of ours, or None where it names none, and its modality."""

Told = dict[str, list[tuple[str | None, str]]]
"""By tool, for each probe: the format and the modality that it names."""


@dataclass(frozen=True)
class Probe:
    """contents: by format, the share of the data that is of it by proof, where the item is of another format."""

    item: Item
    size: int
    data: bytes
    contents: Mapping[str, float]


def main() -> None:
    parser = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    parser.add_argument("training_set", type=Path)
    parser.add_argument("more", type=Path, nargs="*")
    parser.add_argument("--each", type=int, default=2, help="files of a format, at most")
    parser.add_argument("--mixes", type=int, default=15)
    parser.add_argument("--out", type=Path, default=HERE)
    arguments = parser.parse_args()
    _, held, single = split(collect(arguments.training_set, *arguments.more))
    items = few_of_each(held, arguments.each)
    boundaries(items, arguments.mixes, arguments.out / "detect_boundaries.csv")
    compare(items, single, arguments.out)


def few_of_each(items: Sequence[Item], each: int) -> list[Item]:
    """Files of a format in turn from its sources."""
    chosen = []
    by_format: dict[str, dict[str, list[Item]]] = defaultdict(lambda: defaultdict(list))
    for item in sorted(items, key=lambda item: name_hash(item.path.name)):
        by_format[item.format][item.source].append(item)
    for sources in by_format.values():
        queues = [list(queue) for _, queue in sorted(sources.items(), key=lambda pair: name_hash(pair[0]))]
        turn = [queue[number] for number in range(each) for queue in queues if number < len(queue)]
        chosen += turn[:each]
    return chosen


def compare(items: Sequence[Item], single: set[str], out: Path) -> None:
    """Asks all tools about all probes: some probes each in turn, so that a busy machine slows them alike.

    Some, since a tool that is asked about many files finds its tables in the caches, and is so used.
    """
    probes = [probe for item in items for probe in probes_of(item)]
    tools = {"bytezip": ours(), **rivals()}
    told: Told = {name: [] for name in tools}
    seconds: dict[tuple[str, int], float] = defaultdict(float)
    probes.sort(key=lambda probe: probe.size)  # each item's remain in the order of items
    for start in range(0, len(probes), _AT_ONCE):
        for name, tool in tools.items():
            for probe in probes[start : start + _AT_ONCE]:
                began = time.process_time()
                answer = tool(probe.data)
                seconds[name, probe.size] += time.process_time() - began
                told[name].append(answer)
    common = known_to_magika()
    _write_accuracy(out / "detect.csv", probes, told, seconds, common)
    _write_formats(out / "detect_formats.csv", probes, told, single)
    _write_confusion(out / "detect_confusion.csv", probes, told["bytezip"])


def known_to_magika() -> set[str]:
    """The formats of ours that Magika has a label for; all of them where it is not installed."""
    try:
        from magika import Magika  # noqa: PLC0415  optional: a rival
    except ModuleNotFoundError:
        return set(LABELS)
    labels = map(str, Magika().get_output_content_types())
    return {_MAGIKA.get(label, label) for label in labels} & set(LABELS)


def probes_of(item: Item) -> list[Probe]:
    """The whole, where it is one, and pieces from the middle of what is read of it, as long as that is no header."""
    read = item.read()
    middle = len(read) // 2
    contents = contents_of(read, item.format)
    pieces = [] if item.is_part else [Probe(item, 0, item.path.read_bytes(), {})]
    return pieces + [
        Probe(item, size, read[middle : middle + size], shares(contents, middle, middle + size))
        for size in SIZES[1:]
        if middle >= size
    ]


def ours() -> Tool:
    detector = ModalityDetector(ask_libmagic=False)

    def tool(data: bytes) -> tuple[str | None, str]:
        found = detector.detect(data)
        return found.format, found.modality

    return tool


def rivals() -> dict[str, Tool]:
    found: dict[str, Tool] = {}
    if libmagic.is_available():
        found["libmagic"] = lambda data: _with_modality(libmagic.ask(data)[0])
    try:
        from magika import Magika  # noqa: PLC0415  optional: a rival
    except ModuleNotFoundError:
        return found
    model = Magika()

    def magika(data: bytes) -> tuple[str | None, str]:
        label = str(model.identify_bytes(data).output.label)
        return _with_modality(_MAGIKA.get(label, label))

    return {**found, "magika": magika}


def _with_modality(name: str | None) -> tuple[str | None, str]:
    return (name, LABELS[name].modality) if name in LABELS and name != "unknown" else (None, "unknown")


def is_right(probe: Probe, named: str | None) -> bool:
    if named is None:
        return False
    truth = probe.item.format
    return named == truth or (probe.size > 0 and MERGED.get(named, named) == MERGED.get(truth, truth))


def is_right_kind(probe: Probe, modality: str) -> bool:
    """Of a packed format's middle, "archive" is as right as the modality of the whole."""
    return modality in kinds_of(probe.item.format, is_part=probe.size > 0)


def kinds_of(name: str, *, is_part: bool) -> set[str]:
    kinds = {LABELS[name].modality}
    if is_part and name in MERGED:
        kinds.add(LABELS[MERGED[name]].modality)
    return kinds


def is_right_by_content(probe: Probe, modality: str) -> bool:
    return is_right_kind(probe, modality) or modality in kinds_inside(probe.contents)


def kinds_inside(contents: Mapping[str, float]) -> set[str]:
    return {LABELS[name].modality for name, share in contents.items() if share >= _HELD}


def _share(flags: Sequence[bool]) -> str:
    return f"{np.mean(flags):.4f}" if flags else ""


def _save(path: Path, head: Sequence[str], rows: Sequence[Sequence[object]]) -> None:
    with path.open("w", newline="") as stream:
        stream.write(f"# {machine()}; bytezip {bytezip.__version__}\n")
        writer = csv.writer(stream, lineterminator="\n")
        writer.writerow(head)
        writer.writerows(rows)


def _write_accuracy(
    path: Path, probes: Sequence[Probe], told: Told, seconds: dict[tuple[str, int], float], common: set[str]
) -> None:
    rows = []
    for size in SIZES:
        for scope in ("all", "magika's"):
            for name, answers in told.items():
                chosen = [
                    (probe, answer)
                    for probe, answer in zip(probes, answers, strict=True)
                    if probe.size == size and (scope == "all" or probe.item.format in common)
                ]
                every = sum(probe.size == size for probe in probes)
                rows.append(
                    [
                        "whole" if size == 0 else size, scope, name, len(chosen),
                        len({probe.item.format for probe, _ in chosen}),
                        _share([is_right_kind(probe, answer[1]) for probe, answer in chosen]),
                        _share([is_right_by_content(probe, answer[1]) for probe, answer in chosen]),
                        _share([is_right(probe, answer[0]) for probe, answer in chosen]),
                        f"{1000 * seconds[name, size] / max(every, 1):.2f}",
                    ]
                )  # fmt: skip
    _save(path, ("size", "scope", "tool", "items", "formats", "modality_right", "modality_by_content", "format_right",
                 "cpu_ms"), rows)  # fmt: skip
    for row in rows:
        print(*row)


def _write_formats(path: Path, probes: Sequence[Probe], told: Told, single: set[str]) -> None:
    rows = []
    for name in sorted({probe.item.format for probe in probes}):
        for size in SIZES:
            chosen = [number for number, probe in enumerate(probes) if probe.item.format == name and probe.size == size]
            shares = [_share([is_right(probes[at], told[tool][at][0]) for at in chosen]) for tool in told]
            kind = _share([is_right_kind(probes[at], told["bytezip"][at][1]) for at in chosen])
            how = "file" if name in single else "source"
            rows.append([name, LABELS[name].modality, how, "whole" if size == 0 else size, len(chosen), kind, *shares])
    head = ("format", "modality", "held_out_by", "size", "items", "bytezip_modality", *told)
    _save(path, head, rows)


def _write_confusion(path: Path, probes: Sequence[Probe], told: Sequence[tuple[str | None, str]]) -> None:
    counts: Counter[tuple[str, str, str, str]] = Counter()
    for probe, (named, modality) in zip(probes, told, strict=True):
        size, truth = "whole" if probe.size == 0 else str(probe.size), probe.item.format
        counts[size, "modality", LABELS[truth].modality, modality] += 1
        if not is_right(probe, named):
            counts[size, "format", truth, str(named)] += 1
    _save(path, ("size", "level", "truth", "told", "count"), [[*key, count] for key, count in sorted(counts.items())])


def boundaries(items: Sequence[Item], mixes: int, path: Path) -> None:
    """Pieces of held-out files of different modalities, joined: 3 to 6 of 2 to 40 KiB, from their beginnings or not."""
    random = np.random.default_rng(11)
    usable = [item for item in items if item.path.stat().st_size >= 8192 and item.format not in ("tar", "ar")]
    detector = ModalityDetector(segments=True, ask_libmagic=False)
    rows = []
    for neighbours in ("any", "apart"):
        for kind in ("beginnings", "fragments", "half and half"):
            hits, told, true, spent, size = 0, 0, 0, 0.0, 0
            for _ in range(mixes // 3):
                data, places = mix(usable, kind, random, apart=neighbours == "apart")
                began = time.process_time()
                found = [segment.offset for segment in detector.detect(data).segments[1:]]
                spent += time.process_time() - began
                size += len(data)
                hits += matched(places, found)
                told += len(found)
                true += len(places)
            precision, recall = hits / max(told, 1), hits / max(true, 1)
            balance = 2 * precision * recall / max(precision + recall, 1e-9)
            rows.append([neighbours, kind, mixes // 3, true, told, hits, f"{precision:.4f}", f"{recall:.4f}",
                         f"{balance:.4f}", f"{size / max(spent, 1e-9) / 1e6:.2f}"])  # fmt: skip
            print(*rows[-1], flush=True)
    head = ("neighbours", "mix", "files", "true", "told", "hits", "precision", "recall", "f1", "cpu_mb_per_s")
    _save(path, head, rows)


def mix(items: Sequence[Item], kind: str, random: np.random.Generator, *, apart: bool) -> tuple[bytes, list[int]]:
    """The data, and where its pieces begin, from the second one on."""
    pieces: list[bytes] = []
    before: set[str] = set()
    count = int(random.integers(3, 7))
    while len(pieces) < count:
        item = items[int(random.integers(len(items)))]
        if LABELS[item.format].modality in before:
            continue
        content = item.read()
        whole = kind == "beginnings" or (kind == "half and half" and random.random() < 0.5)
        length = min(int(2048 * 20 ** random.random()), len(content))
        start = 0 if whole else int(random.integers(len(content) - length + 1))
        end = len(content) if whole and len(content) <= 40_000 else start + length
        kinds = {LABELS[item.format].modality}
        if apart:
            inside = contents_of(content, item.format)
            kinds = kinds_of(item.format, is_part=start > 0) | kinds_inside(shares(inside, start, end))
            if kinds & before:
                continue
        pieces.append(content[start:end])
        before = kinds
    places = np.cumsum([len(piece) for piece in pieces])[:-1]
    return b"".join(pieces), [int(place) for place in places]


def matched(places: Sequence[int], found: Sequence[int]) -> int:
    """True places with a told one within the tolerance, each told one used once."""
    left, hits = sorted(found), 0
    for place in places:
        near = [other for other in left if abs(other - place) <= TOLERANCE]
        if near:
            left.remove(min(near, key=lambda other: abs(other - place)))
            hits += 1
    return hits


if __name__ == "__main__":
    main()
