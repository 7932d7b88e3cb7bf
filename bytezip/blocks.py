"""The place where predictor and coder meet: one block of bytes to code, and home again.

Encoding and decoding walk the same steps in the same order (`lanes.py`); only the source of the bits differs.

Knows: predictors, the range coder, stripes.  Does not know: bytes on disk.
"""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
from numpy.typing import NDArray

from bytezip.coder import BitDecoder, BitEncoder
from bytezip.lanes import Striping
from bytezip.predictor.engine import Predictor

_PIECE = 1 << 15  # raw bytes between two reports of progress

Report = Callable[[int], None]
"""Called with the count of raw bytes of this block done so far."""


class BlockCoder:
    """Codes the blocks of one member, one after another, with a predictor whose state runs on.

    Args:
        open_lanes: makes a predictor with so many lanes.

    The state starts anew with the first block, whenever the lane count changes, and after `forget`.
    """

    def __init__(self, open_lanes: Callable[[int], Predictor]) -> None:
        self._open_lanes = open_lanes
        self._predictor: Predictor | None = None

    def forget(self) -> None:
        """Starts the predictor anew: what a stored block does, whose bytes the predictor never sees."""
        if self._predictor is not None:
            self._predictor.restart()

    def encode(self, raw: bytes, lanes: int, stripe: int, report: Report) -> bytes:
        """The code of a block; the decoder needs its size, lanes and stripe beside it."""
        predictor, striping = self._lanes(lanes), Striping(len(raw), lanes, stripe)
        data = np.frombuffer(raw, np.uint8)
        encoder = BitEncoder()
        for first, count in _pieces(striping):
            piece = striping.spread(data, first, count)
            present = np.repeat(striping.active(first, count)[:, None], 8, axis=1)
            encoder.encode(bits_of(piece)[present], predictor.replay(piece)[present])
            report(min(len(raw), (first + count) * lanes))
        return encoder.finish()

    def decode(self, code: bytes, size: int, lanes: int, stripe: int, report: Report) -> bytes:
        """The `size` bytes of a block again.

        Raises:
            CorruptError: where the code is none; most damage shows only in the block's check.
        """
        predictor, striping = self._lanes(lanes), Striping(size, lanes, stripe)
        decoder = BitDecoder(code)
        data = np.zeros((striping.steps, lanes), np.uint8)
        for first, count in _pieces(striping):
            present = striping.active(first, count).sum(axis=1)  # lanes without a byte are the last ones
            for step in range(count):
                data[first + step] = _decode_step(predictor, decoder, int(present[step]))
            report(min(size, (first + count) * lanes))
        return striping.gather(data)

    def _lanes(self, lanes: int) -> Predictor:
        if self._predictor is None or self._predictor.lanes != lanes:
            self._predictor = self._open_lanes(lanes)
        return self._predictor


def bits_of(data: NDArray[np.uint8]) -> NDArray[np.int32]:
    """Bits in the order of coding, most significant first: int32 [T, 8, K] from uint8 [T, K]."""
    return np.unpackbits(data[:, None, :], axis=1).astype(np.int32)


def _decode_step(predictor: Predictor, decoder: BitDecoder, present: int) -> NDArray[np.int32]:
    """One byte of each lane; the lanes from `present` on have none and are fed a zero."""
    value = np.zeros(predictor.lanes, np.int32)
    bits = np.zeros(predictor.lanes, np.int32)
    for _ in range(8):
        bits[:present] = decoder.decode(predictor.predict()[:present])
        predictor.update(bits)
        value += value + bits
    return value


def _pieces(striping: Striping) -> list[tuple[int, int]]:
    """(first step, count) of the pieces in which a block is worked through."""
    size = max(1, _PIECE // striping.lanes)
    return [(first, min(size, striping.steps - first)) for first in range(0, striping.steps, size)]
