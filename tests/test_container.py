"""The container: the reader gives back what the writer wrote, and refuses everything else."""

import re
import tracemalloc
from collections.abc import Iterator, Sequence
from dataclasses import fields, replace
from pathlib import Path

import pytest
from hypothesis import assume, given
from hypothesis import strategies as st

from bytezip.container import layout
from bytezip.container.fields import CheckChain, read_varint, varint_is_shortest, varint_is_whole, write_varint
from bytezip.container.index import MARK, Index
from bytezip.container.layout import BlockHeader, Header, Origin
from bytezip.container.reader import Beginning, Block, Event, IndexSeen, MemberReader, OriginSeen
from bytezip.container.writer import write_block_header, write_check, write_header, write_origin
from bytezip.detect.labels import EMPTY, MODALITIES, UNKNOWN
from bytezip.errors import BytezipError, CorruptError, FormatError, NotBytezipError, TruncatedError, UnsupportedError

MODEL_ID = b"\x01\x02\x03"
MODEL_SHA = MODEL_ID + bytes(29)
HEADER = write_header(Header(2, MODEL_ID))
MANUAL = Path(__file__).parent.parent / "man" / "bytezip.5"


Member = list[tuple[BlockHeader, bytes]]


@st.composite
def blocks(draw: st.DrawFn, last: bool) -> tuple[BlockHeader, bytes]:
    """A block header that the writer may be given, and a payload for it."""
    payload = draw(st.binary(min_size=1, max_size=40))
    if draw(st.integers(0, 4)) == 0:
        return BlockHeader(last, draw(st.integers(2, layout.MAX_BLOCK)), run=True), payload[:1]
    if draw(st.booleans()):
        return BlockHeader(last, len(payload)), payload
    raw_size = draw(st.integers(len(payload) + last, layout.MAX_BLOCK))
    lanes, stripe = 1 << draw(st.integers(0, 5)), 1 << draw(st.integers(8, 15))
    return BlockHeader(last, raw_size, len(payload), lanes, stripe, hint=draw(st.integers(0, 15))), payload


@st.composite
def members(draw: st.DrawFn) -> Member:
    if draw(st.integers(0, 9)) == 0:
        return [(BlockHeader(True, 0), b"")]
    if draw(st.booleans()):
        return draw(st.lists(blocks(last=False), min_size=1, max_size=5).flatmap(sectioned))
    return [*draw(st.lists(blocks(last=False), max_size=3)), draw(blocks(last=True))]


@st.composite
def sectioned(draw: st.DrawFn, member: Member) -> Member:
    """The same with restart points, of which the first block is one."""
    points = [True, *(draw(st.booleans()) for _ in member[1:])]
    return [
        (replace(header, restart=True, capacity=draw(st.sampled_from(layout.CAPACITIES))) if point else header, payload)
        for (header, payload), point in zip(member, points, strict=True)
    ]


@st.composite
def origins(draw: st.DrawFn) -> Origin | None:
    """None, or what a writer may be given. Names are any bytes that may be one."""
    name = draw(st.none() | st.binary(min_size=1, max_size=255).filter(layout.is_name))
    mtime = draw(st.none() | st.integers(-(1 << 63), (1 << 63) - 1))
    return None if name is None and mtime is None else Origin.of(name, mtime)


def write(member: Member, origin: Origin | None = None) -> bytes:
    """A member whose checks are numbers of no meaning: the reader does not judge them."""
    parts = [write_block_header(header) + payload + write_check(len(payload)) for header, payload in member]
    return HEADER + record(origin) + b"".join(parts) + index_of(member, origin)


def record(origin: Origin | None) -> bytes:
    return b"" if origin is None else write_origin(origin) + write_check(77)


def index_of(member: Member, origin: Origin | None = None) -> bytes:
    index = Index()
    before = len(record(origin))
    for header, payload in member:
        index.note(header, before + len(write_block_header(header)) + len(payload) + layout.CHECK_SIZE, len(payload))
        before = 0
    return index.write(HEADER)


def read(reader: MemberReader, data: bytes, step: int) -> Iterator[Event]:
    for at in range(0, len(data), step):
        reader.feed(data[at : at + step])
        yield from reader.events()


