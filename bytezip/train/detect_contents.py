"""What stands inside of files, by proof: streams that inflate to their end, members by their headers, pictures, fonts.

A fragment of a PNG is a piece of a zlib stream, and says nothing else; one of a tar is a piece of a member. What is
told here comes from structure alone, never from a classifier, so that it may be held against one.

Knows: layouts of containers, zlib.  Does not know: models.
"""

from __future__ import annotations

import re
import struct
import zlib
from collections.abc import Iterator
from typing import NamedTuple

from bytezip.detect.families import member_within
from bytezip.detect.signatures import find_signature
from bytezip.train.detect_items import format_by_extension

PACKED = "compressed"
_SHORTEST = 64  # bytes of a stream: shorter ones may be there by chance
_STARTS = re.compile(rb"\x78[\x01\x5e\x9c\xda]|\x1f\x8b\x08[\0\x08]")
_ZIP_MEMBER = re.compile(rb"PK\x03\x04")
_PNG = re.compile(rb"\x89PNG\r\n\x1a\n")
_JPEG = re.compile(rb"\xff\xd8\xff[\xc0-\xfe]")
_BASE64 = re.compile(rb"base64,([A-Za-z0-9+/]{256,}={0,2})")
_FONT = re.compile(rb"stream\r?\n(%!(?:PS-AdobeFont|FontType1).*?)\s*endstream", re.DOTALL)
_CODESTREAM = re.compile(rb"\xff\x4f\xff\x51")  # JPEG 2000
_SCAN = 0xDA
_TABLES = frozenset({0xDB, 0xC4})
_FRAMES = frozenset({0xC0, 0xC1, 0xC2})
_HEAD = 1 << 16
_PROGRAMS = {"so": "elf", "o": "elf", "pyd": "pe", "dll": "pe", "exe": "pe"}  # by the ends of members' names


class Content(NamedTuple):
    """A stretch, from `start` to before `end`, in bytes, and its format."""

    start: int
    end: int
    format: str


def contents_of(data: bytes, kind: str) -> list[Content]:
    """Stretches inside of a file of format `kind` that are of another, sorted, none of which overlap."""
    found: list[Content] = []
    if kind == "tar":
        found += _tar_members(data)
    elif kind == "ar":
        found += _ar_members(data)
    else:
        found += _zip_members(data)
    found += _pngs(data)
    if kind != "jpeg":
        found += _jpegs(data)
    if kind != "jpeg2000":
        found += _codestreams(data)
    if kind == "pdf":
        found += [Content(match.start(1), match.end(1), "type1") for match in _FONT.finditer(data)]
    found += [Content(match.start(1), match.end(1), "base64") for match in _BASE64.finditer(data)]
    found += _streams(data)
    return _apart(found)


def shares(contents: list[Content], start: int, end: int) -> dict[str, float]:
    """By format: how much of the bytes from `start` to before `end` it holds, 0 to 1."""
    held: dict[str, float] = {}
    for content in contents:
        common = min(end, content.end) - max(start, content.start)
        if common > 0:
            held[content.format] = held.get(content.format, 0.0) + common / (end - start)
    return held


def _apart(found: list[Content]) -> list[Content]:
    """The first of those that overlap, which is the outer one but for members of archives, in which others may be."""
    kept: list[Content] = []
    for content in sorted(found, key=lambda content: (content.start, -content.end)):
        if not kept or content.start >= kept[-1].end:
            kept.append(content)
    return kept


def _streams(data: bytes) -> Iterator[Content]:
    """zlib and gzip streams whose check is right, and those that go on without an error to where the data ends."""
    at = 0
    while match := _STARTS.search(data, at):
        at = match.start() + 1
        end = _inflated(data, match.start(), 47)
        if end - match.start() >= _SHORTEST:
            yield Content(match.start(), end, PACKED)
            at = end


def _inflated(data: bytes, start: int, bits: int) -> int:
    """Where the stream that begins at `start` ends; `start` where there is none."""
    inflater = zlib.decompressobj(bits)
    try:
        for at in range(start, len(data), _HEAD):
            inflater.decompress(data[at : at + _HEAD])
            if inflater.eof:
                return at + len(data[at : at + _HEAD]) - len(inflater.unused_data)
    except zlib.error:
        return start
    return len(data) if len(data) - start > 2048 else start


