"""How much memory a run takes, and what to do about a limit: a lower level when compressing, a refusal otherwise.

The figures are measured by `benchmarks/memory.py`, which prints this table anew; a test compares them.

Knows: levels, headers.  Does not know: streams of data, what is printed.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from typing import BinaryIO

from bytezip.cli.ahead import headers_ahead
from bytezip.container.layout import MAX_BLOCK, BlockHeader, Header
from bytezip.errors import BytezipError
from bytezip.levels import profile_of

MIB = 1 << 20
BASE = 60 * MIB  # the interpreter, numpy, the model file
PER_BLOCK_BYTE = 50  # a block in all the forms that it passes through

TABLES: dict[int, dict[int, int]] = {
    # profile: log2 of the capacity in bytes: MiB of network, experts and mixer
    0: {8: 27, 12: 28, 14: 35, 15: 44, 16: 62, 17: 99, 18: 148, 19: 215, 20: 284, 21: 294, 22: 298, 23: 306, 24: 322},
    1: {8: 28, 12: 29, 14: 36, 15: 45, 16: 64, 17: 101, 18: 150, 19: 218, 20: 289, 21: 303, 22: 307, 23: 315, 24: 331},
    2: {8: 29, 12: 30, 14: 37, 15: 46, 16: 65, 17: 101, 18: 151, 19: 219, 20: 354, 21: 624, 22: 628, 23: 636, 24: 652},
}


class MemoryLimitError(BytezipError):
    """It would take more memory than it may."""

    def __init__(self, needed: int, limit: int) -> None:
        super().__init__(f"needs about {-(-needed // MIB)} MiB of memory, and the limit is {limit // MIB} MiB")
        self.hint = "give a higher limit with -M, or 0 for none"


@dataclass(frozen=True)
class MemoryLimit:
    """bytes: None where there is none."""

    bytes: int | None = None

    def level(self, wanted: int, size: int | None, block_size: int) -> int:
        """The highest level up to the one wanted that keeps within it.

        size: bytes to compress, None where they are not known.

        Raises:
            MemoryLimitError: where none does.
        """
        if self.bytes is None:
            return wanted
        needs = {level: to_compress(level, size, block_size) for level in range(1, wanted + 1)}
        fitting = [level for level, needed in needs.items() if needed <= self.bytes]
        if not fitting:
            raise MemoryLimitError(min(needs.values()), self.bytes)
        return max(fitting)

    def check_archive(self, stream: BinaryIO) -> None:
        """Looks ahead in an archive: at all of it where the stream can seek, else at the beginning of a pipe.

        Raises:
            MemoryLimitError: where it takes more to restore it.
            OSError: where the stream cannot be read.
        """
        if self.bytes is None:
            return
        needed = max(_archive_needs(headers_ahead(stream)), default=0)
        if needed > self.bytes:
            raise MemoryLimitError(needed, self.bytes)


def to_compress(level: int, size: int | None, block_size: int) -> int:
    """Bytes of memory, at most."""
    if size is None or size > block_size:
        return _needed(profile_of(level), MAX_BLOCK, block_size)
    return _needed(profile_of(level), size, size)


def _needed(profile: int, capacity: int, block: int) -> int:
    """capacity: bytes that the tables are sized for. block: raw bytes of the largest block."""
    row = TABLES[profile]
    tables = next(size for log, size in row.items() if capacity <= 1 << log or log == max(row))
    return BASE + tables * MIB + PER_BLOCK_BYTE * block


def _archive_needs(headers: Iterable[Header | BlockHeader]) -> Iterator[int]:
    profile = 0
    for header in headers:
        if isinstance(header, Header):
            profile = header.profile
        else:
            capacity = header.raw_size if header.last else MAX_BLOCK
            yield _needed(profile, capacity, header.raw_size)
