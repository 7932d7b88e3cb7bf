"""The one dial: what a level means.

More lanes are faster, for the weights of the network are read once for all of them, and cost ratio, for each lane
sees less of what stands before it (DESIGN section 6 has the measurements).

Knows: numbers.  Does not know: anything else.
"""

from __future__ import annotations

from dataclasses import dataclass

DEFAULT_LEVEL = 6
_LANE_SHARE = 32768  # bytes that a lane must at least get: shorter ones never warm up


@dataclass(frozen=True)
class Level:
    """lanes: 1, 2, 4, ... 32. stripe: bytes, a power of two from 256 to 32768. profile: 0 few experts, 2 all."""

    lanes: int
    stripe: int
    profile: int


LEVELS: dict[int, Level] = {
    1: Level(32, 1024, 0),
    2: Level(16, 1024, 0),
    3: Level(16, 2048, 0),
    4: Level(16, 2048, 1),
    5: Level(8, 2048, 1),
    6: Level(8, 4096, 1),
    7: Level(4, 4096, 1),
    8: Level(2, 4096, 2),
    9: Level(1, 4096, 2),
}


def layout(level: int, size: int) -> Level:
    """What a level means for a stream whose first block holds `size` bytes.

    Raises:
        ValueError: for a level other than 1 to 9.
    """
    if level not in LEVELS:
        raise ValueError(f"level must be 1 to 9, not {level}")
    wanted = LEVELS[level]
    useful = 1 << max(0, (size // _LANE_SHARE).bit_length() - 1)
    return Level(min(wanted.lanes, useful), wanted.stripe, wanted.profile)
