"""Windows of 32 bytes that two sets of files have in common: hashed, looked up, and then compared byte by byte.

A window's 64-bit hash is folded in five doublings (1, 2, 4 ... 32 bytes), so each costs five multiplications in numpy
whatever its place. All windows of the smaller set are held sorted; a bitmap of hashes in front of them turns nearly
every window of the larger set away without a search. Hash collisions are told from matches by the bytes themselves.

Knows: bytes and arrays.  Does not know: where the files come from, what is done about a match.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import numpy.typing as npt

WIDTH = 32  # bytes of a window
TRIVIAL = 8  # fewer different byte values than this in a window say nothing about where it comes from
PIECE = 4 << 20  # bytes looked at together: bounds the memory
_BITMAP_BITS = 30  # of the hash: 128 MiB, of which 27 MB of windows set one bit in forty
_MIX = np.uint64(0x9E3779B97F4A7C15)  # 2^64 over the golden ratio, made odd

Bytes = npt.NDArray[np.uint8]
Hashes = npt.NDArray[np.uint64]
Mask = npt.NDArray[np.bool_]


def hashes(data: Bytes) -> Hashes:
    """Hash of the window that begins at each byte; (n,) uint8 -> (n - 31,) uint64, empty for n < 32."""
    folded = (data.astype(np.uint64) + np.uint64(1)) * _MIX
    width = 1
    while width < WIDTH:
        folded = _fold(folded[:-width], folded[width:]) if len(folded) > width else folded[:0]
        width *= 2
    return folded


def _fold(left: Hashes, right: Hashes) -> Hashes:
    mixed = (left ^ (left >> np.uint64(29))) * _MIX
    mixed += right
    mixed ^= mixed >> np.uint64(32)
    return mixed * _MIX


def windows(data: Bytes, places: npt.NDArray[np.int64]) -> npt.NDArray[np.uint8]:
    """The windows that begin at `places`: (k,) -> (k, 32)."""
    return np.asarray(data[places[:, None] + np.arange(WIDTH)])


def trivial(rows: npt.NDArray[np.uint8]) -> Mask:
    """Which windows, (k, 32), hold fewer than TRIVIAL different values."""
    ordered = np.sort(rows, axis=1)
    return np.asarray(1 + np.count_nonzero(ordered[:, 1:] != ordered[:, :-1], axis=1) < TRIVIAL)


@dataclass(frozen=True)
class Matches:
    """What one piece shares with the index. places: (k,) starts in the piece; owners: (k,) indices of files."""

    places: npt.NDArray[np.int64]
    owners: npt.NDArray[np.int64]
    trivial: Mask


class Index:
    """All windows of some files; about 17 bytes of memory for each of their bytes.

    Raises:
        OSError: where a file cannot be read.
    """

    def __init__(self, files: Sequence[Path]) -> None:
        contents = [np.fromfile(file, np.uint8) for file in files]
        self._data = np.concatenate([*contents, np.zeros(0, np.uint8)])
        self._ends = np.cumsum([len(content) for content in contents], dtype=np.int64)
        found = hashes(self._data)
        places = np.flatnonzero(self._inside_one_file(np.arange(len(found))))
        unique, first = np.unique(found[places], return_index=True)
        self._hashes, self._places = unique, places[first].astype(np.int64)
        self._seen = np.zeros(len(unique), np.bool_)
        self._bitmap = np.zeros(1 << (_BITMAP_BITS - 3), np.uint8)
        np.bitwise_or.at(self._bitmap, *_bits(unique))

    def _inside_one_file(self, places: npt.NDArray[np.int64]) -> Mask:
        ends = self._ends[np.searchsorted(self._ends, places, side="right")] if len(places) else places
        return np.asarray(places + WIDTH <= ends)

    def find(self, data: Bytes) -> Matches:
        """Where `data` holds a window of the index; each such window counts as seen from then on."""
        found = hashes(data)
        byte, bit = _bits(found)
        places = np.flatnonzero(self._bitmap[byte] & bit)
        ranks = np.searchsorted(self._hashes, found[places])
        ranks[ranks == len(self._hashes)] = 0
        rows = windows(data, places)
        equal = (rows == windows(self._data, self._places[ranks])).all(axis=1) if len(self._hashes) else ranks < 0
        self._seen[ranks[equal]] = True
        owners = np.searchsorted(self._ends, self._places[ranks[equal]], side="right")
        return Matches(places[equal], owners, trivial(rows[equal]))

    def seen(self, data: Bytes) -> Iterator[tuple[int, int]]:
        """For a file of the index: how many windows were seen, (telling, trivial), piece by piece."""
        for piece in pieces(data):
            places = np.flatnonzero(self._seen[np.searchsorted(self._hashes, hashes(piece))])
            dull = int(np.count_nonzero(trivial(windows(piece, places))))
            yield len(places) - dull, dull


def pieces(data: Bytes) -> Iterator[Bytes]:
    """`data` in pieces that overlap so that each window stands in exactly one."""
    for start in range(0, max(len(data) - WIDTH + 1, 0), PIECE):
        yield data[start : start + PIECE + WIDTH - 1]


def _bits(found: Hashes) -> tuple[npt.NDArray[np.int64], npt.NDArray[np.uint8]]:
    """The byte of the bitmap for each hash, and the bit in it."""
    top = found >> np.uint64(64 - _BITMAP_BITS)
    return (top >> np.uint64(3)).astype(np.int64), np.left_shift(1, top & np.uint64(7)).astype(np.uint8)
