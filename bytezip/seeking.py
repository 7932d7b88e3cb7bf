"""Where decoding can begin in an archive: at each member, and at each restart point within.

From the indexes at the end of the file, as far as they reach; before them from the headers of all blocks, whose
payloads are skipped. Both only say where to begin: what is decoded from there on is held to its checks.

Knows: the container.  Does not know: models, coding.
"""

from __future__ import annotations

import io
from bisect import bisect_right
from collections.abc import Sequence
from dataclasses import dataclass
from typing import BinaryIO

from bytezip.container.index import Index, IndexedMember, Section, find_index
from bytezip.container.layout import CHECK_SIZE, HEADER_SIZE
from bytezip.container.reader import Beginning, IndexSeen, OriginSeen
from bytezip.container.scan import Garbage, ScannedBlock, scan
from bytezip.errors import FormatError


@dataclass(frozen=True)
class Point:
    """A place where decoding can begin.

    offset: in the file, of a member's header, or of the first block of a later section. raw_offset: in the content.
    encoded_header: that of the member. sections: all of the member's. number: of them before this point.
    """

    offset: int
    raw_offset: int
    encoded_header: bytes = b""
    sections: Sequence[Section] = ()
    number: int = 0

    @property
    def size(self) -> int | None:
        """Bytes in the file up to the next point; None where nobody knows."""
        if not self.sections:
            return None
        return self.sections[self.number].coded_size + (0 if self.number else HEADER_SIZE)


@dataclass(frozen=True)
class Map:
    """points: in order, the first at the beginning. raw_size: of the content; None where the file is damaged."""

    points: list[Point]
    raw_size: int | None

    @property
    def certain_size(self) -> int | None:
        """The size, where it need not be doubted: more than one point is needed to seek by, and no damage is in sight.

        Where all is one section, whoever goes to its end decodes it, and will see what damage there is.
        """
        return self.raw_size if len(self.points) > 1 else None

    def before(self, raw_offset: int) -> Point:
        """The last point that is not behind a place in the content."""
        return self.points[bisect_right(self.points, raw_offset, key=lambda point: point.raw_offset) - 1]


@dataclass
class _Member:
    """One of the archive, as far as it is known. raw_size: where it has no sections.

    origin_size: bytes of the record of its origin, until a block counts them.
    """

    offset: int
    encoded_header: bytes
    index: Index
    raw_size: int = 0
    origin_size: int = 0

    def note(self, block: ScannedBlock) -> int:
        """Returns the bytes of all of the block in the file."""
        size = block.header_size + block.header.payload_size + CHECK_SIZE
        self.index.note(block.header, size + self.origin_size, block.check)
        self.raw_size += block.header.raw_size
        self.origin_size = 0
        return size


def find_points(stream: BinaryIO) -> Map:
    """The map of an archive that begins at position 0 of a stream that can seek; its position moves.

    Damage is no error here: there are then no points behind it.
    """
    indexed = _indexed_members(stream)
    before = indexed[0].offset if indexed else stream.seek(0, io.SEEK_END)
    members: list[_Member] = []
    whole = before == 0 or _scan(stream, before if indexed else None, members)
    if whole:
        members += [_Member(each.offset, each.encoded_header, Index(each.sections)) for each in indexed]
    return _map(members, whole)


def _indexed_members(stream: BinaryIO) -> list[IndexedMember]:
    """Those that end the file, each with an index."""
    found: list[IndexedMember] = []
    end = stream.seek(0, io.SEEK_END)
    while end and (member := find_index(stream, end)):
        found.insert(0, member)
        end = member.offset
    return found


def _scan(stream: BinaryIO, end: int | None, members: list[_Member]) -> bool:
    """Appends the members up to `end`, or all there are; whether that is where one ends."""
    stream.seek(0)
    offset = 0
    try:
        for found in scan(stream):
            if isinstance(found, Garbage):
                break
            if isinstance(found, Beginning):
                if offset == end:
                    return True
                members.append(_Member(offset, found.encoded, Index()))
                offset += HEADER_SIZE
            elif isinstance(found, IndexSeen):
                offset += found.size
            elif isinstance(found, OriginSeen):
                members[-1].origin_size = found.size
                offset += found.size
            else:
                offset += members[-1].note(found)
    except FormatError:
        return False
    return end is None


def _map(members: list[_Member], whole: bool) -> Map:
    points: list[Point] = []
    raw_offset = 0
    for member in members:
        sections = member.index.sections
        place = member.offset
        for number, section in enumerate(sections):
            points.append(Point(place, raw_offset, member.encoded_header, sections, number))
            place += section.coded_size + (0 if number else HEADER_SIZE)
            raw_offset += section.raw_size
        if not sections:
            points.append(Point(place, raw_offset))
            raw_offset += member.raw_size
    return Map(points or [Point(0, 0)], raw_offset if whole else None)
