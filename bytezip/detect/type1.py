"""The encrypted part of a Type 1 font, told by breaking its cipher.

Such a part looks like noise. But its state has 16 bits, and each byte of plain text shows eight of them (Adobe Type 1
Font Format, 1990, chapter 7): where four bytes were ` RD ` or ` -| `, as before each glyph, there is one state or two
by which they can have been, and all that follows can be read with it.

Knows: the cipher.  Does not know: files, other witnesses.
"""

from __future__ import annotations

from functools import cache

import numpy as np
from numpy.typing import NDArray

_FACTOR, _ADDED = 52845, 22719
_MARKS = (b" RD ", b" -| ")  # between the length of a glyph and the glyph
_READ = 640  # bytes in which marks are looked for
_MOST = 3  # states with the same highest bytes here and at the next byte
_DIGITS = 4  # of a length, at most
_BEHIND = (b" ND", b" NP", b" no", b" |-", b" |\n", b" |\r", b"ND\n", b"NP\n", b"|-\n", b"|\n/", b"noa")


def is_eexec(data: bytes) -> bool:
    """Whether a piece of data from anywhere is of the encrypted part of a font: a length, and a glyph behind it."""
    piece = np.frombuffer(data[:_READ], np.uint8).astype(np.int64)
    if len(piece) < 32:
        return False
    return any(_is_glyph(data, place, state, mark) for mark in _MARKS for place, state in _states(piece, mark))


def _states(piece: NDArray[np.int64], mark: bytes) -> list[tuple[int, int]]:
    """Places at which the mark may stand, and the state of the cipher there by which it does."""
    high = [piece[at : len(piece) - 3 + at] ^ mark[at] for at in range(4)]
    lowest = (high[0] << 8) + piece[:-3]  # the state plus the byte, its lower half being 0
    first = np.searchsorted(_by_next_high(), (high[1] << 16) + lowest)
    found = []
    for more in range(_MOST):
        entry = _by_next_high()[np.minimum(first + more, 0xFFFF)]
        sums = entry & 0xFFFF
        fits = (entry >> 16 == high[1]) & (sums - lowest < 256)
        second = _after(sums)
        third = _after(second + piece[1:-2])
        fits &= (third >> 8 == high[2]) & (_after(third + piece[2:-1]) >> 8 == high[3])
        found += [(int(at), int(sums[at] - piece[at])) for at in np.flatnonzero(fits)]
    return found


@cache
def _by_next_high() -> NDArray[np.int64]:
    """int64 [65536]: sums of a state and a byte by the highest byte of the state that they lead to, with that byte."""
    sums = np.arange(1 << 16)
    return np.sort((_after(sums) >> 8 << 16) + sums)


def _after(sums: NDArray[np.int64]) -> NDArray[np.int64]:
    return (sums * _FACTOR + _ADDED) & 0xFFFF


def _is_glyph(data: bytes, place: int, state: int, mark: bytes) -> bool:
    """Whether a number stands before the mark, and behind so many bytes what ends a glyph, where that is in sight."""
    number = _before(data, place, state)
    if number is None:
        return False
    end = place + len(mark) + number
    behind = _plain(data[place : end + 3], state)[end - place :]
    return len(behind) < 3 or behind in _BEHIND


def _before(data: bytes, place: int, state: int) -> int | None:
    """The number that ends before `place`, a blank before it."""
    digits = b""
    inverse = pow(_FACTOR, -1, 1 << 16)
    for at in range(place - 1, max(-1, place - 2 - _DIGITS), -1):
        state = ((state - _ADDED) * inverse - data[at]) & 0xFFFF
        plain = bytes([data[at] ^ state >> 8])
        if plain == b" " and digits:
            return int(digits)
        if not plain.isdigit():
            return None
        digits = plain + digits
    return None


def _plain(data: bytes, state: int) -> bytes:
    plain = bytearray()
    for byte in data:
        plain.append(byte ^ state >> 8)
        state = ((state + byte) * _FACTOR + _ADDED) & 0xFFFF
    return bytes(plain)
