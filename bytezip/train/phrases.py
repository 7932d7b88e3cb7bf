"""The table of phrases of a model: what mostly followed in the training set, counted over all of it.

The network learns slowly, and has read a part of the training set; to count takes minutes. Kept is what two
sources have in common, since the words of one tell little of a file that nobody has seen, and of that what is worth
most beside shorter contexts. After static n-gram models with pruning (A. Stolcke, 1998), with one byte a context, as
in a match model, in place of a distribution.

Knows: shelves, the native counter.  Does not know: models, mixers.
"""

from __future__ import annotations

import math
from collections import Counter
from collections.abc import Iterator
from itertools import pairwise

import numpy as np
from numpy.typing import NDArray

from bytezip import _native
from bytezip.train.corpus import Shelf

LINES = 209_000  # of 64 bytes: with all else, a model of 24 MB
TABLE_BITS = 28  # contexts that are counted at a time: 4.6 GB
FOLDS = 2
"""A table must not be judged by the files that it was made from: so many are made, each without some of the sources."""

LEAST_WEIGHT = 1.0  # of a modality: of the others there is little to compress, or little to learn
NO_PHRASES = ("image",)  # pixels


def count_phrases(
    shelves: list[Shelf], left_out: int | None = None, lines: int = LINES, table_bits: int = TABLE_BITS
) -> NDArray[np.uint8]:
    """A table of phrases, uint8 [lines, 64].

    Args:
        left_out: sources whose number is this modulo FOLDS are not read; None reads all.
        table_bits: contexts that are counted at a time, as a power of two: of what there are more, the rare ones go.
    """
    counter = _native.PhraseCounter(table_bits)
    told = [shelf for shelf in shelves if shelf.weight >= LEAST_WEIGHT and shelf.modality not in NO_PHRASES]
    for kind in range(counter.kinds):
        counter.begin(kind)
        for shelf in told:
            for data, source in _files(shelf, left_out):
                counter.count(data, source)
        counter.keep()
    for shelf in told:
        weights = byte_weights(shelf)
        for data, source in _files(shelf, left_out):
            counter.credit(data, weights[source])
    return counter.table(lines)


def byte_weights(shelf: Shelf) -> dict[int, float]:
    """Of each source, what a byte of it counts: sources of a modality share its weight by the roots of their sizes.

    By size, one large manual would decide what is kept of English.
    """
    sizes: Counter[int] = Counter()
    for data, source in _files(shelf, None):
        sizes[source] += len(data)
    roots = sum(map(math.sqrt, sizes.values()))
    return {source: shelf.weight / roots / math.sqrt(size) for source, size in sizes.items()}


def _files(shelf: Shelf, left_out: int | None) -> Iterator[tuple[NDArray[np.uint8], int]]:
    for (start, end), source in zip(pairwise(shelf.starts.tolist()), shelf.sources.tolist(), strict=True):
        if left_out is None or source % FOLDS != left_out:
            yield shelf.data[start:end], source
