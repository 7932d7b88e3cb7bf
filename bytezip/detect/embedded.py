"""Files inside of other bytes, by their signatures, with their exact ends wherever their format tells it.

Knows: bytes, signatures, where files end.  Does not know: classifiers, files.
"""

from __future__ import annotations

import re
import struct
import zlib
from collections.abc import Iterator
from typing import NamedTuple

import numpy as np

from bytezip.detect.ends import size_of
from bytezip.detect.families import ZIPS, id3_size, zip_members
from bytezip.detect.signatures import find_signature
from bytezip.detect.statistics import entropy_of

_PATTERNS = re.compile(
    rb"\x89PNG\r\n\x1a\n|\xff\xd8\xff[\xc0-\xfe]|GIF8[79]a|PK\x03\x04|\x1f\x8b\x08[\x00-\x1f]|%PDF-[12]\.\d[\r\n ]|"
    rb"\x7fELF[\x01\x02][\x01\x02]\x01|RIFF....(?:WAVE|AVI |WEBP)|fLaC\x00|\xfd7zXZ\0|7z\xbc\xaf\x27\x1c|"
    rb"BZh[1-9]1AY&SY|\x28\xb5\x2f\xfd|OggS\x00\x02|SQLite format 3\x00|wOF[F2]\x00|hsqs|ustar[\0 ]|FLV\x01|"
    rb"\x1aE\xdf\xa3|\0\0[\0\x01][\0-\xff]ftyp|OTTO\0|MThd\0\0\0\x06|\xed\xab\xee\xdb|PAR1\x15|ARROW1\0\0|"
    rb"\x93NUMPY|\x89HDF\r\n|dex\n03|\xca\xfe\xba\xbe\0\0\0|II\*\0|MM\0\*|GF1PATCH1|FORM....AIF[FC]|"
    rb"\.snd\0\0\0|SIMPLE  =|\xcf\xfa\xed\xfe|LZIP\x01|\xde\x12\x04\x95\0\0|\xd0\xcf\x11\xe0\xa1\xb1|"
    rb"Rar!\x1a\x07|MATLAB 5\.0 MAT|!<arch>\n|\0\x01\0\0\0[\x04-\x30][\0-\x04]|\0\0\x01\xba|wvpk|GRIB|"
    rb"\0\0\0\x0c(?:jP  |JXL )\r\n\x87\n|MZ[\0-\xff]{59}[\0-\x03]\0\0|P[2-6][\n ]\d{1,5}[\n ]\d{1,5}[\n ]\d{1,5}[\n ]|"
    rb"BC\xc0\xde|CDF[\x01\x02\x05]\0|8BPS\0\x01|\x5d\0\0[\0-\xff]{2}\xff{8}|\x00asm\x01\x00\x00\x00|\x04\x22\x4d\x18|"
    rb"BM[\0-\xff]{4}\0{4}[\0-\xff]{2}\0\0[\x28\x6c\x7c]\0{3}|DDS \|\0{3}|\xd4\xc3\xb2\xa1\x02\0|"
    rb"\x0a\x0d\x0d\x0a[\0-\xff]{4}(?:\x4d\x3c\x2b\x1a|\x1a\x2b\x3c\x4d)|\x01fcp|;ELC[\x10-\x20]\0{3}|v/1\x01|"
    rb"\xa1\xb2\xc3\xd4\0\x02|ID3[\x02-\x04]\0|\x30\x26\xb2\x75\x8e\x66\xcf\x11|P[14][\n ]\d{1,5}[\n ]\d{1,5}[\n ]|"
    rb"\0\0\x01\0[\x01-\x20]\0[\0-\xff]{3}\0[\0\x01]\0[\x01\x04\x08\x18\x20]\0|G(?=[\0-\xff]{187}G[\0-\xff]{187}G[\0-\xff]{187}G)",
    re.DOTALL,
)
_BASE64 = re.compile(rb"(?:[A-Za-z0-9+/]{48,100}\r?\n){5,}[A-Za-z0-9+/]*={0,2}|[A-Za-z0-9+/]{400,}={0,2}")
_HEADER = 48  # bytes of a file's beginning that may hold another signature: Exif data in a JPEG file
_USTAR_AT = 257
# Before base64 that is the body of a PEM file, of a PGP message or of a mail.
_ARMOUR = re.compile(rb"-----|Content-Transfer-Encoding: base64", re.IGNORECASE)
_ARMOURED = 512  # bytes between, at most
_CHUNKED = re.compile(rb"PK\x03\x04")
# Of plain samples, pixels and numbers: a file that begins among them was put there, and they were cut before it.
PLAIN = frozenset(
    {"wav", "aiff", "au", "bmp", "npy", "fits", "netpbm", "mat", "avi", "tga", "tiff", "gus-patch", "ico"}
)  # fmt: skip
_SEGMENT_WORDS: dict[int, tuple[bytes, ...]] = {  # of JPEG files: the second marker, and what its segment begins with
    0xC0: (b"\x08",), 0xC4: (b"\0", b"\1", b"\x10", b"\x11"), 0xDB: (b"\0", b"\1"), 0xE0: (b"JFIF", b"JFXX", b"AVI1"),
    0xE1: (b"Exif", b"http"), 0xE2: (b"ICC_", b"MPF", b"FPXR"), 0xED: (b"Photoshop",), 0xEE: (b"Adobe",), 0xFE: (b"",),
}  # fmt: skip
_MIXED = (re.compile(rb"[a-z]"), re.compile(rb"[A-Z]"), re.compile(rb"[0-9]"))
_BASE64_BITS = 5.0  # a byte: names written without a blank between them have fewer
# Of these one follows the other in one file: blocks, pages, records.
_REPEATED = {
    "bam": "bam", "ogg": "ogg", "ogv": "ogg", "opus": "ogg", "mpeg-ts": "mpeg-ts", "mp3": "mp3", "wavpack": "wavpack",
}  # fmt: skip
_FIRST_MEMBERS = (b"[Content_Types].xml", b"mimetype", b"META-INF/", b"AndroidManifest.xml")
_BOXED = frozenset({"mp4", "mov", "m4a", "3gp", "heic", "avif"})
_BOXES = (b"moov", b"mdat", b"moof", b"free", b"skip", b"wide", b"udta", b"meta", b"mfra", b"sidx", b"styp", b"uuid",
          b"pdin", b"pnot")  # fmt: skip


