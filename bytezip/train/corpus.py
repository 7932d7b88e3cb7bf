"""The training set on disk, `<root>/<modality>/<source>/...`: what is in it, and what is held out.

Knows: folders, bytes, numpy.  Does not know: torch, models.
"""

from __future__ import annotations

import hashlib
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

WEIGHTS: dict[str, float] = {
    # Sampled by modality, not by size: prose, code, markup and structured text are most of what people compress, and
    # what the network is best at beside the experts. Raw images and audio are better served by adaptive experts, and
    # of what is compressed already (JPEG, PNG, office files, PDF, packed) there is next to nothing to learn.
    "text": 46, "code": 20, "docs": 6, "json": 10, "html": 6, "xml": 5, "lang": 5, "elf": 4, "log": 10, "csv": 4,
    "pe": 3, "wiki": 3, "mail": 2.5, "config": 2.5, "sql": 3, "locale": 1, "image": 1, "class": 1, "pyc": 1,
    "sqlite": 1, "svg": 1, "macho": 1, "dotnet": 1, "tar": 1, "pdf": 0.3, "office": 0.2, "jpeg": 0.1, "png": 0.1,
    "packed": 0.1,
}  # fmt: skip
DEFAULT_WEIGHT = 0.5
HELD_OUT_SOURCE_SHARE = 0.25  # a held-out source holds at most this share of its modality's bytes
HELD_OUT: dict[str, str] = {
    # What the rule of `split` chose from the first set that had enough sources, so that one that comes later leaves
    # figures comparable.
    "audio": "asterisk-fr", "code": "erlang", "config": "systemd", "csv": "sklearn", "dna": "hmmer",
    "docs": "git-doc-txt", "dotnet": "pythonnet", "elf": "py311-so", "font": "noto-mono", "html": "sqlalchemy-html",
    "image": "neverball", "jpeg": "sklearn-jpg", "json": "mdn-bcd", "lang": "fortunes-es", "locale": "django-mo",
    "log": "zat-logs", "mail": "py-email-tests", "office": "xlrd", "pdf": "texlive-fonts-doc",
    "pe": "numpy-win64", "sci": "matplotlib-sample", "sql": "mariadb-perfschema", "text": "music21-abc-krn",
    "wiki": "moinmoin", "xml": "docbook-xsl",
}  # fmt: skip
# Held out besides, each on a shelf of its own: of `text`, the rule chose sheet music, which says nothing of prose.
PROSE_HELD_OUT = ("text/moby-dick",)
HELD_OUT_FILES = 20  # one file in so many, where a modality has too few sources to give one up


@dataclass(frozen=True)
class Shelf:
    """All files of one modality on one side of the split, or of one source that is held out besides.

    modality: its name, or `modality/source`.
    data: uint8 [N], the files one after another.
    starts: int64 [F + 1], where each file begins; the last entry is N.
    sources: int64 [F], a number of the source of each file, the same on every machine.
    """

    modality: str
    data: NDArray[np.uint8]
    starts: NDArray[np.int64]
    sources: NDArray[np.int64]

    @property
    def weight(self) -> float:
        return WEIGHTS.get(self.modality, DEFAULT_WEIGHT)


@dataclass(frozen=True)
class Corpus:
    training: list[Shelf]
    held_out: list[Shelf]


def read_corpus(root: Path) -> Corpus:
    """Reads a training set into memory and splits it.

    Raises:
        ValueError: where `root` holds no `<modality>/<source>/` folders with files in them.
    """
    training, held_out = [], []
    for modality in sorted(path for path in root.iterdir() if path.is_dir()):
        kept, held = split(modality)
        if kept:
            training.append(_shelve(modality.name, kept, root))
        if held:
            held_out.append(_shelve(modality.name, held, root))
    for name in PROSE_HELD_OUT:
        paths = _files(root / name)
        if paths:
            held_out.append(_shelve(name, paths, root))
    if not training:
        raise ValueError(f"{root} holds no <modality>/<source>/ folders with files in them")
    return Corpus(training, held_out)


def split(modality: Path) -> tuple[list[Path], list[Path]]:
    """Training files and held-out files of one modality; what is held out besides is on neither side.

    Held out is one whole source, so that the figure speaks of unseen sources: that of HELD_OUT where it is there, else
    one that a hash of its name chooses; where there are fewer than three, one file in twenty. The choice hangs on
    names alone: the same on every machine.
    """
    files = {
        source.name: _files(source)
        for source in sorted(modality.iterdir())
        if source.is_dir() and f"{modality.name}/{source.name}" not in PROSE_HELD_OUT
    }
    sizes = {name: sum(path.stat().st_size for path in paths) for name, paths in files.items()}
    total = sum(sizes.values())
    small = [name for name in files if 0 < sizes[name] <= HELD_OUT_SOURCE_SHARE * total]
    if len(files) >= 3 and small:
        chosen = HELD_OUT.get(modality.name, "")
        if not sizes.get(chosen):
            chosen = min(small, key=_name_hash)
        held = files[chosen]
        return [path for name, paths in files.items() if name != chosen for path in paths], held
    every = [path for paths in files.values() for path in paths]
    held = [path for path in every if _name_hash(str(path.relative_to(modality))) % HELD_OUT_FILES == 0]
    return [path for path in every if path not in set(held)], held


def _files(source: Path) -> list[Path]:
    return sorted(path for path in source.rglob("*") if path.is_file())


def _name_hash(name: str) -> int:
    return int.from_bytes(hashlib.sha256(name.encode()).digest()[:8], "little")


def _shelve(modality: str, paths: list[Path], root: Path) -> Shelf:
    contents = {path: content for path in paths if (content := path.read_bytes())}
    lengths = np.array([0, *map(len, contents.values())], np.int64)
    sources = ["/".join(path.relative_to(root).parts[:2]) for path in contents]
    numbers = {source: _name_hash(source) % (1 << 31) for source in set(sources)}
    data = np.frombuffer(b"".join(contents.values()), np.uint8)
    return Shelf(modality, data, np.cumsum(lengths), np.array([numbers[source] for source in sources], np.int64))
