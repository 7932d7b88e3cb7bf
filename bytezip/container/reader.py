"""Bytes to records, in whatever pieces the bytes come; the mirror of `writer.py`.

Refuses whatever the writer cannot write, and refuses it before memory is spent on it: what is kept never exceeds the
payload of one block and some bytes for each section, nor what has really come in.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from typing import Any, Self

from bytezip.container import layout
from bytezip.container.fields import read_varint, varint_is_shortest, varint_is_whole
from bytezip.container.index import Index, Section
from bytezip.container.layout import BlockHeader, Header, Origin
from bytezip.errors import CorruptError, NotBytezipError, TruncatedError, UnsupportedError

_MAX_VARINT = 4  # bytes: enough for MAX_BLOCK
_MAX_NAME_VARINT = 2  # bytes: enough for MAX_NAME


@dataclass(frozen=True)
class Beginning:
    """encoded: the header as it was read, for the chain of checks."""

    header: Header
    encoded: bytes


@dataclass(frozen=True)
class Block:
    """header_bytes: the block header as it was read. check: what the writer noted."""

    header: BlockHeader
    header_bytes: bytes
    payload: bytes
    check: int


@dataclass(frozen=True)
class IndexSeen:
    """The end of a member with restart points; what it says was compared. size: in bytes."""

    size: int


@dataclass(frozen=True)
class OriginSeen:
    """The record of the origin. encoded: as it was read, without its check, for the chain of checks.

    check: what the writer noted. size: bytes of all of it in the file.
    """

    origin: Origin
    encoded: bytes
    check: int

    @property
    def size(self) -> int:
        return len(self.encoded) + layout.CHECK_SIZE


Event = Beginning | OriginSeen | Block | IndexSeen


class MemberReader:
    """Reads one member; what comes after its last block is left in `rest`.

    Args:
        on_block: called with each block header before its payload is kept; what it raises goes through.

    Raises from `events` and `close`:
        NotBytezipError, UnsupportedError, CorruptError, TruncatedError.
    """

    def __init__(self, on_block: Callable[[BlockHeader], None] = lambda _: None) -> None:
        self._on_block = on_block
        self._buffer = bytearray()
        self._header_seen = False
        self._blocks_seen = 0
        self._origin_size = 0  # bytes of it in the file: the first section counts them
        self._block: tuple[BlockHeader, bytes] | None = None
        self._encoded_header = b""
        self._index = Index()
        self._expected = b""  # the index, once it begins
        self.ended = False

    @classmethod
    def behind(
        cls, encoded_header: bytes, sections: Sequence[Section], on_block: Callable[[BlockHeader], None]
    ) -> Self:
        """A reader that has read the header and these sections already, and is to be fed the next one."""
        reader = cls(on_block)
        reader._header_seen = True
        reader._blocks_seen = len(sections)
        reader._encoded_header = encoded_header
        reader._index = Index(sections)
        return reader

    def feed(self, data: bytes) -> None:
        self._buffer += data

    @property
    def rest(self) -> bytes:
        """What was fed beyond the end of the member."""
        return bytes(self._buffer) if self.ended else b""

    def events(self) -> Iterator[Event]:
        """All that can be read from what was fed so far: the header, the origin where it is told, then blocks."""
        while (event := self._next()) is not None:
            yield event

    def close(self) -> None:
        """Says that nothing more will come.

        Raises:
            TruncatedError: unless the member has ended.
        """
        if not self.ended:
            raise TruncatedError("truncated: the input is empty" if self._is_untouched() else "truncated: no end found")

    def _is_untouched(self) -> bool:
        return not self._buffer and not self._header_seen

    def _next(self) -> Event | None:
        if self.ended:
            return None
        if not self._header_seen:
            return self._read_header()
        if self._may_be_origin() and self._buffer[:1] == bytes([layout.KIND_ORIGIN]):
            return self._read_origin()
        if self._block is None and self._index.sections and self._buffer[:1] == bytes([layout.KIND_INDEX]):
            return self._read_index()
        if self._block is None:
            self._block = self._read_block_header()
        return self._read_block(*self._block) if self._block else None

    def _read_header(self) -> Beginning | None:
        beginning = bytes(self._buffer[: layout.HEADER_SIZE])
        _check_header(beginning)
        if len(beginning) < layout.HEADER_SIZE:
            return None
        self._header_seen = True
        self._encoded_header = self._take(layout.HEADER_SIZE)
        return read_header(beginning)

    def _may_be_origin(self) -> bool:
        """Whether this is the place for one: before all blocks, and once."""
        return self._block is None and not self._blocks_seen and not self._origin_size

    def _read_origin(self) -> OriginSeen | None:
        if len(self._buffer) < 2:
            return None
        fields = self._buffer[1]
        if not 0 < fields <= layout.ORIGIN_NAME | layout.ORIGIN_MTIME:
            raise CorruptError("corrupt: an origin with impossible fields")
        span = self._name_span() if fields & layout.ORIGIN_NAME else (2, 2)
        if span is None:
            return None
        start, end = span
        size = end + (layout.MTIME_SIZE if fields & layout.ORIGIN_MTIME else 0)
        if len(self._buffer) < size + layout.CHECK_SIZE:
            return None
        encoded = self._take(size)
        seen = OriginSeen(_origin(encoded[start:end], encoded[end:]), encoded, self._take_check())
        self._origin_size = seen.size
        return seen

    def _name_span(self) -> tuple[int, int] | None:
        """Where the name in the buffer begins and ends; None where its size is not whole yet."""
        size, start = self._peek_varint(2, _MAX_NAME_VARINT, "the size of a name")
        if size is not None and not 0 < size <= layout.MAX_NAME:
            raise CorruptError("corrupt: the size of a name is beyond all bounds")
        return None if size is None else (start, start + size)

    def _read_block_header(self) -> tuple[BlockHeader, bytes] | None:
        if not self._buffer:
            return None
        kind = self._buffer[0]
        lanes, stripe, network = _lanes(kind)
        start = 2 if kind & layout.KIND_OPTIONS else 1
        if len(self._buffer) < start:
            return None
        options = _options(self._buffer[1], kind) if start == 2 else {}
        raw_size, after = self._peek_varint(start)
        if raw_size is None:
            return None
        coded_size, after = (None, after) if lanes is None else self._peek_varint(after)
        if lanes is not None and coded_size is None:
            return None
        run = lanes is None and kind >> layout.KIND_STRIPE_SHIFT == layout.STRIPE_RUN
        last = bool(kind & layout.KIND_LAST)
        header = BlockHeader(last, raw_size, coded_size, lanes, stripe, network, run=run, **options)
        _check_sizes(header)
        self._check_place(header)
        self._on_block(header)
        return header, self._take(after)

    def _check_place(self, header: BlockHeader) -> None:
        if header.raw_size == 0 and (self._blocks_seen or not header.last):
            raise CorruptError("corrupt: an empty block that is not a whole member")
        if header.restart and self._blocks_seen and not self._index.sections:
            raise CorruptError("corrupt: a restart point in a member without an index")
        if header.last and self._index.sections:
            raise CorruptError("corrupt: restart points without an index")

    def _peek_varint(
        self, start: int, longest: int = _MAX_VARINT, what: str = "a block size"
    ) -> tuple[int | None, int]:
        """The varint at `start` of the buffer, None where it is not whole yet, and where it ends."""
        for end in range(start + 1, min(len(self._buffer), start + longest) + 1):
            encoded = bytes(self._buffer[start:end])
            if varint_is_whole(encoded):
                if not varint_is_shortest(encoded):
                    raise CorruptError(f"corrupt: {what} is written too long")
                return read_varint(encoded), end
        if len(self._buffer) >= start + longest:
            raise CorruptError(f"corrupt: {what} is beyond all bounds")
        return None, start

    def _read_block(self, header: BlockHeader, header_bytes: bytes) -> Block | None:
        if len(self._buffer) < header.payload_size + layout.CHECK_SIZE:
            return None
        return self._end_block(header, header_bytes, self._take(header.payload_size))

    def _end_block(self, header: BlockHeader, header_bytes: bytes, payload: bytes) -> Block:
        check = self._take_check()
        size = len(header_bytes) + header.payload_size + layout.CHECK_SIZE
        size += 0 if self._blocks_seen else self._origin_size
        self._block = None
        self._blocks_seen += 1
        self.ended = header.last
        self._index.note(header, size, check)
        return Block(header, header_bytes, payload, check)

    def _read_index(self) -> IndexSeen | None:
        """Compared as it comes: it can only be what the blocks make it."""
        expected = self._expected = self._expected or self._index.write(self._encoded_header)
        found = bytes(self._buffer[: len(expected)])
        if found != expected[: len(found)]:
            raise CorruptError("corrupt: the index does not match the blocks")
        if len(found) < len(expected):
            return None
        self._take(len(expected))
        self.ended = True
        return IndexSeen(len(expected))

    def _take_check(self) -> int:
        return int.from_bytes(self._take(layout.CHECK_SIZE), "little")

    def _take(self, count: int) -> bytes:
        taken = bytes(self._buffer[:count])
        del self._buffer[:count]
        return taken


def read_header(encoded: bytes) -> Beginning:
    """That of a member, in all its bytes.

    Raises:
        NotBytezipError, UnsupportedError.
    """
    _check_header(encoded)
    return Beginning(Header(encoded[len(layout.MAGIC)] >> 4, encoded[-layout.MODEL_ID_SIZE :]), encoded)


def _check_header(beginning: bytes) -> None:
    """Of as much as there is."""
    magic = beginning[: len(layout.MAGIC)]
    if not layout.MAGIC.startswith(magic):
        raise NotBytezipError
    version = beginning[len(layout.MAGIC) : len(layout.MAGIC) + 1]
    if version and version[0] & 15 != layout.VERSION:
        raise UnsupportedError(f"format version {version[0] & 15} is not known to this bytezip")
    if version and version[0] >> 4 > layout.MAX_PROFILE:
        raise UnsupportedError(f"profile {version[0] >> 4} is not known to this bytezip")


def _origin(name: bytes, mtime: bytes) -> Origin:
    """From the two fields, each empty where it is left out."""
    if name and not layout.is_name(name):
        raise CorruptError("corrupt: the stored name is not the name of a file")
    return Origin.of(name or None, int.from_bytes(mtime, "little", signed=True) if mtime else None)


def _lanes(kind: int) -> tuple[int | None, int | None, bool]:
    """Lanes, stripe, and whether the network is asked."""
    lanes_log = kind >> layout.KIND_LANES_SHIFT & 7
    stripe_log = kind >> layout.KIND_STRIPE_SHIFT
    if lanes_log == layout.LANES_STORED:
        if stripe_log not in (0, layout.STRIPE_RUN):
            raise CorruptError("corrupt: a block of an unknown kind")
        return None, None, True
    stripe = 1 << stripe_log + layout.MIN_STRIPE_LOG
    if lanes_log == layout.LANES_WITHOUT_NETWORK:
        return 1, stripe, False
    return 1 << lanes_log, stripe, True


def _options(options: int, kind: int) -> dict[str, Any]:
    """Fields of a block header by name."""
    hint = options & layout.MAX_HINT
    restart = bool(options & layout.OPTION_RESTART)
    place = options >> layout.OPTION_CAPACITY_SHIFT
    stored = kind >> layout.KIND_LANES_SHIFT & 7 == layout.LANES_STORED
    last = bool(kind & layout.KIND_LAST)
    if not options or (hint and stored) or (restart and last) or (place and not restart):
        raise CorruptError("corrupt: a block with impossible options")
    return {"hint": hint, "restart": restart, "capacity": layout.CAPACITIES[place]}


def _check_sizes(header: BlockHeader) -> None:
    if header.raw_size > layout.MAX_BLOCK:
        raise CorruptError("corrupt: a block size is beyond all bounds")
    if header.run and header.raw_size < 2:
        raise CorruptError("corrupt: a run of less than two bytes")
    longest = header.raw_size - 1 if header.last else header.raw_size
    if header.coded_size is not None and not 0 < header.coded_size <= longest:
        raise CorruptError("corrupt: a coded block that is not smaller than its content")
