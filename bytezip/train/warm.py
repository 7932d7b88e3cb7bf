"""The warm start: what is counted and learnt from the training set, put into a model file beside the network.

First the table of phrases (`phrases.py`), then the mixer's experience. Each piece of a file is a stream of its own, so
that the weights learn how much the experts know at the start of a file; from one stream to the next only the mixer's
experience goes on. A piece is learnt with a table that its source is not in: with the whole one, every phrase would
come true. Takes half an hour, and 9 GB of memory.

Use: python -m bytezip.train.warm CORPUS MODEL   (MODEL is written anew, and its card MODEL.md beside it)
"""

from __future__ import annotations

import re
import sys
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import replace
from itertools import product
from pathlib import Path
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from bytezip import _native
from bytezip.predictor.engine import native_network
from bytezip.predictor.experience import PROFILES, Experience, experience_of, pack, unpack
from bytezip.predictor.phrases import NAME as PHRASES
from bytezip.predictor.weights import Model, load_model, save_model
from bytezip.train.corpus import Shelf, read_corpus
from bytezip.train.export import told_of
from bytezip.train.phrases import FOLDS, count_phrases

PIECES = {1 << 11: 48, 1 << 12: 48, 1 << 13: 48, 1 << 14: 48, 1 << 15: 32, 1 << 16: 16, 1 << 17: 8}
"""Longest length of a piece in bytes, and how many there are."""

INNER_SHARE = 0.3  # of the pieces, those that begin somewhere within a file
_STRIPE = 4096  # with one lane, it changes nothing


class Piece(NamedTuple):
    """Bytes [T], the network's probability that each of their bits is 1, [T, 8], and the bytes it held likeliest, [T].

    source: the number of the source that they are from, see `corpus.Shelf`.
    """

    data: NDArray[np.uint8]
    network: NDArray[np.float64]
    likeliest: NDArray[np.uint32]
    source: int


def warm(
    model: Model,
    shelves: list[Shelf],
    seed: int = 3,
    sizes: Mapping[int, int] = PIECES,
    phrases: Sequence[_native.Phrases | None] | None = None,
) -> dict[str, NDArray[np.generic]]:
    """The tensors of the experience of every profile: what `model` has of it, and what these shelves add.

    Args:
        sizes: longest length of a piece in bytes, and how many there are.
        phrases: for each fold of the sources, a table that was made without them; else that of the model for all.
    """
    phrases = phrases or [model.phrases]
    pieces = list(predicted(model, shelves, seed, sizes))
    order = np.random.Generator(np.random.PCG64(seed)).permutation(len(pieces))
    tensors: dict[str, NDArray[np.generic]] = {}
    for profile, alone in product(range(PROFILES), (False, True)):
        known = unpack(model.tensors, profile, alone) or _native.Mixer(1, 1, profile).experience()
        learnt = learn([pieces[i] for i in order], profile, known, alone, phrases)
        tensors |= pack(learnt, profile, alone)
    return tensors


def learn(
    pieces: list[Piece],
    profile: int,
    experience: Experience,
    alone: bool = False,
    phrases: Sequence[_native.Phrases | None] = (None,),
) -> Experience:
    """What a mixer knows that began with `experience`, after these streams, one after another.

    alone: without the network, whose voice other weights would miss. phrases: see `warm`.
    """
    for data, network, likeliest, source in pieces:
        mixer = _native.Mixer(1, len(data), profile, experience, phrases[source % len(phrases)])
        mixer.begin_block(len(data), _STRIPE)
        if alone:
            mixer.replay(None, data[:, None])
        else:
            mixer.replay(network[:, :, None], data[:, None], likeliest[:, None])
        experience = mixer.experience()
    return experience


def predicted(model: Model, shelves: list[Shelf], seed: int, sizes: Mapping[int, int]) -> Iterator[Piece]:
    """Pieces of files, drawn by `Shelf.weight`, with what the network says of them."""
    random = np.random.Generator(np.random.PCG64(seed))
    chances = np.array([shelf.weight for shelf in shelves])
    network = native_network(model)
    for length, count in sizes.items():
        chosen = random.choice(len(shelves), count, p=chances / chances.sum())
        pieces = [draw(shelves[index], length, random) for index in chosen]
        side_by_side = np.zeros((length, count), np.uint8)
        for lane, (piece, _) in enumerate(pieces):
            side_by_side[: len(piece), lane] = piece
        asked = _native.NetworkLanes(network, count)
        probabilities = asked.replay(side_by_side)
        likeliest = asked.likeliest()
        for lane, (piece, source) in enumerate(pieces):
            said = np.ascontiguousarray(probabilities[: len(piece), :, lane])
            yield Piece(piece, said, np.ascontiguousarray(likeliest[: len(piece), lane]), source)


def draw(shelf: Shelf, length: int, random: np.random.Generator) -> tuple[NDArray[np.uint8], int]:
    """A piece of one file, of at most `length` bytes, mostly its beginning; and the file's source."""
    file = random.integers(len(shelf.starts) - 1)
    start, end = int(shelf.starts[file]), int(shelf.starts[file + 1])
    if end - start > length and random.random() < INNER_SHARE:
        start = int(random.integers(start, end - length))
    return shelf.data[start : min(end, start + length)], int(shelf.sources[file])


def beside_network(tensors: Mapping[str, NDArray[np.generic]]) -> dict[str, NDArray[np.generic]]:
    """Those of the tensors of a model that are none of its network's: experience and phrases."""
    return experience_of(tensors) | {name: tensors[name] for name in {PHRASES} & tensors.keys()}


def main() -> None:
    corpus, path = read_corpus(Path(sys.argv[1])), Path(sys.argv[2])
    model = load_model(path)
    replaced = beside_network(model.tensors)
    cold = {name: array for name, array in model.tensors.items() if name not in replaced}
    folds = [_native.Phrases(count_phrases(corpus.training, left_out)) for left_out in range(FOLDS)]
    tensors = cold | warm(replace(model, tensors=cold), corpus.training, phrases=folds)
    save_model(path, model.config, tensors | {PHRASES: count_phrases(corpus.training)}, model.name)
    card = path.with_suffix(".md")
    if card.exists():
        line = told_of(corpus, "Phrases and experience from")
        card.write_text(amended(card.read_text(), load_model(path).sha256.hex(), line))


def amended(card: str, sha256: str, line: str) -> str:
    """A card with another hash, and with this line in place of one that begins alike, or behind the first list."""
    kept = [old for old in card.splitlines() if old.partition(":")[0] != line.partition(":")[0]]
    last = max(i for i, old in enumerate(kept) if old.startswith("- "))
    text = "\n".join([*kept[: last + 1], line, *kept[last + 1 :]]) + "\n"
    return re.sub("SHA-256: `[0-9a-f]*`", f"SHA-256: `{sha256}`", text, count=1)


if __name__ == "__main__":
    main()
