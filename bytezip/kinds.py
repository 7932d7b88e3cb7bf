"""Of what kind a block's content is: the hint in its header, told from byte counts in well under a millisecond.

A linear classifier of counts of bytes and of hashed pairs, in integers throughout, so that every machine writes the
same file; trained by `bytezip.train.kinds_train`. `bytezip.detect` knows far more, and takes far longer.

Knows: bytes, its weights.  Does not know: detect, the container.
"""

from __future__ import annotations

from functools import cache
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

KINDS = (
    "unknown", "text", "code", "markup", "structured", "image", "audio", "video", "executable", "archive", "document",
    "database", "font", "array", "genome", "encrypted",
)  # fmt: skip
"""By hint, as `man/bytezip.5` defines them: the modalities of `bytezip.detect` but "empty"."""

WEIGHTS = Path(__file__).parent / "kinds.npy"  # int8 [BUCKETS + 1, 16]; the last row is the bias
PAIRS = 4096  # buckets of pairs
BUCKETS = 256 + PAIRS
FULL = 256  # a feature where all bytes are alike
NAT = 16  # of a weight: by that much, a full feature raises the logarithm of the odds by 1
CLEAR = FULL * NAT * 3 // 4  # by how much the likeliest kind must lead to be named
_PIECE = 2048  # bytes
_PIECES = 8
_MULTIPLIER = np.uint16(40503)  # 2^16 / golden ratio


def hint_of(raw: bytes) -> int:
    """The index in KINDS of what the bytes are, by places all over them; 0 where it is not clear, or there are none."""
    if not raw:
        return 0
    scores = features_of(raw) @ _weights()[:-1].astype(np.int32) + _weights()[-1].astype(np.int32) * FULL
    second, first = np.argsort(scores, kind="stable")[-2:]
    return int(first) if scores[first] - scores[second] >= CLEAR else 0


def features_of(raw: bytes) -> NDArray[np.int32]:
    """int32 [BUCKETS], 0 to 256 each: square roots of shares of bytes, and of pairs."""
    sample = _sample(raw)
    data = np.frombuffer(sample, np.uint8)
    pairs = (data[:-1].astype(np.uint16) << np.uint16(8)) | data[1:]
    hashed = (pairs * _MULTIPLIER) >> np.uint16(16 - PAIRS.bit_length() + 1)
    counts = np.concatenate([np.bincount(data, minlength=256), np.bincount(hashed, minlength=PAIRS)])
    # Division and square root of float64 are rounded correctly everywhere, so that their floor is exact.
    return np.floor(np.sqrt(counts / len(data)) * FULL).astype(np.int32)


def _sample(raw: bytes) -> bytes:
    if len(raw) <= _PIECE * _PIECES:
        return raw
    step = (len(raw) - _PIECE) // (_PIECES - 1)
    return b"".join(raw[start : start + _PIECE] for start in range(0, step * _PIECES, step))


@cache
def _weights() -> NDArray[np.int8]:
    weights = np.load(WEIGHTS, allow_pickle=False)
    assert weights.shape == (BUCKETS + 1, len(KINDS))
    assert weights.dtype == np.int8
    return weights  # type: ignore[no-any-return]
