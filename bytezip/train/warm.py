"""The warm start: what a mixer learns from the training set, put into a model file beside the network.

Each piece of a file is a stream of its own, so that the weights learn how much the experts know at the start of a file;
from one stream to the next only the mixer's experience goes on. Takes minutes, most of them for the network.

Use: python -m bytezip.train.warm CORPUS MODEL   (MODEL is written anew, and its card MODEL.md beside it)
"""

from __future__ import annotations

import re
import sys
from collections.abc import Iterator, Mapping
from dataclasses import replace
from itertools import product
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from bytezip import _native
from bytezip.predictor.engine import native_network
from bytezip.predictor.experience import PROFILES, Experience, experience_of, pack, unpack
from bytezip.predictor.weights import Model, load_model, save_model
from bytezip.train.corpus import Shelf, read_corpus

PIECES = {1 << 11: 48, 1 << 12: 48, 1 << 13: 48, 1 << 14: 48, 1 << 15: 32, 1 << 16: 16, 1 << 17: 8}
"""Longest length of a piece in bytes, and how many there are."""

INNER_SHARE = 0.3  # of the pieces, those that begin somewhere within a file
_STRIPE = 4096  # with one lane, it changes nothing

Piece = tuple[NDArray[np.uint8], NDArray[np.float64], NDArray[np.uint32]]
"""Bytes [T], the network's probability that each of their bits is 1, [T, 8], and the bytes it held likeliest, [T]."""


def warm(
    model: Model, shelves: list[Shelf], seed: int = 3, sizes: Mapping[int, int] = PIECES
) -> dict[str, NDArray[np.generic]]:
    """The tensors of the experience of every profile: what `model` has of it, and what these shelves add.

    sizes: longest length of a piece in bytes, and how many there are.
    """
    pieces = list(predicted(model, shelves, seed, sizes))
    order = np.random.Generator(np.random.PCG64(seed)).permutation(len(pieces))
    tensors: dict[str, NDArray[np.generic]] = {}
    for profile, alone in product(range(PROFILES), (False, True)):
        known = unpack(model.tensors, profile, alone) or _native.Mixer(1, 1, profile).experience()
        tensors |= pack(learn([pieces[i] for i in order], profile, known, alone), profile, alone)
    return tensors


def learn(pieces: list[Piece], profile: int, experience: Experience, alone: bool = False) -> Experience:
    """What a mixer knows that began with `experience`, after these streams, one after another.

    alone: without the network, whose voice other weights would miss.
    """
    for data, network, likeliest in pieces:
        mixer = _native.Mixer(1, len(data), profile, experience)
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
        for lane, piece in enumerate(pieces):
            side_by_side[: len(piece), lane] = piece
        asked = _native.NetworkLanes(network, count)
        probabilities = asked.replay(side_by_side)
        likeliest = asked.likeliest()
        for lane, piece in enumerate(pieces):
            said = np.ascontiguousarray(probabilities[: len(piece), :, lane])
            yield piece, said, np.ascontiguousarray(likeliest[: len(piece), lane])


def draw(shelf: Shelf, length: int, random: np.random.Generator) -> NDArray[np.uint8]:
    """A piece of one file, of at most `length` bytes, mostly its beginning."""
    file = random.integers(len(shelf.starts) - 1)
    start, end = int(shelf.starts[file]), int(shelf.starts[file + 1])
    if end - start > length and random.random() < INNER_SHARE:
        start = int(random.integers(start, end - length))
    return shelf.data[start : min(end, start + length)]


def main() -> None:
    corpus, path = read_corpus(Path(sys.argv[1])), Path(sys.argv[2])
    model = load_model(path)
    cold = {name: array for name, array in model.tensors.items() if name not in experience_of(model.tensors)}
    tensors = cold | warm(replace(model, tensors=cold), corpus.training)
    save_model(path, model.config, tensors, model.name)
    card = path.with_suffix(".md")
    if card.exists():
        sha256 = load_model(path).sha256.hex()
        card.write_text(re.sub("SHA-256: `[0-9a-f]*`", f"SHA-256: `{sha256}`", card.read_text()))


if __name__ == "__main__":
    main()
