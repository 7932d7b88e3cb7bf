"""Numbers of four or eight bytes in data that looks packed: one byte of each is of few values, the others are chance.

The byte is that of the sign and of the exponent of IEEE 754, whose highest bits are alike in numbers of one size; the
lowest bytes of a fraction look like noise.

Knows: bytes, numpy.  Does not know: formats, other witnesses.
"""

from __future__ import annotations

import numpy as np

_WIDTH = 8  # bytes of a number, or of two
_LEAST = 32  # of these, to tell by
_ALIKE, _BESIDE = 8.0, 4.0  # times as often as chance, and as in other places but one, two bytes are the same
_CHANCE = 1.9  # up to so many times as often it may still be chance


def are_doubles(data: bytes) -> bool:
    """Whether packed data from anywhere is numbers of a sign, an exponent and a fraction."""
    count = len(data) // _WIDTH
    if count < _LEAST:
        return False
    places = np.frombuffer(data[: count * _WIDTH], np.uint8).reshape(count, _WIDTH) + np.arange(_WIDTH) * 256
    counts = np.bincount(places.ravel(), minlength=256 * _WIDTH).reshape(_WIDTH, 256)
    often = np.sort((counts * counts).sum(1) - count) * (256 / (count * (count - 1)))
    return bool(often[4] < _CHANCE and often[7] > _ALIKE and often[7] > _BESIDE * often[5])
