"""Random windows of the corpus as token arrays.

Knows: shelves, numpy's generator.  Does not know: torch, models.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from bytezip.predictor.config import START_TOKEN
from bytezip.train.corpus import Shelf

FILE_START_SHARE = 0.2  # share of the windows that open at the first byte of a file, where small files live


class Batches:
    """An endless, repeatable stream of batches.

    Args:
        shelves: what to draw from, by `Shelf.weight`.
        rows, length: shape of a batch: each row holds `length + 1` tokens, inputs and targets overlapping.
        seed: the same seed gives the same stream.
    """

    def __init__(self, shelves: list[Shelf], rows: int, length: int, seed: int) -> None:
        self.shelves = shelves
        self.rows, self.length = rows, length
        self.random = np.random.Generator(np.random.PCG64(seed))
        weights = np.array([shelf.weight for shelf in shelves])
        self.chances = weights / weights.sum()

    def draw(self, cut: int = 1) -> NDArray[np.int64]:
        """The next batch, int64 [rows * cut, length // cut + 1]: bytes 0..255, and 256 before the first byte of a file.

        cut: how many times as many rows, each so many times as short.
        """
        chosen = self.random.choice(len(self.shelves), self.rows * cut, p=self.chances)
        return np.stack([self._row(self.shelves[index], self.length // cut) for index in chosen])

    def _row(self, shelf: Shelf, length: int) -> NDArray[np.int64]:
        """Pieces of files of one shelf, until the row is full: a short file is followed by another."""
        row = np.empty(length + 1, np.int64)
        filled = 0
        while filled < len(row):
            start, end = self._piece(shelf)
            if start in shelf.starts:
                row[filled] = START_TOKEN
                filled += 1
            piece = shelf.data[start : min(end, start + len(row) - filled)]
            row[filled : filled + len(piece)] = piece
            filled += len(piece)
        return row

    def _piece(self, shelf: Shelf) -> tuple[int, int]:
        """A place to begin, and the end of the file that holds it."""
        if self.random.random() < FILE_START_SHARE:
            start = int(shelf.starts[self.random.integers(len(shelf.starts) - 1)])
        else:
            start = int(self.random.integers(len(shelf.data)))
        return start, int(shelf.starts[np.searchsorted(shelf.starts, start, side="right")])
