"""What gives numbers, samples, pixels and records away: how bytes relate to those a fixed distance before them.

All of it is the same wherever a window begins within a number or a row: columns are turned so that the steady ones
come first, and words are taken at the phase at which they are the smoothest.

Knows: bytes, numpy.  Does not know: labels.
"""

from __future__ import annotations

from functools import cache

import numpy as np
from numpy.typing import NDArray

from bytezip.detect.features import share_of

_STRIDES = (8, 4, 2)  # bytes of a number; sums of the columns of the first make the others
_TRIPLE = 3  # bytes of a pixel, or of a sample of 24 bits
_FLOOR = 1 / 512  # of a chance of two equal bytes: twice as even as noise
_LONGEST = 128  # bytes of a record that is looked for
_SHORTEST_RECORD = 5
_SHORTEST_ROW = 24  # bytes
_ROW = 256  # bytes that are summed side by side
_NEAR = 1 << 16  # a small word, a small step
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
    return _from(bits, int((_from(bits, -1) - bits).argmax()))


def _record(data: NDArray[np.uint8]) -> NDArray[np.float64]:
    """How many bytes are as a record before, beyond chance, at the best length, and what that length is."""
    chance = float(((np.bincount(data, minlength=256) / len(data)) ** 2).sum())
    last = min(_LONGEST, len(data) // 3)
    equal = _equal(data, last) / (len(data) - np.arange(1, last + 1))
    far = equal[_SHORTEST_RECORD - 1 :]
    lag = _SHORTEST_RECORD + int(far.argmax()) if len(far) else 1
    best = float(far.max(initial=0.0))
    return np.array([best - chance, best - _median(equal), np.log2(lag) / 7, float(lag % 4 == 0), chance])


def _equal(data: NDArray[np.uint8], last: int) -> NDArray[np.int64]:
    """How many bytes are as the one `lag` before, by lag from 1 to `last`: int64 [last], of at most 65,280 bytes.

    All lags at once, and in sums of a byte each: 255 rows at most.
    """
    rows = -(-len(data) // _ROW)
    padded = np.zeros(rows * _ROW + last, np.uint8)
    padded[: len(data)] = data
    shifted = np.lib.stride_tricks.as_strided(padded[1:], (last, rows * _ROW), (1, 1), writeable=False)
    same = (shifted == padded[: rows * _ROW]).view(np.uint8)
    same[:, len(data) :] = 0
    tail = len(data) - last
    same[:, tail : len(data)] &= _triangle(last)
    return np.asarray(np.add.reduce(same.reshape(last, rows, _ROW), 1, np.uint8).sum(1, np.int64))


@cache
def _triangle(size: int) -> NDArray[np.uint8]:
    """Which of the last `size` bytes have one so far behind them: uint8 [lag - 1, byte]."""
    return np.asarray(np.tri(size, dtype=np.uint8)[:, ::-1] ^ 1, np.uint8)


def _median(values: NDArray[np.float64]) -> float:
    middle = np.sort(values)[(len(values) - 1) // 2 : len(values) // 2 + 1]
    return float(middle.sum() / len(middle))


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
    doubles = np.stack([(second ^ 128) << 8 | first, (first ^ 128) << 8 | second]) - (1 << 15)
    inner = second << 8
    triples = np.stack([(third ^ 128) << 16 | inner | first, (first ^ 128) << 16 | inner | third]) - (1 << 23)
    parts = [_smoothness(values.astype(np.float32), size) for values, size in ((doubles, 2), (triples, 3))]
    return np.concatenate(parts, axis=None)


def _smoothness(values: NDArray[np.float32], size: int) -> NDArray[np.float64]:
    """float64 [2, 3]: logarithms of the mean change, a third of it, relative to the spread, at its best phase."""
    if values.shape[1] < 8 * size:
        return np.zeros((2, 3))
    spread = _means(values - values.mean(1, keepdims=True), size) + 1e-9
    steps = values[:, size:] - values[:, :-size]
    changes = (steps, values[:, 2 * size :] - values[:, : -2 * size], steps[:, size:] - steps[:, :-size])
    least = [(_means(change, size) / spread).min(1).astype(np.float64) for change in changes]
    return np.clip(np.log2(np.stack(least, 1) + 1e-3) / 3, _SMOOTH, _ROUGH)


def _means(values: NDArray[np.float32], size: int) -> NDArray[np.float32]:
    """Of the absolute values, by phase: float32 [2, size]."""
    count = values.shape[1] // size
    rows = np.abs(values[:, : count * size]).reshape(2, count, size)
    return np.asarray(np.einsum("wnp->wp", rows) / count, np.float32)


def _words(data: NDArray[np.uint8]) -> NDArray[np.float64]:
    """Of words of 32 bits: shares that rise, that rise by what the one before rose, and at all phases those near 0.

    What rises is an index or offsets; what is near 0 are small numbers.
    """
    size = len(data) - 3 & ~3
    phases = [np.ascontiguousarray(data[phase : phase + size]).view("<u4") for phase in range(4)]
    parts, small = [], []
    for rows in (phases, [row.byteswap() for row in phases]):
        rising, regular = zip(*(_steps(row) for row in rows), strict=True)
        parts += [max(rising), max(regular)]
        small.append([share_of(row - 1 < _NEAR - 1) for row in rows])
    little, big = (_down(shares) for shares in small)
    usual = (data & 0x7F) - 0x38 < 16
    floats = [share_of(usual[phase::4]) for phase in range(4)]
    return np.concatenate([parts, little, big, _down(floats)])


def _steps(words: NDArray[np.uint32]) -> tuple[float, float]:
    """Shares of words that rise by less than `_NEAR`, and that change by what the one before did; differences wrap."""
    steps = words[1:] - words[:-1]
    up = words[1:] > words[:-1]
    same = (steps[1:] == steps[:-1]) & (up[1:] == up[:-1])
    return share_of(up & (steps < _NEAR)), share_of(same)


def _down(shares: list[float]) -> NDArray[np.float64]:
    """Turned so that the largest comes first."""
    return _from(np.array(shares), int(np.argmax(shares)))


def _from(values: NDArray[np.float64], first: int) -> NDArray[np.float64]:
    """Turned so that that one comes first."""
    return np.concatenate([values[first:], values[:first]])