@given(members(), origins(), st.binary(max_size=20), st.integers(1, 50) | st.just(1 << 20))
def test_the_reader_undoes_the_writer_however_the_bytes_are_cut(
    member: Member, origin: Origin | None, rest: bytes, step: int
) -> None:
    reader = MemberReader()
    events = list(read(reader, write(member, origin) + rest, step))
    reader.close()
    assert events[0] == Beginning(Header(2, MODEL_ID), HEADER)
    assert events[1:] == [
        *([] if origin is None else [OriginSeen(origin, write_origin(origin), 77)]),
        *(Block(header, write_block_header(header), payload, len(payload)) for header, payload in member),
        *([IndexSeen(len(index_of(member, origin)))] if member[0][0].restart else []),
    ]
    assert (reader.ended, reader.rest) == (True, rest)


@given(members(), origins(), st.integers(1, 8))
def test_every_beginning_is_truncated_and_yields_a_beginning_of_the_events(
    member: Member, origin: Origin | None, step: int
) -> None:
    whole = write(member, origin)
    events = list(read(MemberReader(), whole, len(whole)))
    for size in range(len(whole)):
        reader = MemberReader()
        found = list(read(reader, whole[:size], step))
        assert found == events[: len(found)]
        assert not reader.ended
        assert reader.rest == b""
        with pytest.raises(TruncatedError):
            reader.close()


@given(st.binary(max_size=12))
def test_a_block_header_that_is_read_is_one_that_is_written(data: bytes) -> None:
    reader = MemberReader()
    reader.feed(HEADER + data + bytes(1 << 10))
    try:
        found = [event for event in reader.events() if isinstance(event, Block)]
    except CorruptError:
        return
    assume(found)
    assert write_block_header(found[0].header) == found[0].header_bytes


@pytest.mark.parametrize("profile", range(layout.MAX_PROFILE + 1))
def test_a_header_is_read_as_it_was_written(profile: int) -> None:
    header = Header(profile, MODEL_ID)
    assert list(read(MemberReader(), write_header(header), 1)) == [Beginning(header, write_header(header))]


def test_the_kinds_that_are_read_are_those_that_are_written() -> None:
    stored = {write_block_header(BlockHeader(last, 2, run=run)) for last in (False, True) for run in (False, True)}
    coded = {
        write_block_header(BlockHeader(last, 2, 1, 1 << lanes, 1 << stripe))
        for last in (False, True) for lanes in range(6) for stripe in range(8, 16)
    }  # fmt: skip
    alone = {
        write_block_header(BlockHeader(last, 2, 1, 1, 1 << stripe, network=False))
        for last in (False, True) for stripe in range(8, 16)
    }  # fmt: skip
    assert len(stored | coded | alone) == 2 * 2 + 2 * 7 * 8
    for kind in (kind for kind in range(256) if not kind & layout.KIND_OPTIONS and kind != layout.KIND_ORIGIN):
        encoded = bytes([kind, 2] if kind >> layout.KIND_LANES_SHIFT & 7 == layout.LANES_STORED else [kind, 2, 1])
        reader = MemberReader()
        reader.feed(HEADER + encoded + bytes(6))
        if encoded in stored | coded | alone:
            assert len(list(reader.events())) > 1
        else:
            with pytest.raises(CorruptError):
                list(reader.events())


def test_the_options_that_are_read_are_those_that_are_written() -> None:
    fields = [(hint, False, 1 << 24) for hint in range(16)]
    fields += [(hint, True, capacity) for hint in range(16) for capacity in layout.CAPACITIES]
    written = {write_block_header(BlockHeader(False, 2, 1, 1, 256, True, *field)) for field in fields}
    written |= {write_block_header(BlockHeader(True, 2, 1, 1, 256, hint=hint)) for hint in range(16)}
    written |= {write_block_header(BlockHeader(False, 2, restart=True, capacity=each)) for each in layout.CAPACITIES}
    assert len(written) == 16 + 16 * 8 + 16 + 8
    for kind, options in ((kind, options) for kind in (2, 3, 0x1E, 0x1F) for options in range(256)):
        encoded = bytes([kind, options, 2, 1] if kind < 4 else [kind, options, 2])
        reader = MemberReader()
        reader.feed(HEADER + encoded + bytes(6))
        if encoded in written:
            assert len(list(reader.events())) > 1
        else:
            with pytest.raises(CorruptError):
                list(reader.events())


