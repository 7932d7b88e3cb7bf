"""The index at the end of a member: where its sections are, so that one can be decoded without those before it.

index = kind entry... check size mark
entry = coded_size raw_size check

It holds nothing that the blocks do not tell: `MemberReader` derives it anew and compares it byte by byte. Only who
comes from the end of a file takes its word, and the checks of the section that is read then hold it to that.
"""

from __future__ import annotations

import zlib
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import BinaryIO

from bytezip.container import layout
from bytezip.container.fields import read_varint, varint_is_shortest, varint_is_whole, write_varint

MARK = layout.MAGIC[::-1]
_SIZE_SIZE = 4
_TAIL_SIZE = layout.CHECK_SIZE + _SIZE_SIZE + len(MARK)
_MAX_VARINT = 9  # bytes: 63 bits
_MAX_INDEX = 1 << 26  # bytes that are read for seeking: millions of sections


@dataclass(frozen=True)
class Section:
    """coded_size: bytes of all its blocks in the file. raw_size: of their content. check: that of its last block."""

    coded_size: int
    raw_size: int
    check: int


class Index:
    """The index of a member, gathered from its blocks. sections: those so far; none where it has no restart points."""

    def __init__(self, sections: Sequence[Section] = ()) -> None:
        self.sections = list(sections)

    def note(self, header: layout.BlockHeader, size: int, check: int) -> None:
        """The next block. size: bytes of all of it in the file."""
        if header.restart:
            self.sections.append(Section(size, header.raw_size, check))
        elif self.sections:
            begun = self.sections[-1]
            self.sections[-1] = Section(begun.coded_size + size, begun.raw_size + header.raw_size, check)

    def write(self, encoded_header: bytes) -> bytes:
        """Behind the last block; empty where there are no restart points."""
        return write_index(encoded_header, self.sections) if self.sections else b""


@dataclass(frozen=True)
class IndexedMember:
    """offset: of its header in the file. encoded_header: its first bytes. end: where it ends."""

    offset: int
    encoded_header: bytes
    sections: list[Section]
    end: int


def write_index(encoded_header: bytes, sections: Sequence[Section]) -> bytes:
    entries = b"".join(map(_entry, sections))
    body = bytes([layout.KIND_INDEX]) + entries
    check = zlib.crc32(body, zlib.crc32(encoded_header))
    return body + check.to_bytes(layout.CHECK_SIZE, "little") + len(body).to_bytes(_SIZE_SIZE, "little") + MARK


def find_index(stream: BinaryIO, end: int) -> IndexedMember | None:
    """The member that ends at `end` of a stream that can seek; None where no index, or no sound one, ends there."""
    tail = _read(stream, end - _TAIL_SIZE, _TAIL_SIZE)
    size = int.from_bytes(tail[layout.CHECK_SIZE : -len(MARK)], "little")
    start = end - _TAIL_SIZE - size
    if not tail.endswith(MARK) or start < layout.HEADER_SIZE or size > _MAX_INDEX:
        return None
    sections = list(_entries(_read(stream, start, size)))
    offset = start - sum(section.coded_size for section in sections) - layout.HEADER_SIZE
    header = _read(stream, offset, layout.HEADER_SIZE) if sections else b""
    if not header.startswith(layout.MAGIC) or _read(stream, start, end - start) != write_index(header, sections):
        return None
    return IndexedMember(offset, header, sections, end)


def _entry(section: Section) -> bytes:
    check = section.check.to_bytes(layout.CHECK_SIZE, "little")
    return write_varint(section.coded_size) + write_varint(section.raw_size) + check


def _entries(body: bytes) -> Iterator[Section]:
    """Those of an index, as far as they are sound."""
    at = 1
    while at < len(body):
        coded_size, at = _varint(body, at)
        raw_size, at = _varint(body, at)
        check = body[at : at + layout.CHECK_SIZE]
        at += layout.CHECK_SIZE
        if not coded_size or not raw_size or len(check) < layout.CHECK_SIZE:
            return
        yield Section(coded_size, raw_size, int.from_bytes(check, "little"))


def _varint(data: bytes, start: int) -> tuple[int, int]:
    """The varint there and where it ends; 0 where there is none."""
    for end in range(start + 1, min(len(data), start + _MAX_VARINT) + 1):
        if varint_is_whole(data[start:end]):
            return (read_varint(data[start:end]), end) if varint_is_shortest(data[start:end]) else (0, end)
    return 0, len(data)


def _read(stream: BinaryIO, offset: int, size: int) -> bytes:
    """All of it, or nothing."""
    if offset < 0:
        return b""
    stream.seek(offset)
    data = stream.read(size)
    return data if len(data) == size else b""
