"""Sound whose marks stand again and again: pages of Ogg, blocks of WavPack.

A page begins with four letters, its version, and three flags (RFC 3533, 6); a block with four letters, and further in a
version of a few (WavPack 4 & 5 Binary File / Block Format, 2.0). Noise has either once in some hundred terabytes.

Knows: how pages begin.  Does not know: what is in them, files, other witnesses.
"""

from __future__ import annotations

import re

_PAGE = re.compile(rb"OggS\0[\0-\7]")
_BLOCK = re.compile(rb"wvpk.{4}[\x02-\x10]\x04", re.DOTALL)


def has_pages(data: bytes) -> bool:
    """Whether a page of Ogg begins in a piece of data."""
    return bool(_PAGE.search(data))


def has_blocks(data: bytes) -> bool:
    """Whether a block of WavPack begins in a piece of data."""
    return bool(_BLOCK.search(data))