NAMES = [b"a", b"f.txt", b"...", b"-rf", b"\\", b"\xff\xfe", b"a b", "\u00fc\U0001f600".encode(), b"n" * 255]
NO_NAMES = [
    b"", b"n" * 256, b".", b"..", b"/", b"a/b", b"../a", b"/etc/passwd", b"a\0", b"a\nb", b"\x1b[2J", b"\x7f", b"\r",
]  # fmt: skip


@pytest.mark.parametrize("name", NAMES)
def test_names_that_are_stored(name: bytes) -> None:
    origin = Origin.of(name, None)
    assert origin.encoded_name == name
    events = list(read(MemberReader(), write([(BlockHeader(True, 0), b"")], origin), 1))
    assert isinstance(events[1], OriginSeen)
    assert events[1].origin == origin


@pytest.mark.parametrize("name", NO_NAMES)
def test_names_that_would_leave_their_folder_or_upset_a_terminal_are_neither_written_nor_read(name: bytes) -> None:
    with pytest.raises(ValueError, match="is not the name of a file"):
        Origin.of(name, 0)
    forged = HEADER + bytes([layout.KIND_ORIGIN, 3]) + write_varint(len(name)) + name + bytes(12)
    with pytest.raises(CorruptError, match="name"):
        list(read(MemberReader(), forged + LAST_STORED + bytes(5), 1 << 20))


@pytest.mark.parametrize("time", [-(1 << 63) - 1, 1 << 63])
def test_times_that_are_not_stored(time: int) -> None:
    with pytest.raises(ValueError, match="mtime_ns"):
        Origin("a", time)
    with pytest.raises(ValueError, match="a name, a time, or both"):
        Origin()


@given(st.binary(max_size=24))
def test_an_origin_that_is_read_is_one_that_is_written(data: bytes) -> None:
    reader = MemberReader()
    reader.feed(HEADER + bytes([layout.KIND_ORIGIN]) + data + bytes(300))
    try:
        found = [event for event in reader.events() if isinstance(event, OriginSeen)]
    except CorruptError:
        return
    assume(found)
    assert write_origin(found[0].origin) == found[0].encoded


CODED = b"\0"
STORED = bytes([layout.LANES_STORED << layout.KIND_LANES_SHIFT])
ORIGIN = bytes([layout.KIND_ORIGIN])
LAST_STORED = bytes([STORED[0] | layout.KIND_LAST])
REFUSED = {
    "nothing like it": (b"GIF89a\1", NotBytezipError),
    "one wrong byte": (b"\x1f", NotBytezipError),
    "magic off by a bit": (b"\xbf\x62\x7b", NotBytezipError),
    "newer version": (HEADER[:3] + b"\1" + MODEL_ID, UnsupportedError),
    "newer version, known profile": (HEADER[:3] + b"\x1f" + MODEL_ID, UnsupportedError),
    "unknown profile": (HEADER[:3] + b"\x30" + MODEL_ID, UnsupportedError),
    "newer version, cut": (HEADER[:3] + b"\xff", UnsupportedError),
    "stored with a stripe": (HEADER + b"\x3c", CorruptError),
    "stored with a hint": (HEADER + b"\x1e\1", CorruptError),
    "an origin of nothing": (HEADER + ORIGIN + b"\0", CorruptError),
    "an origin with unknown fields": (HEADER + ORIGIN + b"\7", CorruptError),
    "a loose size of a name": (HEADER + ORIGIN + b"\1\x81\0", CorruptError),
    "a name without an end": (HEADER + ORIGIN + b"\1\xff\xff", CorruptError),
    "a second origin": (HEADER + ORIGIN + b"\1\1n\0\0\0\0" + ORIGIN, CorruptError),
    "an origin behind blocks": (HEADER + STORED + b"\1abcde" + ORIGIN, CorruptError),
    "the kind of an origin with options": (HEADER + b"\x5e\1\1", CorruptError),
    "the kind of an origin, the last": (HEADER + b"\x5d\1\1", CorruptError),
    "a run of one byte": (HEADER + b"\x7c\1", CorruptError),
    "a run of nothing": (HEADER + b"\x7d\0", CorruptError),
    "a run with a hint": (HEADER + b"\x7e\1", CorruptError),
    "a run, one byte too long": (HEADER + b"\x7c" + write_varint((1 << 24) + 1), CorruptError),
    "loose raw size": (HEADER + STORED + b"\x81\0", CorruptError),
    "loose zero": (HEADER + LAST_STORED + b"\x80\0", CorruptError),
    "loose options": (HEADER + b"\2\0", CorruptError),
    "a capacity without a restart point": (HEADER + b"\2\x20", CorruptError),
    "a restart point in a last block": (HEADER + b"\3\x10", CorruptError),
    "a restart point behind other blocks": (HEADER + STORED + b"\1abcde\2\x10\2\1", CorruptError),
    "an index of nothing": (HEADER + b"\x3d", CorruptError),
    "an index behind blocks without restart points": (HEADER + STORED + b"\1abcde\x3d", CorruptError),
    "a last block behind restart points": (HEADER + b"\x1e\x10\1abcde\1\2\1", CorruptError),
    "loose coded size": (HEADER + CODED + b"\x09\x81\0", CorruptError),
    "the last one coded as long as raw": (HEADER + b"\1\5\5", CorruptError),
    "coded longer than raw": (HEADER + CODED + b"\5\6", CorruptError),
    "coded in no bytes": (HEADER + CODED + b"\5\0", CorruptError),
    "coded emptiness": (HEADER + CODED + b"\0\0", CorruptError),
    "empty block in the middle": (HEADER + STORED + b"\0", CorruptError),
    "stored, one byte too long": (HEADER + STORED + write_varint((1 << 24) + 1), CorruptError),
    "coded, one byte too long": (HEADER + CODED + write_varint((1 << 24) + 1) + b"\1", CorruptError),
    "stored, 2^60 bytes": (HEADER + STORED + write_varint(1 << 60), CorruptError),
    "coded, 2^60 bytes": (HEADER + CODED + write_varint(1 << 60), CorruptError),
    "an endless size": (HEADER + STORED + b"\xff" * 4, CorruptError),
}


