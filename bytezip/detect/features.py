"""A window of text as numbers: hashed n-grams and words, and measures; the same in training and in use.

Counts are taken as the square root of shares, so that a histogram's length is 1 whatever the window's size (Hellinger's
distance then is the plain one). The measures, and the patterns of bits, are of use for other data, too: see `binary`.

Knows: bytes, numpy.  Does not know: labels, weights.
"""

from __future__ import annotations

import re
import zlib
from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

WINDOW = 4096  # bytes a window, at most
SHORTEST = 16  # bytes that there must be, if need be by padding
SMALLEST = 512  # bytes below which a verdict is a guess
BUCKETS = (256, 4096, 4096, 4096)  # of n-grams of 1, 2, 3, 4 bytes
WORDS = 4096  # buckets of words
STARTS = 1024  # buckets of how lines begin
HISTOGRAM = sum(BUCKETS) + WORDS + STARTS
PATTERNS = 512  # of 8 bits, the highest first and the lowest first
_LAGS = (1, 2, 3, 4, 6, 8)
_EQUAL_LAGS = (1, 2, 3, 4, 5, 6, 8, 10, 12, 16, 18, 20, 24, 32, 64)
_NIBBLE_LAGS = (1, 2, 4)
_PLAIN = 22  # measures that need no name
GENERAL = _PLAIN + len(_LAGS) + len(_EQUAL_LAGS) + len(_NIBBLE_LAGS)
MEASURES = GENERAL
FEATURES = HISTOGRAM + MEASURES
_MULTIPLIER = np.uint32(2654435761)  # 2^32 / golden ratio: Knuth, The Art of Computer Programming, 6.4
_WORD = re.compile(rb"[A-Za-z_][A-Za-z_]+|[\x80-\xff]{2,12}")
_START = re.compile(rb"\n[ \t]*([^\s]{1,4})")
UNEVEN = 1.0  # of the squares of shares, times 256, above 1: from there on bytes alone tell enough


def buckets_of(window: NDArray[np.uint8], sizes: tuple[int, ...] = BUCKETS) -> NDArray[np.int64]:
    """Indices of all n-grams of 1, 2 and so on bytes, int64 [about N * len(sizes)] from uint8 [N]."""
    grams = window.astype(np.uint32)
    parts, start = [grams.astype(np.int64)], sizes[0]
    for order, size in enumerate(sizes[1:], 2):
        grams = (grams[:-1] << np.uint32(8)) | window[order - 1 :]
        shift = np.uint32(32 - (size.bit_length() - 1))
        parts.append(((grams * _MULTIPLIER) >> shift).astype(np.int64) + start)
        start += size
    return np.concatenate(parts)


def words_of(window: bytes) -> list[int]:
    """Indices of its words and of how its lines begin, where it is text for the most part."""
    first = sum(BUCKETS)
    words = [zlib.crc32(word) % WORDS + first for word in _WORD.findall(window)]
    starts = [zlib.crc32(start) % STARTS + first + WORDS for start in _START.findall(window)]
    return words + starts


def features_of(windows: Sequence[bytes]) -> NDArray[np.float32]:
    """float32 [B, FEATURES] of windows of SHORTEST to WINDOW bytes."""
    rows = np.empty((len(windows), FEATURES), np.float32)
    for row, window in zip(rows, windows, strict=True):
        data = np.frombuffer(window, np.uint8)
        single = np.bincount(data, minlength=256)
        buckets = buckets_of(data)
        if is_readable(single, len(data)):
            buckets = np.concatenate([buckets, np.array(words_of(window), np.int64)])
        counts = np.bincount(buckets, minlength=HISTOGRAM)
        row[:HISTOGRAM] = np.sqrt(counts / len(data), dtype=np.float32)
        row[HISTOGRAM:] = general_of(data, single)
    return rows


def is_readable(counts: NDArray[np.int64], size: int) -> bool:
    """Whether the bytes, by their histogram, are characters for the most part."""
    return bool(counts[32:127].sum() + counts[9] + counts[10] + counts[13] > 0.6 * size)


def unevenness_of(counts: NDArray[np.int64], size: int) -> float:
    """256 times the squares of the shares of bytes, above 1, less what chance brings: 0 for noise."""
    return float(((counts - size / 256) ** 2).sum() / (size / 256) / size - 255 / size)


