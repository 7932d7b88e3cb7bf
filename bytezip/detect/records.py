"""Cells of a sheet of Excel's binary format, told by records each of which begins where the one before ends.

A record is its kind, its size, and so many bytes (Microsoft, [MS-XLS], 2.1.4); most cells have a size of their kind.

Knows: records of cells.  Does not know: OLE, files, other witnesses.
"""

from __future__ import annotations

import re

_MOST = 4096  # bytes that are looked at
_IN_A_ROW = 4
# a number, a text, a small number, the row, an empty cell, a truth; small numbers and empty cells of several columns
_HEAD = re.compile(
    rb"(?=(?:\x03\x02\x0e|\xfd\0\x0a|\x7e\x02\x0a|\x08\x02\x10|\x01\x02\x06|\x05\x02\x08|[\xbd\xbe]\0.)\0)", re.DOTALL
)
_EACH = {0xBD: 6, 0xBE: 2}  # bytes a column, beside six


def are_records(data: bytes) -> bool:
    """Whether a piece of data from anywhere holds several cells that follow one another."""
    piece = data[:_MOST]
    length: dict[int, int] = {}  # of the chain that ends there
    for match in _HEAD.finditer(piece):
        at = match.start()
        size, each = piece[at + 2], _EACH.get(piece[at], 1)
        if each > 1 and (size < 6 + 2 * each or (size - 6) % each):
            continue
        behind = length.get(at, 0) + 1
        if behind >= _IN_A_ROW:
            return True
        length[at + 4 + size] = behind
    return False