class Found(NamedTuple):
    """end: exact, or None where only its beginning is known."""

    offset: int
    end: int | None
    format: str


def find_embedded(data: bytes) -> list[Found]:
    """Those in the data, in order; none of them inside of another one."""
    found = list(_chain(data, 0))
    free = max(_free(found[-1]), _end_of_parts(data, found[-1])) if found else 0
    open_pattern = b""
    in_member = -1  # where the content of the last ZIP member begins
    own = _pictures(data, 0) if found and found[0].format == "ico" else frozenset[int]()  # of the last icon
    for match in _PATTERNS.finditer(data):
        start = match.start()
        if match[0].startswith(b"ustar"):
            start -= _USTAR_AT
        if start < free or start in own or (found and start < found[-1].offset + _HEADER):
            continue
        if _CHUNKED.match(match[0]):
            in_member = start + 30 + sum(struct.unpack_from("<HH", data.ljust(start + 30), start + 26))
        if match[0] == open_pattern or (start == in_member and open_pattern):
            continue  # one more member, page or pack of a file whose end is missing
        items = list(_chain(data, start))
        if items:
            if found and (found[-1].end or 0) > start:
                found[-1] = found[-1]._replace(end=None)
            found += items
            free = max(_free(items[-1]), _end_of_parts(data, items[-1]))
            own |= frozenset().union(*(_pictures(data, item.offset) for item in items if item.format == "ico"))
            open_pattern = match[0] if items[-1].end is None else b""
    return _joined(sorted([*found, *_base64(data, found)]))


def _joined(found: list[Found]) -> list[Found]:
    """Blocks, pages and packets that follow one another as the one file that they are."""
    joined: list[Found] = []
    for item in found:
        last = joined[-1] if joined else None
        family = _REPEATED.get(item.format)
        goes_on = last and family and _REPEATED.get(last.format) == family and last.end in (None, item.offset)
        if last and (goes_on or (item.format in ZIPS and last.end is None and last.format == item.format)):
            joined[-1] = last._replace(end=item.end)
        else:
            joined.append(item)
    return joined


