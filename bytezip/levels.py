"""The one dial: what a level means for the data at hand.

More lanes are faster, for the weights of the network are read once for all of them, and cost ratio, for each lane
sees less of what stands before it. How much hangs on the data: at eight lanes text loses 2 %, executables 5 %, records
and bilevel images 10 to 40 %, and there the network gives the experts 2 % at most. So data other than text goes to the
experts alone, in one lane, until a level has the time for the network in one lane, too.

Each block is looked at anew, all over, since an archive holds many kinds of files. Where the lanes change, what was
learnt of the stream is lost, so they change only for a block that is long enough and clearly of the other kind.

Knows: numbers, bytes.  Does not know: anything else.
"""

from __future__ import annotations

import codecs
from dataclasses import dataclass

import numpy as np

DEFAULT_LEVEL = 6
_LANE_SHARE = 32768  # bytes that a lane must at least get: shorter ones never warm up
_FAST_LANE_SHARE = 4096  # the same below the default level, where the rate counts more
_SAMPLE = 1 << 16  # bytes looked at
_PIECES = 16  # in which the sample of a block is taken, spread over all of it
_WORTH_A_CHANGE = 1 << 18  # bytes: what a shorter block would win is lost by starting anew
_CLEARLY = 5 / 8  # share of a block that must be of the other kind
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


def profile_of(level: int, whole: int | None = None) -> int:
    """The profile of a level, whatever the data.

    whole: bytes of the content, where it is all in one block. A short one takes no time to speak of, and from the
        default level on has all the experts, so that the higher levels give the same and not more.

    Raises:
        ValueError: for a level other than 1 to 9.
    """
    if level not in LEVELS:
        raise ValueError(f"level must be 1 to 9, not {level}")
    if level >= DEFAULT_LEVEL and whole is not None and _is_short(whole):
        return LEVELS[max(LEVELS)][0].profile
    return LEVELS[level][0].profile


def _is_short(size: int) -> bool:
    return size < 2 * _LANE_SHARE


def layout(level: int, block: bytes, before: Level | None = None) -> Level:
    """What a level means for this block, where the one before it in the stream, if any, was coded as `before`."""
    text, other = LEVELS[level]
    if before is None and _is_short(len(block)):  # takes no time to speak of, and the network gives most here
        return Level(1, text.stripe, text.profile)
    if before is not None and len(block) < _WORTH_A_CHANGE:
        return before
    share = text_share(block)
    needed = 1 / 2 if before is None else 1 - _CLEARLY if before != other else _CLEARLY
    if share < needed:
        return other
    if before is not None and before != other:
        return before
    lane_share = _LANE_SHARE if level >= DEFAULT_LEVEL else _FAST_LANE_SHARE
    useful = 1 << (len(block) // lane_share).bit_length() - 1
    return Level(min(text.lanes, useful), text.stripe, text.profile, text.network)


def text_share(block: bytes) -> float:
    """How much of a block reads as text, by pieces from all over it: 0 to 1."""
    if len(block) <= _SAMPLE:
        return float(is_text(block))
    size = _SAMPLE // _PIECES
    step = (len(block) - size) // (_PIECES - 1)
    pieces = [_from_character(block[at : at + size]) for at in range(0, step * _PIECES, step)]
    return sum(map(is_text, pieces)) / _PIECES


def _from_character(piece: bytes) -> bytes:
    """Without what is left of a character of UTF-8 that was cut."""
    return piece[next((i for i in range(min(3, len(piece))) if piece[i] & 0xC0 != 0x80), 3) :]


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
