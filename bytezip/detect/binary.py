"""A window of bytes that is no text as numbers; the same in training and in use.

Two kinds, each with a network of its own. "binary": some bytes are more frequent than others, and n-grams tell.
"packed": all bytes are about as frequent, n-grams are chance, and the patterns of bits at all alignments are what is
left of a code's structure.

Knows: features, columns, frames, statistics.  Does not know: labels, weights.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray

from bytezip.detect.columns import COLUMNS, columns_of
from bytezip.detect.features import (
    GENERAL,
    PATTERNS,
    UNEVEN,
    buckets_of,
    general_of,
    is_readable,
    patterns_of,
    unevenness_of,
)
from bytezip.detect.frames import FRAMES, frames_of
from bytezip.detect.statistics import is_one_colour, is_utf8

TEXT, BINARY, PACKED = "text", "binary", "packed"
GRAMS = (256, 4096, 4096)  # buckets of n-grams of 1, 2, 3 bytes
_CONTROLS = 1 / 128  # share of control characters up to which characters are text, and not strings in other data
_LINES = 1 / 400  # share of ends of lines in characters above 127 that are no UTF-8
_AFTER_255 = 2
HISTOGRAMS = {BINARY: sum(GRAMS), PACKED: GRAMS[0]}
_COMMON = GENERAL + COLUMNS + FRAMES + _AFTER_255
MEASURES = {BINARY: _COMMON, PACKED: _COMMON + PATTERNS}


def kind_of(window: bytes) -> str:
    """TEXT, BINARY or PACKED."""
    if is_one_colour(window):
        return BINARY
    counts = np.bincount(np.frombuffer(window, np.uint8), minlength=256)
    controls = int(counts[:32].sum() - counts[[9, 10, 12, 13, 27]].sum())
    if controls <= _CONTROLS * len(window) and (
        is_readable(counts, len(window)) or _is_foreign(window, counts, controls)
    ):
        return TEXT
    return PACKED if unevenness_of(counts, len(window)) < UNEVEN else BINARY


def _is_foreign(window: bytes, counts: NDArray[np.int64], controls: int) -> bool:
    """Text of a script whose characters are above 127: UTF-8, or no control character at all and lines."""
    if is_utf8(window):
        return True
    spaces = int(counts[[10, 13, 32]].sum())
    return controls == 0 and min(int(counts[10]), spaces - int(counts[10])) >= _LINES * len(window)


def features_of(windows: Sequence[bytes], kind: str) -> NDArray[np.float32]:
    """float32 [B, HISTOGRAMS[kind] + MEASURES[kind]] of windows of that kind, of SHORTEST to WINDOW bytes."""
    histogram = HISTOGRAMS[kind]
    rows = np.empty((len(windows), histogram + MEASURES[kind]), np.float32)
    for row, window in zip(rows, windows, strict=True):
        data = np.frombuffer(window, np.uint8)
        buckets = buckets_of(data, GRAMS if kind == BINARY else GRAMS[:1])
        row[:histogram] = np.sqrt(np.bincount(buckets, minlength=histogram) / len(data))
        row[histogram:] = _measures_of(window, data, kind)
    return rows


def _measures_of(window: bytes, data: NDArray[np.uint8], kind: str) -> NDArray[np.float32]:
    """Each about -1 to 3."""
    parts: list[NDArray[Any]] = [
        general_of(data, np.bincount(data, minlength=256)),
        columns_of(data),
        frames_of(window, data),
        np.array(_after_255(data[1:][data[:-1] == 255])),
    ]
    if kind == PACKED:
        parts.append(patterns_of(data))
    return np.concatenate(parts).astype(np.float32)


def _after_255(after: NDArray[np.uint8]) -> tuple[float, float]:
    """How unlikely it is to be chance that all bytes behind a 255 are those of JPEG, and those of JPEG 2000.

    JPEG has 0 or a restart marker there, arithmetic coders of JPEG 2000 nothing above 143.
    """
    stuffed = (after == 0) | ((after & 0xF8) == 0xD0)
    low = after <= 143
    return float(stuffed.all()) * (1 - (9 / 256) ** len(after)), float(low.all()) * (1 - (144 / 256) ** len(after))
