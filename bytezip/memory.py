"""How much memory a run takes, and what to do about a limit: a lower level when compressing, a refusal otherwise.

The figures are measured by `benchmarks/memory.py`, which prints this table anew; a test compares them.

Knows: levels, headers.  Does not know: data, what is printed.
"""

from __future__ import annotations

import os
from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any

from bytezip.container.layout import MAX_BLOCK, BlockHeader, Header
from bytezip.errors import MemoryLimitError
from bytezip.levels import profile_of

MIB = 1 << 20
BASE = 60 * MIB  # the interpreter, numpy, the model file
PER_BLOCK_BYTE = 50  # a block in all the forms that it passes through
PER_STORED_BYTE = 8  # a stored block, which passes through few of them

TABLES: dict[int, dict[int, int]] = {
    # profile: log2 of the capacity in bytes: MiB of network, experts and mixer
    0: {8: 21, 12: 22, 14: 28, 15: 35, 16: 47, 17: 69, 18: 87, 19: 122, 20: 159, 21: 172, 22: 176, 23: 184, 24: 200},
    1: {8: 57, 12: 59, 14: 66, 15: 75, 16: 92, 17: 122, 18: 156, 19: 227, 20: 298, 21: 314, 22: 318, 23: 326, 24: 342},
    2: {
        8: 80,
        12: 81,
        14: 89,
        15: 101,
        16: 118,
        17: 152,
        18: 194,
        19: 282,
        20: 418,
        21: 688,
        22: 692,
        23: 700,
        24: 716,
    },
}


@dataclass(frozen=True)
class Sizes:
    """What is to be compressed, in bytes. content, restart: None where it is not known, or there are no such points."""

    content: int | None
    block: int
    restart: int | None = None


@dataclass(frozen=True)
class MemoryLimit:
    """bytes: None where there is none."""

    bytes: int | None = None

    def to_compress(self, level: int, sizes: Sizes, engine: dict[str, Any]) -> tuple[int, dict[str, Any]]:
        """The highest level up to the one given, and the engine with as many threads, as keep within it.

        engine: the keyword arguments that both codec classes take.

        Raises:
            MemoryLimitError: where not even the first level does, in one thread.
        """
        if self.bytes is None:
            return level, engine
        needs = {lower: _to_compress(lower, sizes) for lower in range(1, level + 1)}
        fitting = [lower for lower, needed in needs.items() if BASE + needed <= self.bytes]
        if not fitting:
            raise MemoryLimitError(BASE + min(needs.values()), self.bytes)
        return max(fitting), engine if sizes.restart is None else self._threads(needs[max(fitting)], engine)

    def to_restore(self, headers: Iterable[Header | BlockHeader]) -> None:
        """Whether an archive with these headers can be restored within it, in one thread.

        Raises:
            MemoryLimitError: where it cannot.
        """
        guard = Guard(self.bytes)
        for header in headers if self.bytes is not None else ():
            guard.admit(header)

    def for_decompressor(self) -> dict[str, Any]:
        """Its keyword arguments for the limit."""
        return {} if self.bytes is None else {"memlimit": self.bytes}

    def _threads(self, needed: int, engine: dict[str, Any]) -> dict[str, Any]:
        """needed: bytes of each section, which threads work on side by side, each with all that it takes."""
        assert self.bytes is not None
        threads = engine["threads"] or len(os.sched_getaffinity(0))
        return engine | {"threads": min(threads, max(1, (self.bytes - BASE) // max(needed, 1)))}


def _to_compress(level: int, sizes: Sizes) -> int:
    """Bytes of memory for one section, at most."""
    block = min(sizes.block, sizes.restart or MAX_BLOCK)
    if sizes.content is not None and sizes.content <= block:
        return _needed(profile_of(level, sizes.content), sizes.content, sizes.content)
    return _needed(profile_of(level), min(MAX_BLOCK, sizes.restart or MAX_BLOCK), block)


def _needed(profile: int, capacity: int, block: int) -> int:
    """capacity: bytes that the tables are sized for. block: raw bytes of the largest block."""
    row = TABLES[profile]
    tables = next(size for log, size in row.items() if capacity <= 1 << log or log == max(row))
    return tables * MIB + PER_BLOCK_BYTE * block


class Guard:
    """Judges the blocks of an archive by their headers, one after another, before memory is spent on them.

    limit: bytes for the process, None for as many as it takes.
    """

    def __init__(self, limit: int | None) -> None:
        self._limit = limit
        self._profile = 0
        self._capacity: int | None = None  # of the section, if this is one of a member with restart points

    def admit(self, header: Header | BlockHeader) -> int | None:
        """How many sections with such a block may be worked on side by side, 1 or more; None for any number.

        Raises:
            MemoryLimitError: where not even one may.
        """
        if isinstance(header, Header):
            self._profile, self._capacity = header.profile, None
            return None
        if header.restart:
            self._capacity = header.capacity
        if self._limit is None:
            return None
        needed = self._needed(header)
        if BASE + needed > self._limit:
            raise MemoryLimitError(BASE + needed, self._limit)
        return (self._limit - BASE) // max(needed, 1)

    def _needed(self, header: BlockHeader) -> int:
        """Bytes beside those of the process itself."""
        if header.lanes is None:
            return PER_STORED_BYTE * header.raw_size
        whole = header.raw_size if header.last else MAX_BLOCK
        return _needed(self._profile, self._capacity or whole, header.raw_size)