@pytest.mark.parametrize(("data", "error"), REFUSED.values(), ids=REFUSED.keys())
@pytest.mark.parametrize("step", [1, 1 << 20], ids=["byte by byte", "whole"])
def test_what_the_writer_cannot_write_is_refused(data: bytes, error: type[FormatError], step: int) -> None:
    with pytest.raises(error) as raised:
        list(read(MemberReader(), data, step))
    assert_is_one_line(raised.value)


def test_a_payload_that_begins_as_an_origin_does_is_none() -> None:
    data = HEADER + bytes([*LAST_STORED, 1, layout.KIND_ORIGIN]) + bytes(4)
    assert [type(event) for event in read(MemberReader(), data, 1)] == [Beginning, Block]


def test_an_empty_block_after_others_is_refused() -> None:
    reader = MemberReader()
    with pytest.raises(CorruptError):
        list(read(reader, HEADER + STORED + b"\1a\0\0\0\0" + LAST_STORED + bytes(5), 1))


@pytest.mark.parametrize("size", range(len(HEADER)))
def test_an_input_that_ends_within_the_header_is_truncated(size: int) -> None:
    reader = MemberReader()
    assert list(read(reader, HEADER[:size], 1)) == []
    with pytest.raises(TruncatedError) as raised:
        reader.close()
    assert_is_one_line(raised.value)


def test_a_promise_costs_no_memory() -> None:
    reader = MemberReader()
    tracemalloc.start()
    try:
        reader.feed(HEADER + STORED + write_varint(layout.MAX_BLOCK) + b"a few bytes")
        assert [type(event) for event in reader.events()] == [Beginning]
        assert tracemalloc.get_traced_memory()[1] < 1 << 14
    finally:
        tracemalloc.stop()


