"""The two kinds of field that take more than a shift: varints and the chain of checks."""

from __future__ import annotations

import zlib
from copy import copy

_MORE = 0x80


def write_varint(value: int) -> bytes:
    """LEB128: seven bits a byte, lowest first, the high bit set on all bytes but the last."""
    encoded = bytearray()
    while value >= _MORE:
        encoded.append(value & (_MORE - 1) | _MORE)
        value >>= 7
    return bytes([*encoded, value])


def varint_is_whole(encoded: bytes) -> bool:
    """Whether the last byte of a varint is there."""
    return bool(encoded) and encoded[-1] < _MORE


def varint_is_shortest(encoded: bytes) -> bool:
    return len(encoded) == 1 or encoded[-1] != 0


def read_varint(encoded: bytes) -> int:
    return sum((byte & (_MORE - 1)) << (7 * place) for place, byte in enumerate(encoded))


class CheckChain:
    """The checks of a member: each covers its block and all that came before it.

    CRC-32 (as in zlib, gzip and PNG) over the header, the whole SHA-256 of the model, and then for each block its
    header, its payload, and its raw bytes where they are not the payload. So blocks can be neither changed nor
    dropped nor swapped, and a wrong model with the right id is found out.

    The record of a member's origin, where there is one, stands before them, with a check of its own.

    At a restart point the chain begins anew, bound to the place of the point: what follows can be checked without what
    came before, and the index holds the sections together.
    """

    def __init__(self, header: bytes, model_sha256: bytes) -> None:
        self._value = self._beginning = zlib.crc32(model_sha256, zlib.crc32(header))

    def origin(self, record: bytes) -> int:
        """The check of the record of the origin, before any block."""
        self._value = zlib.crc32(record, self._value)
        return self._value

    def section(self, raw_offset: int) -> CheckChain:
        """That of the section that begins behind `raw_offset` bytes of content; the first one covers the origin."""
        chain = copy(self)
        chain._value = zlib.crc32(raw_offset.to_bytes(8, "little"), self._beginning if raw_offset else self._value)
        return chain

    def block(self, header: bytes, payload: bytes, raw: bytes | None) -> int:
        """The check of the next block; raw is None where it is the payload."""
        value = zlib.crc32(payload, zlib.crc32(header, self._value))
        self._value = value if raw is None else zlib.crc32(raw, value)
        return self._value
