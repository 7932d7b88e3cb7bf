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
_PROOF = 2  # cells that are followed by another one
_NUMBERS = np.array([0, 1, 2, 3, 4, 6, 8, 8, 0, 0, _NO_TYPE, _NO_TYPE], np.int32)  # bytes of a value by its type


def are_cells(data: bytes) -> bool:
    """Whether a piece of data from anywhere holds rows that follow one another."""
    piece = np.frombuffer(data[:_MOST], np.uint8).astype(np.int32)
    if len(piece) < 32:
        return False
    starts, ends = _cells(piece)
    return len(set(starts.tolist()) & set(ends.tolist())) >= _PROOF


def _cells(piece: NDArray[np.int32]) -> tuple[NDArray[np.int64], NDArray[np.int64]]:
    """Where those begin and end whose sizes agree, and that have a value."""
    sizes = np.cumsum(_values(piece))
    header = np.flatnonzero((piece >= 2) & (piece <= _WIDEST))
    header = header[(header > _ROW_NUMBERS + 1) & (header + piece[header] <= len(piece))]
    last = header + piece[header] - 1
    values = sizes[last] - sizes[header]
    fits = (values > 0) & (values < _NO_TYPE) & (piece[last] < 128) & (piece[header - 1] < 128)
    header, record = header[fits], piece[header[fits]] + values[fits]
    starts, ends = [], []
    for digits in range(1, _ROW_NUMBERS + 1):
        said, longer = piece[header - digits - 1], piece[header - digits - 2]
        short = (said < 128) & (said == record)
        long = (said < 128) & (longer >= 128) & ((longer & 127) << 7 | said == record)
        starts += [header[short] - digits - 1, header[long] - digits - 2]
        ends += [(header + record)[short], (header + record)[long]]
        more = piece[header - digits - 1] >= 128  # one more byte of the row's number
        header, record = header[more], record[more]
    return np.concatenate(starts), np.concatenate(ends)


def _values(piece: NDArray[np.int32]) -> NDArray[np.int32]:
    """How many bytes the value takes whose type ends here, in one byte or two; 0 where none ends."""
    before = np.concatenate([np.zeros(1, np.int32), piece[:-1]])
    types = np.where(before >= 128, (before & 127) << 7 | piece, piece)
    sizes = np.where(types < 12, _NUMBERS[np.minimum(types, 11)], types - 12 >> 1)
    return np.where(piece < 128, sizes, 0)
