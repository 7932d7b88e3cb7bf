"""Where a file ends, by the sizes in its headers and by parts that follow one another.

Knows: how some formats end.  Does not know: how files are found.
"""

from __future__ import annotations

import re
import struct
import zlib
from collections.abc import Callable

from bytezip.detect.families import ZIPS, tar_sum_holds

_PROOF = 512  # bytes that inflate without an error: there is a stream, be its end missing
_PDF_END = b"%%EOF"
_LZ4_BLOCK = 4 << 20


def size_of(kind: str, data: memoryview) -> int | None:
    """Bytes of the file of this format that begins the data; None where it is cut or cannot be told.

    0 where it turns out to be no such file.
    """
    ends = _ENDS.get(kind)
    try:
        return ends(data) if ends else None
    except (struct.error, IndexError):  # within its header
        return None


def _png(data: memoryview) -> int | None:
    at = 8
    while at + 12 <= len(data):
        size, kind = struct.unpack_from(">I4s", data, at)
        if not bytes(kind).isalpha():
            return 0 if at == 8 else None
        at += 12 + size
        if kind == b"IEND":
            return at if at <= len(data) else None
    return None


def _jpeg(data: memoryview) -> int | None:
    """Segments by their sizes; packed data up to a marker that may not stand in it."""
    at, raw = 2, bytes(data[: 1 << 24])
    while at + 4 <= len(raw):
        if raw[at] != 0xFF:
            return 0 if at < 64 else None
        marker = raw[at + 1]
        if marker == 0xD9:
            return at + 2
        at += 2 + int.from_bytes(raw[at + 2 : at + 4], "big")
        if marker == 0xDA:
            following = _SCAN_END.search(raw, at)
            if following is None:
                return None
            at = following.start()
    return None


_SCAN_END = re.compile(rb"\xff[^\x00\xd0-\xd7\xff]")


def _gif(data: memoryview) -> int | None:
    """Blocks of blocks, each with its size in front."""
    at = 13 + (3 << ((data[10] & 7) + 1) if data[10] & 0x80 else 0)
    while at < len(data):
        kind = data[at]
        if kind == 0x3B:
            return at + 1
        if kind == 0x21:
            at += 2
        elif kind == 0x2C and at + 10 < len(data):
            flags = data[at + 9]
            at += 11 + (3 << ((flags & 7) + 1) if flags & 0x80 else 0)
        else:
            return None
        while at < len(data) and data[at]:
            at += 1 + data[at]
        at += 1
    return None


def _riff(data: memoryview) -> int | None:
    size = 8 + int(struct.unpack_from("<I", data, 4)[0])
    return size + size % 2 if size <= len(data) else None


def _gzip(data: memoryview) -> int | None:
    return _inflated(data, 31)


def _inflated(data: memoryview, window: int) -> int | None:
    """What a decompressor takes, a piece at a time, so that nothing large is made; the first piece is the proof."""
    engine = zlib.decompressobj(window)
    at = 0
    try:
        while at < len(data) and not engine.eof:
            piece = data[at : at + (65536 if at else _PROOF)]
            engine.decompress(engine.unconsumed_tail + bytes(piece), 1 << 22)
            while engine.unconsumed_tail and not engine.eof:
                engine.decompress(engine.unconsumed_tail, 1 << 22)
            at += len(piece)
    except zlib.error:
        return None if at else 0
    return at - len(engine.unused_data) if engine.eof else None


def _zip(data: memoryview) -> int | None:
    """Up to the end record that notes where its directory begins: that of this very archive."""
    raw, at = bytes(data), -1
    while (at := raw.find(b"PK\5\6", at + 1)) >= 0 and at + 22 <= len(raw):
        size, start, comment = struct.unpack_from("<IIH", raw, at + 12)
        if size + start == at:
            return at + 22 + int(comment)
    return None


def _pdf(data: memoryview) -> int | None:
    """The last end before another one begins."""
    raw = bytes(data)
    limit = raw.find(b"%PDF-", 5)
    end = raw.rfind(_PDF_END, 0, limit if limit > 0 else len(raw))
    return None if end < 0 else min(len(raw), end + len(_PDF_END) + (raw[end + 5 : end + 6] in (b"\n", b"\r")))


def _elf(data: memoryview) -> int | None:
    """The table of sections stands at the end."""
    wide, order = data[4] == 2, "<" if data[5] == 1 else ">"
    if len(data) < 64:
        return None
    table = int(struct.unpack_from(order + ("Q" if wide else "I"), data, 40 if wide else 32)[0])
    each, count = struct.unpack_from(order + "HH", data, 58 if wide else 46)
    end = table + int(each) * int(count)
    return end if 64 < end <= len(data) else None


def _sqlite(data: memoryview) -> int | None:
    page, pages = struct.unpack_from(">H10xI", data, 16)
    size = (65536 if page == 1 else int(page)) * int(pages)
    return size if 0 < size <= len(data) else None


