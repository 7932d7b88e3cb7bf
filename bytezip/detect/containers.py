"""The members of containers, from their own headers: exact offsets, and names.

Knows: tar, ar, ZIP and PDF; sources.  Does not know: what the members are.
"""

from __future__ import annotations

import re
import struct
from collections.abc import Iterator
from typing import NamedTuple

from bytezip.detect.families import ZIPS, tar_sum_holds
from bytezip.detect.source import Source

MOST_PARTS = 2000  # members that are told of one container
_END_SIZE = 22 + (1 << 16)  # of a ZIP file's end record, with the longest comment
_TAR_LONG_NAME, _TAR_FILE = b"L", (b"0", b"\0", b"7")


class Part(NamedTuple):
    """A stretch of a container. format: known from the container, or None. name: of the member, or empty."""

    offset: int
    size: int
    format: str | None
    name: str = ""

    @property
    def end(self) -> int:
        return self.offset + self.size


def parts_of(kind: str, source: Source, offset: int, end: int) -> list[Part]:
    """Parts in the order of their offsets, without gaps, of a container of this format; empty where it is none."""
    walk = _WALKS.get(kind)
    if walk is None:
        return []
    parts: list[Part] = []
    at = offset
    for part in walk(source, offset, end):
        if len(parts) >= MOST_PARTS or part.offset < at or part.end > end:
            break
        if part.offset > at:
            parts.append(Part(at, part.offset - at, kind))
        if part.size:
            parts.append(part)
        at = part.end
    if parts and at < end:
        parts.append(Part(at, end - at, kind if len(parts) < MOST_PARTS else None))
    return parts


def _tar(source: Source, offset: int, end: int) -> Iterator[Part]:
    long_name = ""
    while offset + 512 <= end:
        header = source.read(offset, 512)
        if not tar_sum_holds(header):
            return
        size = _tar_size(header[124:136])
        if size is None:
            return
        kind = header[156:157]
        name = long_name or _tar_name(header)
        long_name = ""
        if kind == _TAR_LONG_NAME:
            long_name = source.read(offset + 512, min(size, 4096)).rstrip(b"\0").decode("utf-8", "replace")
        yield Part(offset, 512, "tar", "")
        if kind in _TAR_FILE and size:
            yield Part(offset + 512, min(size, end - offset - 512), None, name)
        offset += 512 + (size + 511) // 512 * 512


def _tar_size(field: bytes) -> int | None:
    """Octal digits, or a big number behind a bit of its own."""
    if field[0] & 0x80:
        return int.from_bytes(field[1:], "big")
    try:
        return int(field.rstrip(b"\0 ") or b"0", 8)
    except ValueError:
        return None


def _tar_name(header: bytes) -> str:
    name = header[:100].split(b"\0")[0]
    prefix = header[345:500].split(b"\0")[0] if header[257:262] == b"ustar" else b""
    return (prefix + b"/" * bool(prefix) + name).decode("utf-8", "replace")


def _ar(source: Source, offset: int, end: int) -> Iterator[Part]:
    offset += 8
    while offset + 60 <= end:
        header = source.read(offset, 60)
        digits = header[48:58].strip()
        if header[58:60] != b"`\n" or not digits.isdigit():
            return
        size = int(digits)
        yield Part(offset, 60, "ar")
        name = header[:16].decode("latin-1").rstrip().rstrip("/")
        yield Part(offset + 60, min(size, end - offset - 60), None, name)
        offset += 60 + size + size % 2


def _zip(source: Source, offset: int, end: int) -> Iterator[Part]:
    """By the directory at the end, which alone is sure of all sizes; a program may stand before the archive."""
    tail_at = max(offset, end - _END_SIZE)
    tail = source.read(tail_at, end - tail_at)
    found = tail.rfind(b"PK\5\6")
    if found < 0 or found + 22 > len(tail):
        return
    count, size, start = struct.unpack_from("<HII", tail, found + 10)
    shift = tail_at + found - size - start - offset  # what stands before the archive
    if shift < 0 or not 0 < size < 1 << 26:
        return
    yield from _zip_entries(source, source.read(offset + shift + start, size), count, offset + shift)


def _zip_entries(source: Source, directory: bytes, count: int, base: int) -> Iterator[Part]:
    entries = []
    at = 0
    for _ in range(min(count, MOST_PARTS)):
        if directory[at : at + 4] != b"PK\1\2" or at + 46 > len(directory):
            break
        method = struct.unpack_from("<H", directory, at + 10)[0]
        packed = struct.unpack_from("<I", directory, at + 20)[0]
        name_size, extra, comment = struct.unpack_from("<HHH", directory, at + 28)
        where = struct.unpack_from("<I", directory, at + 42)[0]
        entries.append((where, packed, method, directory[at + 46 : at + 46 + name_size].decode("utf-8", "replace")))
        at += 46 + name_size + extra + comment
    for where, packed, method, name in sorted(entries):
        local = source.read(base + where, 30)
        if local[:4] != b"PK\3\4" or len(local) < 30:
            return
        start = base + where + 30 + sum(struct.unpack_from("<HH", local, 26))
        yield Part(base + where, start - base - where, "zip")
        if packed:
            yield Part(start, packed, None if method == 0 else "compressed", name)


_STREAM = re.compile(rb"(<<(?:[^<>]|<[^<]|<<[^<>]*>>|>[^>]){0,2000}>>)\s*stream\r?\n")
_LARGEST_PDF = 1 << 26  # bytes that are searched for streams


def _pdf(source: Source, offset: int, end: int) -> Iterator[Part]:
    """Streams by the words around them, and by the filter that each names."""
    data = source.read(offset, min(end - offset, _LARGEST_PDF))
    at = 0
    while match := _STREAM.search(data, at):
        at = data.find(b"endstream", match.end())
        if at < 0:
            return
        size = len(data[match.end() : at].rstrip(b"\r\n")) if at - match.end() < 4096 else at - match.end()
        yield Part(offset + match.end(), size, _filtered(match[1]))


def _filtered(dictionary: bytes) -> str | None:
    for name, kind in ((b"/DCTDecode", "jpeg"), (b"/JPXDecode", "jpeg2000"), (b"Decode", "compressed")):
        if name in dictionary:
            return kind
    return None


_WALKS = {"pdf": _pdf, "tar": _tar, "ar": _ar, "deb": _ar} | dict.fromkeys(ZIPS, _zip)
