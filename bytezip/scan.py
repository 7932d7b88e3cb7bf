"""The places of a file that its predictor did not expect: lines of text, or windows of anything else.

What each byte costs (`surprise.py`) is summed up by place; a place is unusual where a byte of it costs much more than
in most places of the same data. The distance is counted in robust standard deviations (median and median absolute
deviation: Iglewicz and Hoaglin 1993), since what is looked for must not blur the measure.

Knows: costs, lines, windows.  Does not know: predictors, files, what is printed.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from bytezip.levels import text_share
from bytezip.surprise import surprise

WINDOW = 256  # bytes of a place in data that is no text
LONGEST_LINE = 1024  # bytes: what is longer is several places
_DOUBT = 16  # bytes at the usual cost that each place is given besides: a short one says little
_LEAST_SPREAD = 0.05  # bits per byte: where nearly all places cost the same, a bit more is no wonder
_OF_NORMAL = 1.4826  # standard deviations of a normal distribution in one median absolute deviation


@dataclass(frozen=True)
class Anomaly:
    """A place and how unusual it is.

    offset, size: bytes. line: its number from 1 on where places are lines, else None.
    bits_per_byte: what its bytes cost. score: robust standard deviations above the median of all places.
    """

    offset: int
    size: int
    line: int | None
    bits_per_byte: float
    score: float


def find_anomalies(data: bytes, *, top: int = 10, window: int | None = None, **predictor: Any) -> list[Anomaly]:
    """The most unusual places of some data, in the order in which they stand there.

    Args:
        top, window: see `most_unusual`.
        predictor: `known`, `model` and the other arguments of `surprise`.

    Raises:
        ValueError: where a number is below 1.
        ModelError, EngineError: as `surprise`.
    """
    return most_unusual(data, surprise(data, **predictor), top, window)


def most_unusual(data: bytes, costs: NDArray[np.float32], top: int, window: int | None = None) -> list[Anomaly]:
    """The places whose bytes cost much more than those of most others, in the order in which they stand there.

    Args:
        costs: bits of each byte, [len(data)].
        top: how many places, 1 or more; fewer where there are fewer.
        window: bytes of a place. None takes lines where the data is text (those of more than LONGEST_LINE bytes in
            pieces), else WINDOW.

    Raises:
        ValueError: where a number is below 1.
    """
    if top < 1 or (window is not None and window < 1):
        raise ValueError("top and window must be 1 or more")
    if not data:
        return []
    by_line = window is None and text_share(data) > 1 / 2
    starts = np.array(list(_lines(data)) if by_line else range(0, len(data), window or WINDOW))
    sizes = np.diff(starts, append=len(data))
    bits = np.add.reduceat(costs, starts, dtype=np.float64)
    scores = unusual(bits, sizes)
    line_ends = np.flatnonzero(np.frombuffer(data, np.uint8) == ord("\n"))
    return [
        Anomaly(
            offset=int(starts[place]),
            size=int(sizes[place]),
            line=1 + int(np.searchsorted(line_ends, starts[place])) if by_line else None,
            bits_per_byte=round(float(bits[place] / sizes[place]), 4),
            score=round(float(scores[place]), 2),
        )
        for place in sorted(np.argsort(-scores, kind="stable")[:top])
    ]


def unusual(bits: NDArray[np.float64], sizes: NDArray[np.int64]) -> NDArray[np.float64]:
    """Robust standard deviations of each place's cost of a byte above the median: float64 [P].

    Args:
        bits: what each place costs, [P].
        sizes: bytes of each place, [P], above 0.
    """
    usual = np.median(bits / sizes)
    cost = (bits + _DOUBT * usual) / (sizes + _DOUBT)
    median = np.median(cost)
    spread = _OF_NORMAL * np.median(np.abs(cost - median))
    scores: NDArray[np.float64] = (cost - median) / max(spread, _LEAST_SPREAD)
    return scores


def _lines(data: bytes) -> Iterator[int]:
    """Where each line begins, and each further piece of a long one."""
    start = 0
    while start < len(data):
        yield start
        end = data.find(b"\n", start, start + LONGEST_LINE)
        start = start + LONGEST_LINE if end < 0 else end + 1