def _tar(data: memoryview) -> int | None:
    """Members by their headers, and the zeros behind the last one."""
    at = 0
    while at + 512 <= len(data) and tar_sum_holds(bytes(data[at : at + 512])):
        digits = bytes(data[at + 124 : at + 136]).rstrip(b"\0 ")
        at += 512 + (int(digits or b"0", 8) + 511) // 512 * 512
    if at > len(data):
        return None
    while at + 512 <= len(data) and not any(data[at : at + 512]):
        at += 512
    return at


def _xz(data: memoryview) -> int | None:
    """Up to a footer that is followed by nothing or by something else; its magic is two letters, its size a quarter."""
    raw = bytes(data)
    for match in re.finditer(rb"\0[\x00\x01\x04\x0a]YZ", raw):
        if match.end() % 4 == 0 and raw[6:8] == raw[match.start() : match.start() + 2]:
            return match.end()
    return None


def _seven(data: memoryview) -> int | None:
    if len(data) < 32:
        return None
    offset, size = struct.unpack_from("<QQ", data, 12)
    end = 32 + int(offset) + int(size)
    return end if end <= len(data) else None


def _woff(data: memoryview) -> int | None:
    size = int(struct.unpack_from(">I", data, 8)[0])
    return size if 44 < size <= len(data) else None


def _ico(data: memoryview) -> int | None:
    """The end of the last picture that its directory names."""
    count = int.from_bytes(data[4:6], "little")
    if 6 + 16 * count > len(data):
        return None
    end = max(sum(struct.unpack_from("<II", data, 6 + 16 * number + 8)) for number in range(count))
    return end if end <= len(data) else None


def _lz4(data: memoryview) -> int | None:
    """Blocks each of which says its size, up to one of none (LZ4 Frame Format, 1.6)."""
    flags = data[4]
    at = 7 + 8 * (flags >> 3 & 1) + 4 * (flags & 1)
    while at + 4 <= len(data):
        size = int.from_bytes(data[at : at + 4], "little") & 0x7FFFFFFF
        if size > _LZ4_BLOCK:
            return None
        at += 4 + (size + 4 * (flags >> 4 & 1) if size else 4 * (flags >> 2 & 1))
        if not size:
            return at if at <= len(data) else None
    return None


def _midi(data: memoryview) -> int | None:
    """As many tracks as the header says, each with its size in front and a mark of its end."""
    at = 14
    for _ in range(int.from_bytes(data[10:12], "big")):
        if bytes(data[at : at + 4]) != b"MTrk":
            return None
        at += 8 + int.from_bytes(data[at + 4 : at + 8], "big")
        if bytes(data[at - 3 : at]) != b"\xff\x2f\0":
            return None
    return at if at > 14 else None


def _grib(data: memoryview) -> int | None:
    """Messages, each with its size in front, and four sevens at its end."""
    at = 0
    while bytes(data[at : at + 4]) == b"GRIB" and at + 16 <= len(data):
        version = data[at + 7]
        size = int.from_bytes(data[at + 4 : at + 7] if version == 1 else data[at + 8 : at + 16], "big")
        if size < 16 or bytes(data[at + size - 4 : at + size]) != b"7777":
            break
        at += size
    return at or None


def _sfnt(data: memoryview) -> int | None:
    """The end of the last table of a font, if it has the sum that is noted of it."""
    if bytes(data[:4]) == b"ttcf":
        return None
    count = int.from_bytes(data[4:6], "big")
    tables = [
        struct.unpack_from(">4sIII", data, 12 + 16 * number) for number in range(count) if 28 + 16 * number <= len(data)
    ]
    name, noted, start, size = max(tables, key=lambda table: table[2], default=(b"", 0, 0, 0))
    if start + size > len(data) or name == b"head":
        return None
    table = bytes(data[start : start + size]).ljust(size + 3 & ~3, b"\0")
    holds = sum(struct.unpack(f">{len(table) // 4}I", table)) & 0xFFFFFFFF == noted
    return min(start + len(table), len(data)) if holds and size else None


def _pfb(data: memoryview) -> int | None:
    """Parts of characters and of bytes, each with its size in front, and a mark of the end (Adobe, TN 5040)."""
    at = 0
    while at + 6 <= len(data) and data[at] == 0x80 and data[at + 1] in (1, 2):
        at += 6 + int.from_bytes(data[at + 2 : at + 6], "little")
    return at + 2 if bytes(data[at : at + 2]) == b"\x80\3" else None


_ENDS: dict[str, Callable[[memoryview], int | None]] = {
    "png": _png, "jpeg": _jpeg, "gif": _gif, "wav": _riff, "avi": _riff, "webp": _riff, "gzip": _gzip, "bam": _gzip,
    "pdf": _pdf, "elf": _elf, "sqlite": _sqlite, "tar": _tar, "xz": _xz, "7z": _seven, "woff": _woff, "woff2": _woff,
    "ico": _ico, "lz4": _lz4, "midi": _midi, "grib": _grib, "ttf": _sfnt, "otf": _sfnt,
    "type1": _pfb,
    **dict.fromkeys(ZIPS, _zip),
}  # fmt: skip
