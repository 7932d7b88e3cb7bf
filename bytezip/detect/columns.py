"""What gives numbers, samples, pixels and records away: how bytes relate to those a fixed distance before them.

All of it is the same wherever a window begins within a number or a row: columns are turned so that the steady ones
come first, and words are taken at the phase at which they are the smoothest.

Knows: bytes, numpy.  Does not know: labels, other features.
"""

from __future__ import annotations

from functools import cache

import numpy as np
from numpy.typing import NDArray

_STRIDES = (8, 4, 2)  # bytes of a number; sums of the columns of the first make the others
_TRIPLE = 3  # bytes of a pixel, or of a sample of 24 bits
_FLOOR = 1 / 512  # of a chance of two equal bytes: twice as even as noise
_LONGEST = 128  # bytes of a record that is looked for
_SHORTEST_RECORD = 5
_SHORTEST_ROW = 24  # bytes
_ROUGH, _SMOOTH = 1.0, -3.0  # of logarithms of what neighbours leave of a spread
COLUMNS = sum(_STRIDES) + _TRIPLE + 5 + 3 + 4 * 3 + 2 * 2 + 4 * 3


def columns_of(data: NDArray[np.uint8]) -> NDArray[np.float64]:
    """float64 [COLUMNS], each about -1 to 2, of uint8 [N], N >= 16."""
    return np.concatenate([_evenness(data), _record(data), _row(data), _samples(data), _words(data)])


def _evenness(data: NDArray[np.uint8]) -> NDArray[np.float64]:
    """Bits of collision entropy of each column, an eighth of them, from the one on that falls most below its left."""
    widest = _STRIDES[0]
    counts = np.bincount(_places(len(data), widest) + data, minlength=256 * widest).reshape(widest, 256)
    parts = []
    for stride in _STRIDES:
        parts.append(_turned(counts.reshape(-1, stride, 256).sum(0)))
    triple = np.bincount(_places(len(data), _TRIPLE) + data, minlength=256 * _TRIPLE).reshape(_TRIPLE, 256)
    return np.concatenate([*parts, _turned(triple)])


@cache
def _places(size: int, stride: int) -> NDArray[np.int64]:
    return np.arange(size, dtype=np.int64) % stride * 256


def _turned(counts: NDArray[np.int64]) -> NDArray[np.float64]:
    totals = counts.sum(1)
    equal = ((counts * counts).sum(1) - totals) / np.maximum(totals * (totals - 1), 1)
    bits = -np.log2(np.maximum(equal, _FLOOR)) / 8
    return np.roll(bits, -int((np.roll(bits, 1) - bits).argmax()))


def _record(data: NDArray[np.uint8]) -> NDArray[np.float64]:
    """How many bytes are as a record before, beyond chance, at the best length, and what that length is."""
    chance = float(((np.bincount(data, minlength=256) / len(data)) ** 2).sum())
    last = min(_LONGEST, len(data) // 3)
    equal = [int(np.count_nonzero(data[lag:] == data[:-lag])) / (len(data) - lag) for lag in range(1, last + 1)]
    far = equal[_SHORTEST_RECORD - 1 :]
    lag = _SHORTEST_RECORD + int(np.argmax(far)) if far else 1
    best = max(far, default=0.0)
    return np.array([best - chance, best - float(np.median(equal)), np.log2(lag) / 7, float(lag % 4 == 0), chance])


def _row(data: NDArray[np.uint8]) -> NDArray[np.float64]:
    """The highest correlation with bytes at least a row before, how far before, and that of neighbours."""
    centred = data - data.mean()
    power = float((centred * centred).sum())
    if power == 0:
        return np.zeros(3)
    spectrum = np.fft.rfft(centred, 2 * len(data))
    shared = np.fft.irfft(np.abs(spectrum) ** 2)[: len(data)] / power
    last = len(data) * 2 // 3
    far = shared[_SHORTEST_ROW:last] * len(data) / (len(data) - np.arange(_SHORTEST_ROW, last))
    if len(far) == 0:
        return np.zeros(3)
    lag = int(far.argmax())
    return np.array([min(float(far[lag]), 1.5), np.log2(lag + _SHORTEST_ROW) / 12, float(shared[1])])


def _samples(data: NDArray[np.uint8]) -> NDArray[np.float64]:
    """How smooth it is as numbers of 16 and 24 bits in both orders: to the next, to the one after, and bent."""
    wide = data.astype(np.int32)
    first, second, third = wide[:-2], wide[1:-1], wide[2:]
    ways = (
        ((second ^ 128) << 8 | first, 2, 1 << 15),
        ((first ^ 128) << 8 | second, 2, 1 << 15),
        ((third ^ 128) << 16 | second << 8 | first, 3, 1 << 23),
        ((first ^ 128) << 16 | second << 8 | third, 3, 1 << 23),
    )
    return np.concatenate([_smoothness((values - half).astype(np.float32), size) for values, size, half in ways])


def _smoothness(values: NDArray[np.float32], size: int) -> NDArray[np.float64]:
    """Logarithms of the mean change, a third of them, relative to the spread, each at its best phase."""
    if len(values) < 8 * size:
        return np.zeros(3)
    spread = _means(values - values.mean(), size) + 1e-9
    steps = values[size:] - values[:-size]
    changes = (steps, values[2 * size :] - values[: -2 * size], steps[size:] - steps[:-size])
    least = [float((_means(change, size) / spread).min()) for change in changes]
    return np.clip(np.log2(np.array(least) + 1e-3) / 3, _SMOOTH, _ROUGH)


def _means(values: NDArray[np.float32], size: int) -> NDArray[np.float32]:
    """Of the absolute values, by phase: float32 [size]."""
    rows = np.abs(values[: len(values) // size * size]).reshape(-1, size)
    return np.asarray(np.einsum("np->p", rows) / len(rows), np.float32)


def _words(data: NDArray[np.uint8]) -> NDArray[np.float64]:
    """Of words of 32 bits: shares that rise, that rise by what the one before rose, and at all phases those near 0.

    What rises is an index or offsets; what is near 0 are small numbers.
    """
    cut = data[: len(data) - 3 & ~3]
    parts, small = [], []
    for order in ("<u4", ">u4"):
        rows = [data[phase : phase + len(cut)].view(order).astype(np.int64) for phase in range(4)]
        steps = [np.diff(row) for row in rows]
        rising = [float(((step > 0) & (step < 1 << 16)).mean()) for step in steps]
        regular = [float((step[1:] == step[:-1]).mean()) for step in steps]
        parts += [max(rising), max(regular)]
        small.append([float(((row > 0) & (row < 1 << 16)).mean()) for row in rows])
    little, big = (_down(shares) for shares in small)
    floats = [float(((data[phase::4] & 0x7F) - 0x38 < 16).mean()) for phase in range(4)]
    return np.concatenate([parts, little, big, _down(floats)])


def _down(shares: list[float]) -> NDArray[np.float64]:
    """Turned so that the largest comes first."""
    return np.roll(np.array(shares), -int(np.argmax(shares)))
