"""Pictures of H.264, told where one begins: by a size or a mark in front, and what a slice begins with.

In MP4 and Matroska each unit has its size in front, in four bytes; in transport streams a mark of three. Behind it is
the unit's kind and, of a slice, three numbers: that it begins with the first block, what kind of slice it is, and which
parameters it has (ITU-T H.264, 7.3.1 and 7.3.3). Noise has such a sequence once in nine million bytes.

Knows: the layout of units.  Does not know: containers, files.
"""

from __future__ import annotations

import re

_UNIT = (
    rb"(?:[\x01\x21\x41\x61][\x98-\xaf]"  # a slice of P or B pictures
    rb"|[\x25\x45\x65][\x88\x89\xb8-\xbb]"  # of I pictures
    rb"|[\x27\x47\x67][\x42\x4d\x58\x64\x6e\x7a\xf4][\0-\xff][\x0a-\x3e]"  # a profile and a level
    rb"|\x06[\x01\x05])"  # what is no picture: times, texts
)
_SIZED = re.compile(rb"\0[\0-\x03][\0-\xff]{2}" + _UNIT, re.DOTALL)
_MARKED = re.compile(rb"\0\0\x01" + _UNIT, re.DOTALL)


def has_slices(data: bytes) -> bool:
    """Whether a picture of H.264 begins in a piece of packed data."""
    return bool(_SIZED.search(data) or _MARKED.search(data))
