"""The blocks of one section to bytes on disk, and home again: where block coding, the chain of checks and levels meet.

A section is what can be coded and decoded alone: the blocks from one restart point to the next, or a whole member.

Knows: blocks, block headers, checks, levels, kinds.  Does not know: members, streams, threads.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from bytezip.blocks import BlockCoder, OpenLanes, Plan
from bytezip.container.fields import CheckChain
from bytezip.container.layout import CAPACITIES, BlockHeader
from bytezip.container.reader import Block
from bytezip.container.writer import write_block_header, write_check
from bytezip.errors import CorruptError
from bytezip.kinds import hint_of
from bytezip.lanes import Striping
from bytezip.levels import Level, layout
from bytezip.progress import SectionTally

# Blocks that are tried in vain before one that looks like noise is stored untried, and untold: noise may repeat what
# the experts know, but to try it costs as long as to code it, in both directions.
_IN_VAIN = 4
_WORTH_A_HINT = 1 << 15  # raw bytes of a block from which on a hint is worth the byte that it takes
_LONG_RUN = 1 << 16  # raw bytes of a block of one value that is not coded: shorter ones are soon coded, and no longer


@dataclass(frozen=True)
class Encoded:
    """A block as it stands in the file, and what the index must know of it."""

    data: bytes
    header: BlockHeader
    check: int


class SectionEncoder:
    """Encodes blocks that follow one another.

    Args:
        restart_size: raw bytes that the section has at most, where it begins at a restart point; None where it is a
            whole member.
    """

    def __init__(
        self,
        level: int,
        open_lanes: OpenLanes,
        chain: CheckChain,
        tally: SectionTally,
        restart_size: int | None = None,
    ) -> None:
        self._level = level
        self._layout: Level | None = None
        self._coder = BlockCoder(open_lanes)
        self._chain = chain
        self._tally = tally
        self._capacity = None if restart_size is None else _capacity_for(restart_size)
        self._left = restart_size
        self._begun = False
        self._plain_run = 0  # blocks in a row that were tried in vain

    def encode(self, raw: bytes, last: bool) -> Encoded:
        """last: of the member."""
        if is_run(raw):
            restart, capacity = self._restart()
            header = BlockHeader(last, len(raw), restart=restart, capacity=capacity, run=True)
            return self._finish(header, raw[:1], raw)
        if not raw or (self._plain_run >= _IN_VAIN and is_noise(raw)):
            return self._store(raw, last)
        chosen = self._layout = layout(self._level, raw, self._layout)
        capacity = self._capacity or whole_capacity(len(raw), last)
        hint = hint_of(raw) if len(raw) >= _WORTH_A_HINT else 0
        plan = Plan(Striping(len(raw), chosen.lanes, chosen.stripe), chosen.network, capacity, hint)
        code = self._coder.encode(raw, plan, self._tally.report)
        payload = code if code is not None and len(code) < len(raw) else raw
        self._plain_run = self._plain_run + 1 if payload is raw else 0
        if payload is raw and (last or self._is_full(raw)):
            return self._store(raw, last)
        fields = (len(payload), chosen.lanes, chosen.stripe, chosen.network, hint, *self._restart())
        return self._finish(BlockHeader(last, len(raw), *fields), payload, raw)

    def _is_full(self, raw: bytes) -> bool:
        """Whether the section ends with this block, so that nobody need be told of it."""
        return self._left == len(raw)

    def _store(self, raw: bytes, last: bool) -> Encoded:
        return self._finish(BlockHeader(last, len(raw), None, None, None, True, 0, *self._restart()), raw, raw)

    def _restart(self) -> tuple[bool, int]:
        """Whether the block is at a restart point, and the capacity that its header tells."""
        if self._capacity is None or self._begun:
            return False, CAPACITIES[0]
        return True, self._capacity

    def _finish(self, header: BlockHeader, payload: bytes, raw: bytes) -> Encoded:
        self._begun = True
        self._left = None if self._left is None else self._left - len(raw)
        encoded = write_block_header(header)
        check = self._chain.block(encoded, payload, None if header.tells_content else raw)
        self._tally.block_done(header.raw_size, len(payload))
        return Encoded(encoded + payload + write_check(check), header, check)


class SectionDecoder:
    """Decodes blocks that follow one another; the mirror of `SectionEncoder`."""

    def __init__(self, open_lanes: OpenLanes, chain: CheckChain, tally: SectionTally) -> None:
        self._coder = BlockCoder(open_lanes)
        self._chain = chain
        self._tally = tally
        self._capacity: int | None = None

    def decode(self, block: Block) -> bytes:
        """The content of a block.

        Raises:
            CorruptError: where it does not match its check.
        """
        header = block.header
        if header.restart:
            self._capacity = header.capacity
        raw = self._restore(block)
        if self._chain.block(block.header_bytes, block.payload, None if header.tells_content else raw) != block.check:
            raise CorruptError("corrupt: a block does not match its check")
        self._tally.block_done(header.raw_size, len(block.payload))
        return raw

    def _restore(self, block: Block) -> bytes:
        header = block.header
        if header.run:
            return block.payload * header.raw_size
        if header.lanes is None or header.stripe is None:
            return block.payload
        capacity = self._capacity or whole_capacity(header.raw_size, header.last)
        plan = Plan(Striping(header.raw_size, header.lanes, header.stripe), header.network, capacity, header.hint)
        if header.is_plain:
            self._coder.tell(block.payload, plan, self._tally.report)
            return block.payload
        return self._coder.decode(block.payload, plan, self._tally.report)


def whole_capacity(size: int, last: bool) -> int:
    """Bytes that the tables of a member without restart points are sized for, as its first coded block tells.

    All of it, or very many.
    """
    return size if last else CAPACITIES[0]


def is_run(raw: bytes) -> bool:
    """Whether it is one value over and over, and long enough that coding it would take time: the holes of a file."""
    return len(raw) >= _LONG_RUN and raw[:64] == raw[:1] * 64 and raw == raw[:1] * len(raw)


def is_noise(raw: bytes) -> bool:
    """Whether all byte values are as frequent as in random bytes, within six standard deviations of chi squared."""
    expected = len(raw) / 256
    if expected < 256:
        return False
    counts = np.bincount(np.frombuffer(raw, np.uint8), minlength=256)
    return bool(((counts - expected) ** 2).sum() / expected < 255 + 6 * (2 * 255) ** 0.5)


def _capacity_for(size: int) -> int:
    return min((capacity for capacity in CAPACITIES if capacity >= size), default=CAPACITIES[0])
