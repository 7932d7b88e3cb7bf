"""The one dial: what a level means for the data at hand.

More lanes are faster, for the weights of the network are read once for all of them, and cost ratio, for each lane
sees less of what stands before it. How much hangs on the data: at eight lanes text loses 2 %, executables 5 %, records
and bilevel images 10 to 40 %, and there the network gives the experts 2 % at most. So data other than text goes to the
experts alone, in one lane, until a level has the time for the network in one lane, too.

Knows: numbers, bytes.  Does not know: anything else.
"""

from __future__ import annotations

import codecs
from dataclasses import dataclass

import numpy as np

DEFAULT_LEVEL = 6
_LANE_SHARE = 32768  # bytes that a lane must at least get: shorter ones never warm up
_SAMPLE = 1 << 16  # bytes looked at
_TEXT_CONTROLS = 1 / 64  # share of control characters that text may have
_TEXT_HIGH = 1 / 4  # share of bytes from 128 on that text has where it is not UTF-8


@dataclass(frozen=True)
class Level:
    """lanes: 1, 2, 4, ... 32. stripe: bytes, a power of two from 256 to 32768. profile: 0 few experts, 2 all.

    network: whether it is asked; without it there is one lane.
    """

    lanes: int
    stripe: int
    profile: int
    network: bool = True


LEVELS: dict[int, tuple[Level, Level]] = {
    # for text; for other data
    1: (Level(1, 4096, 0, network=False), Level(1, 4096, 0, network=False)),
    2: (Level(1, 4096, 1, network=False), Level(1, 4096, 1, network=False)),
    3: (Level(32, 2048, 1), Level(1, 4096, 1, network=False)),
    4: (Level(16, 2048, 1), Level(1, 4096, 1, network=False)),
    5: (Level(16, 4096, 1), Level(1, 4096, 1, network=False)),
    6: (Level(8, 4096, 1), Level(1, 4096, 1, network=False)),
    7: (Level(4, 4096, 2), Level(1, 4096, 2, network=False)),
    8: (Level(2, 4096, 2), Level(1, 4096, 2)),
    9: (Level(1, 4096, 2), Level(1, 4096, 2)),
}


def profile_of(level: int) -> int:
    """The profile of a level, whatever the data.

    Raises:
        ValueError: for a level other than 1 to 9.
    """
    if level not in LEVELS:
        raise ValueError(f"level must be 1 to 9, not {level}")
    return LEVELS[level][0].profile


def layout(level: int, first_block: bytes) -> Level:
    """What a level means for a stream that begins with this block."""
    text, other = LEVELS[level]
    if len(first_block) < 2 * _LANE_SHARE:  # it takes no time to speak of, and the network gives most here
        return Level(1, text.stripe, text.profile)
    if not is_text(first_block):
        return other
    useful = 1 << (len(first_block) // _LANE_SHARE).bit_length() - 1
    return Level(min(text.lanes, useful), text.stripe, text.profile, text.network)


def is_text(data: bytes) -> bool:
    """Whether the beginning reads as text in ASCII or in a superset of it."""
    counts = np.bincount(np.frombuffer(data[:_SAMPLE], np.uint8), minlength=256)
    blanks = counts[[9, 10, 12, 13]].sum()
    controls = counts[:32].sum() + counts[127] - blanks
    high = counts[128:].sum()
    return bool(controls <= _TEXT_CONTROLS * counts.sum()) and (high <= _TEXT_HIGH * counts.sum() or _is_utf8(data))


def _is_utf8(data: bytes) -> bool:
    decoder = codecs.getincrementaldecoder("utf-8")()  # a character may be cut at the end
    try:
        decoder.decode(data[:_SAMPLE])
    except UnicodeDecodeError:
        return False
    return True