def _pictures(data: bytes, start: int) -> frozenset[int]:
    """Where the pictures of an icon begin, as its directory tells."""
    count = int.from_bytes(data[start + 4 : start + 6], "little")
    places = range(start + 18, min(start + 18 + 16 * count, len(data) - 4), 16)
    return frozenset(start + int.from_bytes(data[place : place + 4], "little") for place in places)


def _chain(data: bytes, start: int) -> Iterator[Found]:
    """The file that begins there, and others where each one ends."""
    while start < len(data) and (item := _at(data, start)):
        yield item
        if item.end is None:
            return
        start = item.end


def _free(item: Found) -> int:
    """From where on another file may begin."""
    return item.end if item.end is not None and item.format not in PLAIN else item.offset + 1


def begins_earlier(data: bytes, item: Found) -> bool:
    """Whether the file may have begun before: what was found is not its first block, or not surely its first member."""
    if item.format == "wavpack":
        return any(data[item.offset + 16 : item.offset + 20])  # how many samples stand in the blocks before
    if item.format == "bam":
        return b"BAM\1" not in _first_bytes(data[item.offset : item.offset + (1 << 16)])
    name = data[item.offset + 30 : item.offset + 60]
    return item.format in ZIPS and item.end is None and not name.startswith(_FIRST_MEMBERS)


def _first_bytes(block: bytes) -> bytes:
    try:
        return zlib.decompressobj(31).decompress(block, 16)
    except zlib.error:
        return b""


def _end_of_parts(data: bytes, item: Found) -> int:
    """Where the last whole part ends of a file whose own end is missing; 0 where it has none that tell their sizes."""
    if item.end is not None:
        return 0
    if item.format in ZIPS:
        ends = [item.offset + at + size for at, size, _, _ in zip_members(data[item.offset :])]
        return max((end for end in ends if end <= len(data)), default=0)
    if item.format in _BOXED:
        return _end_of_boxes(data, item.offset)
    if data.startswith(b"ID3", item.offset):
        return item.offset + id3_size(data[item.offset : item.offset + 10])
    return 0


def _end_of_boxes(data: bytes, start: int) -> int:
    """Of the boxes of ISO media each of which is followed by another one: those that were cut say too much."""
    at = start
    while at + 8 <= len(data):
        following = at + int.from_bytes(data[at : at + 4], "big")
        if following < at + 8 or data[following + 4 : following + 8] not in _BOXES:
            break
        at = following
    return at


def end_of_first(data: bytes) -> int | None:
    """The exact end of the file that begins the data, or None where that cannot be told."""
    item = _at(data, 0)
    return item.end if item else None


def _at(data: bytes, start: int) -> Found | None:
    signature = find_signature(data[start : start + 4096])
    if not signature or not signature.sound or not signature.strong or signature.offset:
        return None
    if signature.format == "jpeg" and not _is_jpeg(data, start):
        return None
    size = size_of(signature.format, memoryview(data)[start:])
    if size == 0:
        return None
    return Found(start, start + size if size else None, signature.format)


def _is_jpeg(data: bytes, start: int) -> bool:
    """Whether the first segment is what it says, and another one follows: bytes alone are met by chance in samples."""
    follows = start + 4 + int.from_bytes(data[start + 4 : start + 6], "big")
    words = _SEGMENT_WORDS.get(data[start + 3])
    if words is None or not data.startswith(words, start + 6):
        return False
    return data[follows : follows + 1] == b"\xff" and 0xC0 <= data[follows + 1] < 0xFF


def _base64(data: bytes, found: list[Found]) -> list[Found]:
    """Runs of base64 in text, outside of what was found."""
    runs = []
    for match in _BASE64.finditer(data):
        inside = any(item.offset <= match.start() < (item.end or item.offset) for item in found)
        inside = inside or bool(_ARMOUR.search(data, max(0, match.start() - _ARMOURED), match.start()))
        if (
            not inside
            and all(kind.search(match[0][:400]) for kind in _MIXED)
            and b"AAAAAAAAAAAAAAAA" not in match[0][:64]
            and entropy_of(np.bincount(np.frombuffer(match[0][:4096], np.uint8))) > _BASE64_BITS
        ):
            runs.append(Found(match.start(), match.end(), "base64"))
    return runs
