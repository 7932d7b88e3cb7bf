"""The headers of a stream of members without their payloads: what can be told of an archive without decoding it.

Every rule about headers is the reader's own. Payloads are passed over unread, so damage inside them is not seen.
"""

from __future__ import annotations

import io
from collections.abc import Iterator
from dataclasses import dataclass
from typing import BinaryIO

from bytezip.container.layout import CHECK_SIZE, MAGIC, BlockHeader
from bytezip.container.reader import Beginning, Block, IndexSeen, MemberReader, OriginSeen
from bytezip.errors import TruncatedError

_WINDOW = 32  # bytes: more than the header of a block has
_CHUNK = 1 << 16


@dataclass(frozen=True)
class ScannedBlock:
    """header_size: bytes of kind and sizes. check: what the writer noted."""

    header: BlockHeader
    header_size: int
    check: int


@dataclass(frozen=True)
class Garbage:
    """Bytes behind the last member that begin no other one."""


Scanned = Beginning | OriginSeen | ScannedBlock | IndexSeen


def scan(stream: BinaryIO) -> Iterator[Scanned | Garbage]:
    """The headers of all members of a stream, in order; where it can seek, payloads are skipped by seeking.

    Raises:
        FormatError: where a header cannot be read, or the stream ends too early.
        OSError: where the stream cannot be read.
    """
    rest: bytes | None = None
    while rest is None or rest.startswith(MAGIC):
        member = _HeaderReader()
        yield from _scan_member(stream, member, rest or b"")
        rest = member.rest
        rest += stream.read(max(0, len(MAGIC) - len(rest)))
    if rest:
        yield Garbage()


def _scan_member(stream: BinaryIO, member: _HeaderReader, data: bytes) -> Iterator[Scanned]:
    while True:
        member.feed(data)
        for event in member.events():
            if isinstance(event, Block):
                yield ScannedBlock(event.header, len(event.header_bytes), event.check)
            else:
                yield event
        if member.ended:
            return
        _skip(stream, member.ahead)
        member.ahead = 0
        data = stream.read(_WINDOW)
        if not data:
            member.close()


class _HeaderReader(MemberReader):
    """A reader that is fed headers and checks; of a payload, only what came together with them.

    ahead: bytes of payload to be left out before it is fed again.
    """

    ahead = 0

    def _read_block_header(self) -> tuple[BlockHeader, bytes] | None:
        found = super()._read_block_header()
        if found:
            size = found[0].payload_size
            self.ahead = size - len(self._take(size))
        return found

    def _read_block(self, header: BlockHeader, header_bytes: bytes) -> Block | None:
        if self.ahead or len(self._buffer) < CHECK_SIZE:
            return None
        return self._end_block(header, header_bytes, b"")


def _skip(stream: BinaryIO, count: int) -> None:
    if count and stream.seekable():
        stream.seek(count - 1, io.SEEK_CUR)  # seeking beyond the end is no error, and reading there gives nothing
        count = 1
    while count:
        data = stream.read(min(count, _CHUNK))
        if not data:
            raise TruncatedError("truncated: no end found")
        count -= len(data)