def _zip_members(data: bytes) -> Iterator[Content]:
    for match in _ZIP_MEMBER.finditer(data):
        header = data[match.start() : match.start() + 30]
        if len(header) < 30:
            return
        method = struct.unpack_from("<H", header, 8)[0]
        size = struct.unpack_from("<I", header, 18)[0]
        name, extra = struct.unpack_from("<HH", header, 26)
        start = match.start() + 30 + name + extra
        if method == 8:
            end = _inflated(data, start, -15)
            if end - start >= _SHORTEST:
                yield Content(start, end, PACKED)
        elif method == 0 and 0 < size < len(data):
            yield from _by_signature(data, start, start + size)


def _by_signature(data: bytes, start: int, end: int) -> Iterator[Content]:
    found = find_signature(data[start : min(end, start + _HEAD)])
    if found and found.sound:
        yield Content(start, min(end, len(data)), found.format)


def _tar_members(data: bytes) -> Iterator[Content]:
    at = 0
    while data[at + 257 : at + 262] == b"ustar":
        size = int(data[at + 124 : at + 135].strip(b"\0 ") or b"0", 8)
        start = at + 512
        member = data[at : at + 100].rstrip(b"\0").decode("utf-8", "replace")
        name = format_by_extension(member) or _PROGRAMS.get(member.rpartition(".")[2])
        signed = list(_by_signature(data, start, start + size)) if size else []
        if signed:
            yield from signed
        elif name and size:
            yield Content(start, min(start + size, len(data)), name)
        at = start + (size + 511 & ~511)


def _ar_members(data: bytes) -> Iterator[Content]:
    """From the middle of an archive, those behind the first header in sight."""
    within = member_within(data)
    at = 8 if data.startswith(b"!<arch>\n") else within[1] if within and within[0] == "ar" else len(data)
    while data[at + 58 : at + 60] == b"`\n":
        size = int(data[at + 48 : at + 58].strip() or b"0")
        yield from _by_signature(data, at + 60, at + 60 + size)
        at += 60 + size + (size & 1)


def _pngs(data: bytes) -> Iterator[Content]:
    """Their pixels are one zlib stream in chunks."""
    for match in _PNG.finditer(data):
        at = match.end()
        while at + 12 <= len(data):
            size = int.from_bytes(data[at : at + 4], "big")
            kind = data[at + 4 : at + 8]
            if not kind.isalpha():
                break
            if kind == b"IDAT":
                yield Content(at + 8, min(at + 8 + size, len(data)), PACKED)
            at += 12 + size
            if kind == b"IEND":
                break


def _codestreams(data: bytes) -> Iterator[Content]:
    """JPEG 2000: two marks, the size of the second one's segment by its count of colours, and the mark of the end."""
    for match in _CODESTREAM.finditer(data):
        size, colours = struct.unpack_from(">H34xH", data.ljust(match.start() + 42, b"\0"), match.start() + 4)
        end = data.find(b"\xff\xd9", match.end())
        if size == 38 + 3 * colours and end >= 0:
            yield Content(match.start(), end + 2, "jpeg2000")


def _jpegs(data: bytes) -> Iterator[Content]:
    """Two marks alone are in samples of sound, too: tables and a frame must stand before the scan."""
    for match in _JPEG.finditer(data):
        at, seen = match.start() + 2, set()
        while at + 4 <= len(data) and data[at] == 0xFF and 0xC0 <= data[at + 1] <= 0xFE:
            kind = data[at + 1]
            at += 2 + int.from_bytes(data[at + 2 : at + 4], "big")
            seen.add(kind)
            if kind == _SCAN and not (seen >= _TABLES and seen & _FRAMES):
                break
            if kind == _SCAN:
                end = data.find(b"\xff\xd9", at)
                yield Content(match.start(), len(data) if end < 0 else end + 2, "jpeg")
                break
