"""What can be told of an archive without decoding it: `inspect`, which reads headers and skips payloads.

Knows: the container.  Does not know: models, coding, what is printed.
"""

from __future__ import annotations

import os
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import BinaryIO

from bytezip.container.layout import CHECK_SIZE, HEADER_SIZE, BlockHeader, Header, Origin
from bytezip.container.reader import Beginning, IndexSeen, OriginSeen
from bytezip.container.scan import Garbage, scan


@dataclass(frozen=True)
class BlockInfo:
    """One block; sizes and offsets in bytes.

    offset: of the block in the file. size: of all of it there; its payload is header.payload_size of them.
    raw_offset: of its content in that of the file. check: as noted in it, 32 bits.
    """

    header: BlockHeader
    offset: int
    size: int
    raw_offset: int
    check: int


@dataclass(frozen=True)
class MemberInfo:
    """header: profile and the id of the model. offset: in the file. index_size: of what is behind the blocks, bytes.

    origin: name and time of the file that it was made from, where they are stored; origin_size: bytes of that record.
        Its check is not compared, for that takes the model.
    """

    header: Header
    offset: int
    blocks: list[BlockInfo] = field(default_factory=list)
    index_size: int = 0
    origin: Origin | None = None
    origin_size: int = 0


@dataclass(frozen=True)
class ArchiveInfo:
    """has_garbage: bytes follow the last member that begin no other one; they count nowhere."""

    members: list[MemberInfo]
    has_garbage: bool

    @property
    def blocks(self) -> list[BlockInfo]:
        return [block for member in self.members for block in member.blocks]

    @property
    def raw_size(self) -> int:
        """Bytes of content, as the headers say."""
        return sum(block.header.raw_size for block in self.blocks)

    @property
    def size(self) -> int:
        """Bytes of all members."""
        frames = sum(HEADER_SIZE + member.origin_size + member.index_size for member in self.members)
        return frames + sum(block.size for block in self.blocks)


def inspect(source: str | os.PathLike[str] | BinaryIO) -> ArchiveInfo:
    """The headers of an archive: a path, or a stream, which need not be able to seek.

    Raises:
        FormatError: where a header cannot be read, or the file ends too early. Damage in payloads is not seen.
        OSError: where the file cannot be read.
    """
    if not isinstance(source, str | os.PathLike):
        return _collect(source)
    with Path(source).open("rb") as stream:
        return _collect(stream)


def _collect(stream: BinaryIO) -> ArchiveInfo:
    members: list[MemberInfo] = []
    offset = raw_offset = 0
    for found in scan(stream):
        if isinstance(found, Garbage):
            return ArchiveInfo(members, has_garbage=True)
        if isinstance(found, Beginning):
            members.append(MemberInfo(found.header, offset))
            offset += HEADER_SIZE
        elif isinstance(found, IndexSeen):
            members[-1] = replace(members[-1], index_size=found.size)
            offset += found.size
        elif isinstance(found, OriginSeen):
            members[-1] = replace(members[-1], origin=found.origin, origin_size=found.size)
            offset += found.size
        else:
            size = found.header_size + found.header.payload_size + CHECK_SIZE
            members[-1].blocks.append(BlockInfo(found.header, offset, size, raw_offset, found.check))
            offset += size
            raw_offset += found.header.raw_size
    return ArchiveInfo(members, has_garbage=False)
