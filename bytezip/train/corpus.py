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
    # Sampled by modality, not by size: text, code, markup and structured text are most of what people compress;
    # raw images and audio are better served by adaptive experts and need little of the network's capacity.
    "code": 22, "text": 16, "lang": 10, "docs": 5, "json": 5, "html": 4, "xml": 4, "csv": 4, "wiki": 4, "elf": 4,
    "log": 3, "mail": 3, "config": 2.5, "sql": 2, "pe": 2, "locale": 1.5, "image": 1.5, "pdf": 1.2, "class": 1.2,
    "pyc": 1.2, "sqlite": 1, "svg": 1, "tar": 1, "sci": 1,
}  # fmt: skip
DEFAULT_WEIGHT = 0.5
HELD_OUT_SOURCE_SHARE = 0.25  # a held-out source holds at most this share of its modality's bytes
HELD_OUT_FILES = 20  # one file in so many, where a modality has too few sources to give one up


@dataclass(frozen=True)
class Shelf:
    """All files of one modality on one side of the split.

    data: uint8 [N], the files one after another.
    starts: int64 [F + 1], where each file begins; the last entry is N.
    """

    modality: str
    data: NDArray[np.uint8]
    starts: NDArray[np.int64]

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
            training.append(_shelve(modality.name, kept))
        if held:
            held_out.append(_shelve(modality.name, held))
    if not training:
        raise ValueError(f"{root} holds no <modality>/<source>/ folders with files in them")
    return Corpus(training, held_out)


def split(modality: Path) -> tuple[list[Path], list[Path]]:
    """Training files and held-out files of one modality.

    Held out is one whole source, so that the figure speaks of unseen sources; where there are fewer than three, one
    file in twenty. The choice hangs on hashes of the names alone: the same on every machine.
    """
    files = {
        source.name: sorted(path for path in source.rglob("*") if path.is_file())
        for source in sorted(modality.iterdir())
        if source.is_dir()
    }
    sizes = {name: sum(path.stat().st_size for path in paths) for name, paths in files.items()}
    total = sum(sizes.values())
    small = [name for name in files if 0 < sizes[name] <= HELD_OUT_SOURCE_SHARE * total]
    if len(files) >= 3 and small:
        chosen = min(small, key=_name_hash)
        held = files[chosen]
        return [path for name, paths in files.items() if name != chosen for path in paths], held
    every = [path for paths in files.values() for path in paths]
    held = [path for path in every if _name_hash(str(path.relative_to(modality))) % HELD_OUT_FILES == 0]
    return [path for path in every if path not in set(held)], held


def _name_hash(name: str) -> int:
    return int.from_bytes(hashlib.sha256(name.encode()).digest()[:8], "little")


def _shelve(modality: str, paths: list[Path]) -> Shelf:
    contents = [content for path in paths if (content := path.read_bytes())]
    lengths = np.array([0, *(len(content) for content in contents)], np.int64)
    return Shelf(modality, np.frombuffer(b"".join(contents), np.uint8), np.cumsum(lengths))
