"""Of what kind a block's content is: the hint in its header, told from byte counts in well under a millisecond.

A small network over counts of bytes and of hashed pairs, in integers throughout, so that every machine writes the
same file; trained by `bytezip.train.kinds_train`. `bytezip.detect` knows far more, and takes far longer.

Knows: bytes, its weights, the names of the hints.  Does not know: detect, blocks.
"""

from __future__ import annotations

from functools import cache
from pathlib import Path
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from bytezip.container.layout import HINTS

KINDS = ("unknown", *HINTS[1:])
"""By hint, as `man/bytezip.5` defines them: the modalities of `bytezip.detect` but "empty"."""

WEIGHTS = Path(__file__).parent / "kinds.npy"  # int8, see `unpacked`
PAIRS = 2048  # buckets of pairs
BUCKETS = 256 + PAIRS
HIDDEN = 32  # units between
FULL = 256  # a feature where all bytes are alike
UNIT = 16  # of all weights: what stands for 1
CLEAR = FULL * UNIT * 3 // 4  # by how much the likeliest kind must lead to be named
_ALIKE = (KINDS.index("archive"), KINDS.index("encrypted"))  # none the clearer for leading the other
_PIECE = 2048  # bytes
_PIECES = 8
_MULTIPLIER = np.uint16(40503)  # 2^16 / golden ratio


class Weights(NamedTuple):
    """int8: inner [BUCKETS, HIDDEN], outer [HIDDEN, kinds], and what is added to each: [HIDDEN] and [kinds]."""

    inner: NDArray[np.int8]
    inner_bias: NDArray[np.int8]
    outer: NDArray[np.int8]
    outer_bias: NDArray[np.int8]


def hint_of(raw: bytes) -> int:
    """The index in KINDS of what the bytes are, by places all over them; 0 where it is not clear, or there are none."""
    if not raw:
        return 0
    scores = scores_of(features_of(raw)[None], _weights())[0]
    order = [int(kind) for kind in np.argsort(scores, kind="stable")[::-1]]
    first = order.pop(0)
    second = next(kind for kind in order if not (first in _ALIKE and kind in _ALIKE))
    return first if scores[first] - scores[second] >= CLEAR else 0


def scores_of(features: NDArray[np.int32], weights: Weights) -> NDArray[np.int32]:
    """int32 [B, kinds], FULL * UNIT a unit of the logarithm of odds; from int32 [B, BUCKETS]."""
    present = np.flatnonzero(features.any(0))
    sums = features[:, present] @ weights.inner[present].astype(np.int32) + FULL * weights.inner_bias.astype(np.int32)
    hidden = np.maximum(sums, 0) // UNIT  # below 2^17, for the squares of the features of one histogram sum to 2^16
    return np.asarray(hidden @ weights.outer.astype(np.int32) + FULL * weights.outer_bias.astype(np.int32))


def features_of(raw: bytes) -> NDArray[np.int32]:
    """int32 [BUCKETS], 0 to 256 each: square roots of shares of bytes, and of pairs."""
    sample = _sample(raw)
    data = np.frombuffer(sample, np.uint8)
    pairs = (data[:-1].astype(np.uint16) << np.uint16(8)) | data[1:]
    hashed = (pairs * _MULTIPLIER) >> np.uint16(16 - PAIRS.bit_length() + 1)
    counts = np.concatenate([np.bincount(data, minlength=256), np.bincount(hashed, minlength=PAIRS)])
    # Division and square root of float64 are rounded correctly everywhere, so that their floor is exact.
    return np.asarray(np.floor(np.sqrt(counts / len(data)) * FULL), np.int32)


def _sample(raw: bytes) -> bytes:
    if len(raw) <= _PIECE * _PIECES:
        return raw
    step = (len(raw) - _PIECE) // (_PIECES - 1)
    return b"".join(raw[start : start + _PIECE] for start in range(0, step * _PIECES, step))


@cache
def _weights() -> Weights:
    return unpacked(np.load(WEIGHTS, allow_pickle=False))


def unpacked(table: NDArray[np.int8]) -> Weights:
    """The parts of int8 [BUCKETS + 1 + HIDDEN + 1, HIDDEN], one below the other."""
    assert table.shape == (BUCKETS + HIDDEN + 2, HIDDEN)
    assert table.dtype == np.int8
    kinds, end = len(KINDS), BUCKETS + 1 + HIDDEN
    return Weights(table[:BUCKETS], table[BUCKETS], table[BUCKETS + 1 : end, :kinds], table[end, :kinds])
