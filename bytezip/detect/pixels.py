"""Pixels of three or four bytes, told by each colour being near that of the pixel before, and far from the other ones.

Numbers of as many bytes are not so: their lowest bytes are as good as chance, and their highest nearly all the same.
Of 394 windows of 512 and 4,096 bytes of the training side that are no text and pass, 12 were of no picture.

Knows: bytes, numpy.  Does not know: formats, other witnesses.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

_MOST = 4096  # bytes that are looked at
_WIDTHS = (3, 4)
_OTHERS = (1, 2, 5, 7)  # bytes apart, at which a colour meets another one
_NEAR = 0.35  # of their distance
_LEAST = 8.0  # of it; below, all colours are alike, and so is any width
_VALUES = 8  # that each of three colours takes
_LEADS = 0.8  # share of bytes that begin a character of three in UTF-8, from which on it is text


def are_colours(data: bytes) -> bool:
    """Whether a piece of data from anywhere is of pixels of several colours."""
    piece = np.frombuffer(data[:_MOST], np.uint8).astype(np.int16)
    if len(piece) < 64:
        return False
    other = min(_distances(piece, apart).mean() for apart in _OTHERS)
    return other >= _LEAST and any(_are_of(piece, width, _NEAR * other) for width in _WIDTHS)


def _distances(piece: NDArray[np.int16], apart: int) -> NDArray[np.int16]:
    """Between bytes so far apart, the shorter way round."""
    distances = np.abs(piece[apart:] - piece[:-apart])
    return np.asarray(np.minimum(distances, 256 - distances), np.int16)


def _are_of(piece: NDArray[np.int16], width: int, near: float) -> bool:
    distances = _distances(piece, width)
    by_colour = distances[: len(distances) // width * width].reshape(-1, width).mean(0)
    if by_colour.max() > near:
        return False
    colours = piece[: len(piece) // width * width].reshape(-1, width).T
    varied = sum(len(np.unique(colour)) >= _VALUES for colour in colours)
    leads = ((colours >= 0xE0) & (colours < 0xF0)).mean(1).max()
    return varied >= min(_WIDTHS) and bool(leads < _LEADS)
