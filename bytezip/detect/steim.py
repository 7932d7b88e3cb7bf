"""Seismograms as Steim packs them: frames of 64 bytes, each of which says in its first word what the others hold.

That word has two bits for itself, zeros, and two for each of the fifteen others, which are zeros for none of them where
all hold differences of samples (SEED Reference Manual 2.4, appendix B).

Knows: the layout of frames.  Does not know: records, files, other witnesses.
"""

from __future__ import annotations

import numpy as np

_FRAME = 64  # bytes
_LEAST = 5  # frames that are looked at
_SHARE = 0.7  # of the frames; in front of others a record's header stands


def are_frames(data: bytes) -> bool:
    """Whether a piece of data from anywhere is of such frames, in either order of bytes."""
    piece = np.frombuffer(data, np.uint8)
    count = (len(piece) - 3) // _FRAME
    if count < _LEAST:
        return False
    full = (((piece | piece >> 1) & 0x55) == 0x55).astype(np.uint8)  # no pair of bits is zero
    first = (((piece | piece >> 1) & 0x55) == 0x15).astype(np.uint8)  # but the highest one
    size = count * _FRAME
    following = full[1 : size + 1] & full[2 : size + 2]
    for word in (first[:size] & following & full[3 : size + 3], full[:size] & following & first[3 : size + 3]):
        shares = word.reshape(count, _FRAME).mean(0)
        if shares.max() >= _SHARE and np.count_nonzero(shares > _SHARE / 2) == 1:  # more are there in other tables
            return True
    return False
