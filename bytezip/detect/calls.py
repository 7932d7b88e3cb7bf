"""Machine code, told by what it calls: from several places the same one, each said as a distance from there.

Numbers that say distances do not agree on where they lead to, unless they are what they seem. For x86 a call is the
byte E8 and 32 bits behind it (Intel, Software Developer's Manual, 2A, CALL); for ARM of 64 bits a word, of which six
bits say BL and 26 how many words to go (Arm, Architecture Reference Manual, C6.2.34).

Knows: two kinds of calls.  Does not know: programs' headers, files, other witnesses.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

_MOST = 4096  # bytes that are looked at
_AGREE = 2  # calls that lead to where one before them does
_FAR, _NEAR = 1 << 24, 16  # bytes; a table of small numbers leads nowhere far
_CALL, _LINK = 0xE8, 0b100101
# The highest bytes of the words that most of ARM's code is: moves, sums, loads, stores, branches, comparisons.
_USUAL = np.isin(np.arange(256), [0x0A, 0x11, 0x14, 0x17, 0x2A, 0x34, 0x35, 0x36, 0x37, 0x38, 0x39, 0x52, 0x54, 0x6B,
    0x71, 0x91, 0x94, 0x97, 0xA8, 0xA9, 0xAA, 0xB0, 0x90, 0xB4, 0xB5, 0xB8, 0xB9, 0xCB, 0xD0, 0xD1, 0xD2, 0xD6, 0xEB,
    0xF0, 0xF1, 0xF8, 0xF9])  # fmt: skip
_MOST_OF_IT = 0.6


def are_calls(data: bytes) -> bool:
    """Whether a piece of data from anywhere calls some places more than once."""
    piece = np.frombuffer(data[:_MOST], np.uint8)
    return _of_x86(piece) or any(_of_arm(data[phase:_MOST]) for phase in range(4))


def _of_x86(piece: NDArray[np.uint8]) -> bool:
    at = np.flatnonzero(piece[:-4] == _CALL)
    bytes_behind = piece[at[:, None] + np.arange(1, 5)]  # [calls, 4]
    distance = bytes_behind.copy().view("<i4")[:, 0].astype(np.int64)
    return _agree(at, distance)


def _of_arm(data: bytes) -> bool:
    words = np.frombuffer(data, "<u4", len(data) // 4)
    at = np.flatnonzero(words >> 26 == _LINK)
    if len(at) <= _AGREE or _USUAL[words >> 24].mean() < _MOST_OF_IT:
        return False
    distance = (words[at] << 6).view(np.int32).astype(np.int64) >> 6
    return _agree(4 * at, 4 * distance)


def _agree(at: NDArray[np.int64], distance: NDArray[np.int64]) -> bool:
    near = (np.abs(distance) > _NEAR) & (np.abs(distance) < _FAR)
    targets = (at + distance)[near]
    return len(targets) - len(np.unique(targets)) >= _AGREE
