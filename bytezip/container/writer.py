"""Records to bytes; the mirror of `reader.py`."""

from __future__ import annotations

from bytezip.container import layout
from bytezip.container.fields import write_varint
from bytezip.container.layout import BlockHeader, Header, Origin


def write_header(header: Header) -> bytes:
    assert len(header.model_id) == layout.MODEL_ID_SIZE
    return layout.MAGIC + bytes([layout.VERSION | header.profile << 4]) + header.model_id


def write_origin(origin: Origin) -> bytes:
    """All but its check."""
    fields, name, mtime = 0, b"", b""
    if origin.name is not None:
        fields |= layout.ORIGIN_NAME
        name = write_varint(len(origin.encoded_name)) + origin.encoded_name
    if origin.mtime_ns is not None:
        fields |= layout.ORIGIN_MTIME
        mtime = origin.mtime_ns.to_bytes(layout.MTIME_SIZE, "little", signed=True)
    return bytes([layout.KIND_ORIGIN, fields]) + name + mtime


def write_block_header(header: BlockHeader) -> bytes:
    return _kind(header) + write_varint(header.raw_size) + _coded_size(header)


def write_check(check: int) -> bytes:
    return check.to_bytes(layout.CHECK_SIZE, "little")


def _kind(header: BlockHeader) -> bytes:
    """Kind and options, these only where there is one."""
    kind = _lanes(header) | (layout.KIND_LAST if header.last else 0)
    options = _options(header)
    return bytes([kind | layout.KIND_OPTIONS, options] if options else [kind])


def _options(header: BlockHeader) -> int:
    assert 0 <= header.hint <= (layout.MAX_HINT if header.lanes else 0)
    assert not (header.restart and header.last)
    assert header.restart or header.capacity == layout.CAPACITIES[0]
    capacity = layout.CAPACITIES.index(header.capacity) << layout.OPTION_CAPACITY_SHIFT
    return header.hint | (layout.OPTION_RESTART if header.restart else 0) | capacity


def _lanes(header: BlockHeader) -> int:
    if header.lanes is None or header.stripe is None:
        assert not header.run or header.raw_size > 1
        stripe = layout.STRIPE_RUN if header.run else 0
        return layout.LANES_STORED << layout.KIND_LANES_SHIFT | stripe << layout.KIND_STRIPE_SHIFT
    assert not header.run
    assert header.network or header.lanes == 1
    lanes_log = header.lanes.bit_length() - 1 if header.network else layout.LANES_WITHOUT_NETWORK
    stripe_log = header.stripe.bit_length() - 1 - layout.MIN_STRIPE_LOG
    return lanes_log << layout.KIND_LANES_SHIFT | stripe_log << layout.KIND_STRIPE_SHIFT


def _coded_size(header: BlockHeader) -> bytes:
    return b"" if header.coded_size is None else write_varint(header.coded_size)
