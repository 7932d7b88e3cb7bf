"""A window of bytes as numbers: hashed n-grams and a few measures, the same in training and in use.

Each order's histogram is taken as the square root of shares, so that its length is 1 whatever the window's size
(Hellinger's distance then is the plain one).

Knows: bytes, numpy.  Does not know: labels, weights.
"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

WINDOW = 4096  # bytes a window, at most
SHORTEST = 8  # bytes that there must be, if need be by padding
SMALLEST = 512  # bytes below which a verdict is a guess
BUCKETS = (256, 2048, 4096, 4096)  # of n-grams of 1, 2, 3, 4 bytes
HISTOGRAM = sum(BUCKETS)
MEASURES = 12
FEATURES = HISTOGRAM + MEASURES
_LAGS = (1, 2, 3, 4)
_MULTIPLIER = np.uint32(2654435761)  # 2^32 / golden ratio: Knuth, The Art of Computer Programming, 6.4


def buckets_of(window: NDArray[np.uint8]) -> NDArray[np.int64]:
    """Indices below HISTOGRAM of all n-grams, int64 [about 4 N] from uint8 [N]."""
    grams = window.astype(np.uint32)
    parts, start = [grams.astype(np.int64)], BUCKETS[0]
    for order, size in enumerate(BUCKETS[1:], 2):
        grams = (grams[:-1] << np.uint32(8)) | window[order - 1 :]
        shift = np.uint32(32 - (size.bit_length() - 1))
        parts.append(((grams * _MULTIPLIER) >> shift).astype(np.int64) + start)
        start += size
    return np.concatenate(parts)


def features_of(windows: Sequence[bytes]) -> NDArray[np.float32]:
    """float32 [B, FEATURES] of windows of SHORTEST to WINDOW bytes."""
    rows = np.empty((len(windows), FEATURES), np.float32)
    for row, window in zip(rows, windows, strict=True):
        data = np.frombuffer(window, np.uint8)
        counts = np.bincount(buckets_of(data), minlength=HISTOGRAM)
        row[:HISTOGRAM] = np.sqrt(counts / len(data), dtype=np.float32)
        row[HISTOGRAM:] = measures_of(data, counts[:256])
    return rows


def measures_of(window: NDArray[np.uint8], counts: NDArray[np.int64]) -> NDArray[np.float32]:
    """float32 [MEASURES], each about -1 to 3."""
    size = len(window)
    shares = counts[counts > 0] / size
    entropy = -(shares * np.log2(shares)).sum()
    uniform = ((counts - size / 256) ** 2).sum() / (size / 256) / 255  # chi-square per degree of freedom: 1 for noise
    signed = window.astype(np.int16)
    steps = [np.abs((signed[lag:] - signed[:-lag] + 128) % 256 - 128).mean() / 64 for lag in _LAGS]
    bits = np.unpackbits(window)
    ones = bits.mean()
    alike = (bits[1:] == bits[:-1]).mean()
    return np.array(
        [
            entropy / 4 - 1,
            np.log2(uniform) / 4,
            np.clip((uniform - 1) * np.sqrt(255 / 2) / 8, -1, 3),  # in standard deviations: packed data or noise
            *steps,
            (ones - 0.5) * 4,
            (alike - 0.5) * 4,
            counts[0] / size,
            counts[255] / size,
            np.log2(size) / 12 - 0.8,
        ],
        np.float32,
    )