@given(st.integers(0, 1 << 70))
def test_a_varint_is_read_as_it_was_written_in_its_one_form(value: int) -> None:
    encoded = write_varint(value)
    assert read_varint(encoded) == value
    assert varint_is_whole(encoded)
    assert varint_is_shortest(encoded)
    assert not any(varint_is_whole(encoded[:size]) for size in range(len(encoded)))
    assert len(encoded) == max(1, -(-value.bit_length() // 7))


# The chain of checks, over stored blocks and over blocks whose "code" is a part of their content.

CONTENT = [(b"first", b"fi"), (b"second", None), (b"third and last", b"third")]


def archive(content: Sequence[tuple[bytes, bytes | None]], sha256: bytes = MODEL_SHA) -> bytes:
    chain = CheckChain(HEADER, sha256)
    origin = write_origin(Origin("name", 10**18))
    parts = [HEADER, origin, write_check(chain.origin(origin))]
    for place, (raw, code) in enumerate(content):
        last = place == len(content) - 1
        header = BlockHeader(last, len(raw), *((len(code), 8, 1024) if code else ()))
        encoded, payload = write_block_header(header), code or raw
        parts += [encoded, payload, write_check(chain.block(encoded, payload, raw if code else None))]
    return b"".join(parts)


def verify(data: bytes, sha256: bytes = MODEL_SHA) -> None:
    """Reads an archive of CONTENT as a codec would."""
    reader = MemberReader()
    decoded = {code: raw for raw, code in CONTENT if code}
    for event in read(reader, data, 7):
        if isinstance(event, Beginning):
            chain = CheckChain(event.encoded, sha256)
            continue
        if isinstance(event, OriginSeen):
            if chain.origin(event.encoded) != event.check:
                raise CorruptError("corrupt: the origin does not match its check")
            continue
        assert isinstance(event, Block)
        raw = None if event.header.coded_size is None else decoded.get(event.payload, b"?")
        if chain.block(event.header_bytes, event.payload, raw) != event.check:
            raise CorruptError("corrupt: a block does not match its check")
    reader.close()


def test_every_flipped_bit_is_noticed() -> None:
    good = archive(CONTENT)
    verify(good)
    for bit in range(8 * len(good)):
        bad = bytearray(good)
        bad[bit // 8] ^= 1 << bit % 8
        with pytest.raises(FormatError):
            verify(bytes(bad))


def test_blocks_are_bound_to_their_order_and_to_the_model() -> None:
    stored = [(b"one!", None), (b"two!", None), (b"end!", None)]
    size = len(write_block_header(BlockHeader(False, 4))) + 4 + layout.CHECK_SIZE
    data = archive(stored)
    begin = len(data) - 3 * size
    first, second, end = (data[at : at + size] for at in range(begin, len(data), size))
    verify(data[:begin] + first + second + end)
    for shuffled in (second + first + end, first + end, end, first + first + second + end):
        with pytest.raises(CorruptError):
            verify(data[:begin] + shuffled)
    with pytest.raises(CorruptError):
        verify(HEADER + first + second + end)  # without the origin, which the blocks are bound to, too
    with pytest.raises(CorruptError):
        verify(data, MODEL_SHA[:-1] + b"\1")


# Errors and the manual.


def assert_is_one_line(error: BytezipError) -> None:
    for text in (str(error), error.hint or "a hint"):
        assert re.fullmatch(r"[^A-Z\n][^\n]*[^.\n]", text), text


def test_the_manual_names_every_field() -> None:
    manual = MANUAL.read_text()
    names = [field.name for record in (Header, Origin, BlockHeader) for field in fields(record)]
    for name in [
        *names,
        "magic",
        "version",
        "kind",
        "options",
        "payload",
        "check",
        "origin_kind",
        "fields",
        "origin_check",
        "index_kind",
        "index_check",
        "mark",
    ]:
        assert re.search(rf"\b{name}\b", manual), name
    constants = {
        "magic": layout.MAGIC.hex(" ").upper(),
        "version": f"version {layout.VERSION}",
        "longest block": f"2^{layout.MAX_BLOCK.bit_length() - 1}",
        "most lanes": str(1 << layout.MAX_LANES_LOG),
        "longest stripe": str(1 << layout.MAX_STRIPE_LOG),
        "shortest stripe": str(1 << layout.MIN_STRIPE_LOG),
        "kind of an index": f"{layout.KIND_INDEX:02X}, ",
        "kind of an origin": f"{layout.KIND_ORIGIN:02X}, ",
        "mark of an index": MARK.hex(" ").upper(),
    }
    for name, text in constants.items():
        assert text in manual, name
    for value, name in enumerate(layout.HINTS):
        assert f".It {value} Ta {name or 'not stated'} Ta " in manual


def test_hints_are_the_modalities_of_detect() -> None:
    assert ("", *MODALITIES[: layout.MAX_HINT]) == layout.HINTS
    assert set(MODALITIES[layout.MAX_HINT :]) == {EMPTY, UNKNOWN}
