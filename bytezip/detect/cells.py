"""Rows of a SQLite table, told by sizes that agree: each row says twice how long it is.

A cell of a leaf is the size of its record, the row's number, and the record: the size of its header, a type for each
column, each of which says how many bytes its value takes, and the values (SQLite, Database File Format, 1.6 and 2.1).
Header and values together must be as long as was said in front, and where a cell ends another one begins.

Knows: the layout of cells.  Does not know: pages, files, other witnesses.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

_MOST = 4096  # bytes that are looked at
_WIDEST = 100  # bytes of a header
_NO_TYPE = 1 << 15  # bytes of a value of a type that there is not: more than two bytes can say of a record
_ROW_NUMBERS = 4  # bytes of a row's number, at most
_NEAR = 64  # numbers of rows that follow one another; some were deleted
_NUMBERS = (0, 1, 2, 3, 4, 6, 8, 8, 0, 0, _NO_TYPE, _NO_TYPE)  # bytes of a value by its type
_OF_ONE = np.array([*_NUMBERS, *((kind - 12) // 2 for kind in range(12, 128)), *[0] * 128], np.int32)  # in one byte


def are_cells(data: bytes) -> bool:
    """Whether a piece of data from anywhere holds three rows that follow one another, as do their numbers."""
    piece = np.frombuffer(data[:_MOST], np.uint8).astype(np.int32)
    if len(piece) < 32:
        return False
    cells = {start: (end, row) for start, end, row in _cells(piece)}
    steps = {start: _step(cells, start) for start in cells}
    return any(step and steps.get(cells[start][0], 0) * step > 0 for start, step in steps.items())


def _step(cells: dict[int, tuple[int, int]], start: int) -> int:
    """By how much the number of the row behind is greater; 0 where there is none, or one far off."""
    end, row = cells[start]
    step = cells[end][1] - row if end in cells else 0
    return step if abs(step) <= _NEAR else 0


def _cells(piece: NDArray[np.int32]) -> list[tuple[int, int, int]]:
    """Where those begin and end whose sizes agree, and that have a value, and the number of the row."""
    sizes = np.cumsum(_values(piece))
    header = np.flatnonzero((piece >= 2) & (piece <= _WIDEST))
    header = header[(header > _ROW_NUMBERS + 1) & (header + piece[header] <= len(piece))]
    last = header + piece[header] - 1
    values = sizes[last] - sizes[header]
    fits = (values > 0) & (values < _NO_TYPE) & (piece[last] < 128) & (piece[header - 1] < 128)
    header, record = header[fits], piece[header[fits]] + values[fits]
    row = np.zeros(len(header), np.int64)
    found: list[tuple[int, int, int]] = []
    for digits in range(1, _ROW_NUMBERS + 1):
        row += (piece[header - digits] & 127).astype(np.int64) << 7 * (digits - 1)
        said, longer = piece[header - digits - 1], piece[header - digits - 2]
        short = (said < 128) & (said == record)
        long = (said < 128) & (longer >= 128) & ((longer & 127) << 7 | said == record)
        for fits, before in ((short, digits + 1), (long, digits + 2)):
            found += zip(
                (header[fits] - before).tolist(), (header + record)[fits].tolist(), row[fits].tolist(), strict=True
            )
        more = said >= 128  # one more byte of the row's number
        header, record, row = header[more], record[more], row[more]
    return found


def _values(piece: NDArray[np.int32]) -> NDArray[np.int32]:
    """How many bytes the value takes whose type ends here, in one byte or two; 0 where none ends."""
    sizes = _OF_ONE[piece]
    second = np.flatnonzero((piece[:-1] >= 128) & (piece[1:] < 128)) + 1
    sizes[second] = np.maximum(((piece[second - 1] & 127) << 7 | piece[second]) - 12, 0) >> 1
    return sizes