def general_of(data: NDArray[np.uint8], counts: NDArray[np.int64]) -> NDArray[np.float64]:
    """float64 [GENERAL], each about -1 to 3: moments, and how alike bytes are to those before them."""
    size = len(data)
    steps = [_step(data, lag) for lag in _LAGS]
    equal = [share_of(data[lag:] == data[:-lag]) if lag < size else 0.0 for lag in _EQUAL_LAGS]
    high = data >> 4
    nibbles = [(share_of(high[lag:] == high[:-lag]) - 1 / 16) * 4 for lag in _NIBBLE_LAGS]
    return np.concatenate([_plain(data, counts, unevenness_of(counts, size)), steps, equal, nibbles])


def share_of(flags: NDArray[np.bool_] | NDArray[np.uint8]) -> float:
    """How many are set; the same as their mean, without its detour."""
    return int(np.count_nonzero(flags)) / len(flags)


def _mean(values: NDArray[np.uint8]) -> float:
    return int(np.add.reduce(values, dtype=np.int64)) / len(values)


def _step(data: NDArray[np.uint8], lag: int) -> float:
    """Mean distance around the circle of bytes so far apart, 0 to 1 where there is no relation."""
    difference = data[lag:] - data[:-lag]  # modulo 256
    return _mean(np.minimum(difference, -difference)) / 64


def _plain(data: NDArray[np.uint8], counts: NDArray[np.int64], unevenness: float) -> NDArray[np.float64]:
    size = len(data)
    shares = counts[counts > 0] / size
    entropy = -(shares * np.log2(shares)).sum()
    uniform = 1 + unevenness * size / 255
    bits = np.unpackbits(data)
    high = data >> 7
    after = data[1:][data[:-1] == 255]
    return np.array(
        [
            entropy / 4 - 1,
            np.log2(max(uniform, 0.5)) / 4,
            np.clip((uniform - 1) * np.sqrt(255 / 2) / 8, -1, 3),  # in standard deviations: packed data or noise
            np.clip(unevenness, -0.1, 3),
            (share_of(bits) - 0.5) * 4,
            (share_of(bits[1:] == bits[:-1]) - 0.5) * 4,
            counts[0] / size,
            counts[255] / size,
            counts[128:].sum() / size,
            counts[1:9].sum() / size + counts[14:32].sum() / size,
            counts[10] / size * 10,
            counts[32] / size * 4,
            counts[48:58].sum() / size,
            (counts > 0).sum() / 256,
            np.log2(size) / 12 - 0.8,
            share_of(high[1:] != high[:-1]),
            _mean(data[0::2]) / 128 - _mean(data[1::2]) / 128,
            abs(_mean(data[0::4]) - _mean(data[2::4])) / 64,
            share_of(data[0::2] == 0) - share_of(data[1::2] == 0),
            *_after_255(after),
            _longest_run(data) / 64,
        ]
    )


def _after_255(after: NDArray[np.uint8]) -> tuple[float, float]:
    """JPEG data has 0 or a restart marker behind each 255, arithmetic coders of JPEG 2000 nothing above 143.

    The shares of such bytes beyond chance, the fuller the more there are.
    """
    if len(after) == 0:
        return 0.0, 0.0
    zero = float(((after == 0) | ((after & 0xF8) == 0xD0)).mean())
    low = float((after <= 143).mean())
    weight = min(len(after), 20) / 20
    return weight * (zero - 9 / 256), weight * (low - 144 / 256)


def _longest_run(data: NDArray[np.uint8]) -> float:
    places = np.flatnonzero(np.diff(data))
    if len(places) < 2:
        return 64.0
    return min(64.0, float(np.diff(places).max()))


def patterns_of(data: NDArray[np.uint8]) -> NDArray[np.float32]:
    """Standard deviations from chance, a third of them, of all runs of 8 bits at all alignments: float32 [PATTERNS]."""
    first, second = data[:-1].astype(np.uint16), data[1:].astype(np.uint16)
    forwards = (first << 8) | second
    backwards = (second << 8) | first
    totals = [
        sum(np.bincount((pair >> shift) & 0xFF, minlength=256) for shift in range(8)) for pair in (forwards, backwards)
    ]
    expected = 8 * len(first) / 256
    return np.asarray(np.clip((np.concatenate(totals) - expected) / np.sqrt(expected) / 3, -4, 4), np.float32)
