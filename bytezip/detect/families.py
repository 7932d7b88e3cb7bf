"""Formats that begin alike, told apart by what stands further in: ZIP, OLE, RIFF, ISO media, Ogg, Matroska and so on.

Knows: their layouts.  Does not know: labels' modalities, files.
"""

from __future__ import annotations

import re
import struct
from collections.abc import Callable, Iterator

from bytezip.detect.brotli import is_brotli

ZIPS = ("zip", "jar", "apk", "wheel", "npz", "docx", "xlsx", "pptx", "odt", "ods", "odp", "epub")
_OF_WHEEL = re.compile(rb"[^/]+\.dist-info/")  # beside the packages, and not within an environment
_ZIP_KINDS: tuple[tuple[Callable[[bytes], bool], str], ...] = (
    # what the name of one member must be, and what that makes the archive
    (lambda name: name.startswith(b"AndroidManifest.xml"), "apk"),
    (lambda name: bool(_OF_WHEEL.match(name)), "wheel"),
    (lambda name: name.startswith((b"META-INF/container.xml", b"OEBPS/", b"OPS/")), "epub"),
    (lambda name: name.endswith(b"/data.pkl"), "pickle"),
    (lambda name: name.startswith(b"META-INF/") or name.endswith(b".class"), "jar"),
)
_OFFICE = {"docx": b"word/", "xlsx": b"xl/", "pptx": b"ppt/"}
_ZIP_TYPES: tuple[tuple[bytes, str], ...] = (
    # the content of a first member called mimetype
    (b"application/epub+zip", "epub"),
    (b"application/vnd.oasis.opendocument.text", "odt"),
    (b"application/vnd.oasis.opendocument.spreadsheet", "ods"),
    (b"application/vnd.oasis.opendocument.presentation", "odp"),
)
_OLE_NAMES: tuple[tuple[str, str], ...] = (
    ("WordDocument", "doc"),
    ("Workbook", "xls"),
    ("Book", "xls"),
    ("PowerPoint Document", "ppt"),
)
_BRANDS: dict[bytes, str] = {
    b"qt  ": "mov", b"avif": "avif", b"avis": "avif", b"heic": "heic", b"heix": "heic", b"mif1": "heic",
    b"msf1": "heic", b"M4A ": "m4a", b"M4B ": "m4a", b"3gp4": "3gp", b"3gp5": "3gp", b"3gp6": "3gp", b"3g2a": "3gp",
    b"crx ": "tiff", b"jp2 ": "jpeg2000", b"jpx ": "jpeg2000", b"jxl ": "jxl",
}  # fmt: skip
_BOXES = (b"moov", b"mdat", b"free", b"wide", b"skip", b"pnot")  # what a QuickTime file without `ftyp` begins with
_FRAME_SYNC = re.compile(rb"\xff[\xe2-\xff]")


def refine(name: str, data: bytes) -> str:
    """The member of the family that the data, which begins with the pattern of `name`, belongs to."""
    finer = _FINER.get(name)
    return finer(data) if finer else name


def structural(data: bytes) -> str | None:
    """A format without a pattern at its beginning, told by its structure, or None."""
    for test in _STRUCTURES:
        found = test(data)
        if found:
            return found
    return None


def zip_members(data: bytes) -> Iterator[tuple[int, int, bytes, bytes]]:
    """Offset, size of header and content, name and content of each member whose header is in the data.

    Ends where a size is not in the header (it then follows the content), or where no header follows.
    """
    at = 0
    while data[at : at + 4] == b"PK\3\4" and at + 30 <= len(data):
        flags, packed, name_size, extra = _local_header(data, at)
        start = at + 30 + name_size + extra
        name = data[at + 30 : at + 30 + name_size]
        yield at, start + packed - at, name, data[start : start + packed]
        if flags & 8 and packed == 0:
            return
        at = start + packed


def tar_sum_holds(block: bytes) -> bool:
    """Whether 512 bytes are the header of a tar member: their sum is noted in them."""
    if len(block) < 512 or not block[0]:
        return False
    try:
        noted = int(block[148:156].rstrip(b"\0 ") or b"x", 8)
    except ValueError:
        return False
    return noted == sum(block[:512]) - sum(block[148:156]) + 8 * 32


_AR_MEMBER = re.compile(rb"[!-~][ -~]{15}\d[\d ]{11}[\d ]{12}[0-7][0-7 ]{7}\d[\d ]{9}`\n")


def member_within(data: bytes) -> tuple[str, int] | None:
    """The format of an archive, from whose middle the data is, and where the first header of a member stands."""
    at = data.find(b"ustar", 257)
    while at >= 0:
        if tar_sum_holds(data[at - 257 : at + 255]):
            return "tar", at - 257
        at = data.find(b"ustar", at + 1)
    found = _AR_MEMBER.search(data)
    return ("ar", found.start()) if found else None


def _local_header(data: bytes, at: int) -> tuple[int, int, int, int]:
    """Flags, packed size, sizes of name and extra field."""
    flags = struct.unpack_from("<H", data, at + 6)[0]
    packed, _, name_size, extra = struct.unpack_from("<IIHH", data, at + 18)
    return flags, packed, name_size, extra


def _zip(data: bytes) -> str:
    names = [(name, content) for _, _, name, content in zip_members(data)]
    if names and names[0][0] == b"mimetype":
        return next((kind for mime, kind in _ZIP_TYPES if names[0][1] == mime), "zip")
    every = [name for name, _ in names]
    # Streamed archives note no sizes in front, and long ones are cut: names further in show all the same.
    every += re.findall(rb"PK\x03\x04.{26}([ -~]{3,60})", data, re.DOTALL) + re.findall(
        rb"PK\x01\x02.{42}([ -~]{3,60})", data, re.DOTALL
    )
    plain = [name.lower().replace(b"\\", b"/").lstrip(b"/") for name in every]  # some writers are of their own mind
    office = next((kind for name in plain for kind in _OFFICE if name.startswith(_OFFICE[kind])), None)
    if office:  # the first: one document may hold another
        return office
    for fits, kind in _ZIP_KINDS:
        if any(fits(name) for name in every):
            return kind
    return "npz" if names and all(name.endswith(b".npy") for name, _ in names) else "zip"


def _ole(data: bytes) -> str:
    for name, kind in _OLE_NAMES:
        if name.encode("utf-16-le") + b"\0\0" in data:
            return kind
    sector = 1 << struct.unpack_from("<H", data, 30)[0]
    if sector in (512, 4096):  # documents without their directory in sight: the first stream stands in sector 0
        start = data[sector : sector + 2]
        if start == b"\x09\x08":
            return "xls"
        if start in (b"\xec\xa5", b"\xdc\xa5"):
            return "doc"
    return "ole"


def _java(data: bytes) -> str:
    return "macho" if struct.unpack_from(">I", data, 4)[0] <= 30 else "java-class"


def _elf(data: bytes) -> str:
    kind = struct.unpack_from("<H" if data[5] == 1 else ">H", data, 16)[0]
    return "core" if kind == 4 else "elf"


def _mz(data: bytes) -> str:
    if len(data) < 64:
        return "dos"
    at = struct.unpack_from("<I", data, 60)[0]
    if data[at : at + 4] == b"PE\0\0":
        return "pe"
    return "dos" if at + 4 <= len(data) else "pe"  # what lies beyond is given the benefit of the doubt


def _gzip(data: bytes) -> str:
    """BAM is gzip in blocks, each of which notes its size in an extra field."""
    return "bam" if data[3] & 4 and data[12:14] == b"BC" else "gzip"


def _ar(data: bytes) -> str:
    return "deb" if data[8:21] == b"debian-binary" else "ar"


def _hdf5(data: bytes) -> str:
    """netCDF 4 is HDF5 with attributes of its own."""
    return "netcdf" if b"_NCProperties" in data or b"_Netcdf4" in data else "hdf5"


_FINER: dict[str, Callable[[bytes], str]] = {
    "zip": _zip, "ole": _ole, "java-class": _java, "elf": _elf, "pe": _mz, "gzip": _gzip, "ar": _ar,
    "hdf5": _hdf5,
}  # fmt: skip


def _riff(data: bytes) -> str | None:
    if data[:4] in (b"RIFF", b"RIFX", b"RF64"):
        kinds = {b"WAVE": "wav", b"AVI ": "avi", b"WEBP": "webp", b"sfbk": "soundfont"}
        return kinds.get(data[8:12])
    if data[:4] == b"FORM" and data[8:12] in (b"AIFF", b"AIFC"):
        return "aiff"
    return None


def _iso_media(data: bytes) -> str | None:
    size = int.from_bytes(data[:4], "big")
    if data[4:8] in _BOXES and 8 <= size < 1 << 31:
        return "mov"
    if data[4:8] != b"ftyp" or not 16 <= size <= 1 << 12:
        return None
    brands = [data[8:12], *(data[at : at + 4] for at in range(16, min(size, len(data)), 4))]
    heard = b"soun" in data and b"vide" not in data  # handlers of tracks
    return _BRANDS.get(brands[0]) or ("avif" if b"avif" in brands else "m4a" if heard else "mp4")


def _ogg(data: bytes) -> str | None:
    if data[:4] != b"OggS" or data[4:5] != b"\0":
        return None
    first = data[28:4096]
    if b"\x80theora" in first:
        return "ogv"
    return "opus" if b"OpusHead" in first[:64] else "ogg"


def _matroska(data: bytes) -> str | None:
    if data[:4] != b"\x1a\x45\xdf\xa3":
        return None
    return "webm" if b"webm" in data[:64] else "mkv"


def _mpeg_ts(data: bytes) -> str | None:
    """Packets of 188 bytes, each of which begins with the same byte; of 192 with a time stamp before it."""
    for start, step in ((0, 188), (4, 192)):
        marks = data[start : start + 8 * step : step]
        if len(marks) >= 5 and marks == b"G" * len(marks):
            return "mpeg-ts"
    return None


def _tar(data: bytes) -> str | None:
    return "tar" if tar_sum_holds(data[:512]) else None


def _mpeg_audio(data: bytes) -> str | None:
    """Three frames in a row, each as long as its header says, or fewer up to the end."""
    at, kind = 0, None
    for frame in range(3):
        if frame and at == len(data):
            return kind
        header = data[at : at + 7]
        if len(header) < 7 or not _FRAME_SYNC.match(header):
            return None
        layer = header[1] >> 1 & 3
        size, kind = (adts_size(header), "aac") if layer == 0 else (mp3_size(header), "mp3")
        if not size:
            return None
        at += size
    return kind


_RATES = {3: (44100, 48000, 32000), 2: (22050, 24000, 16000), 0: (11025, 12000, 8000)}
_KBITS = {
    (3, 1): (0, 32, 40, 48, 56, 64, 80, 96, 112, 128, 160, 192, 224, 256, 320),
    (3, 2): (0, 32, 48, 56, 64, 80, 96, 112, 128, 160, 192, 224, 256, 320, 384),
    (2, 1): (0, 8, 16, 24, 32, 40, 48, 56, 64, 80, 96, 112, 128, 144, 160),
}


def id3_size(header: bytes) -> int:
    """Bytes of a tag of ID3 by the 10 bytes at its beginning, of which the last four hold seven bits each."""
    return 10 + sum(byte << 7 * (3 - place) for place, byte in enumerate(header[6:10]))


def mp3_size(header: bytes) -> int:
    """Bytes of a frame of layer 2 or 3 by the 4 bytes at its beginning, or 0 where it is none."""
    version, layer = header[1] >> 3 & 3, header[1] >> 1 & 3
    rates = _RATES.get(version)
    bits, rate, padding = header[2] >> 4, header[2] >> 2 & 3, header[2] >> 1 & 1
    table = _KBITS.get((3 if version == 3 else 2, layer if version == 3 else 1))
    if rates is None or rate == 3 or bits in (0, 15) or table is None or layer in (0, 3):
        return 0
    samples = 1152 if version == 3 or layer == 2 else 576
    return samples * table[bits] * 125 // rates[rate] + padding


def adts_size(header: bytes) -> int:
    """Bytes of a frame of AAC by the 6 bytes at its beginning, or 0 where it is none."""
    if header[1] & 0xF6 != 0xF0 or header[2] >> 2 & 15 > 12:
        return 0
    return (header[3] & 3) << 11 | header[4] << 3 | header[5] >> 5


def _netpbm(data: bytes) -> str | None:
    """A letter and a digit, then sizes: two words of text that could begin anything are not enough."""
    found = re.match(rb"P([1-6])(?:\s|#[^\n]*\n)+\d{1,6}(?:\s|#[^\n]*\n)+\d{1,6}\s", data[:512])
    return "netpbm" if found else None


def _tga(data: bytes) -> str | None:
    if len(data) < 18 or data[1] > 1 or data[2] not in (1, 2, 3, 9, 10, 11) or data[16] not in (8, 15, 16, 24, 32):
        return None
    width, height = struct.unpack_from("<HH", data, 12)
    palette_fits = (data[1] == 1) == (data[2] in (1, 9)) and (data[1] == 1 or data[3:8] == bytes(5))
    small = 0 < width <= 1 << 14 and 0 < height <= 1 << 14
    return "tga" if palette_fits and small and data[17] & 0xC0 == 0 and data[8:10] < b"\0\1" * 2 else None


def _pyc(data: bytes) -> str | None:
    """A magic number that ends in CR LF, flags or a time, then a code object."""
    if len(data) < 32 or data[2:4] != b"\r\n":
        return None
    return "pyc" if any(data[at] in (0x63, 0xE3) for at in (8, 12, 16)) and data[1] in range(0x0A, 0x20) else None


def _mseed(data: bytes) -> str | None:
    """A number of six digits, a quality letter, a blank, and station codes."""
    found = re.match(
        rb"\d{6}(?:[DRQMAST][ \0][A-Z0-9 ]{5}[A-Z0-9 ]{7}|[VAST] \d{7}[ \d]\d\.\d)|000001V 0[01]\d[ \d]{4}", data
    )
    return "mseed" if found else None


def _safetensors(data: bytes) -> str | None:
    size = int.from_bytes(data[:8], "little")
    return "safetensors" if 2 <= size < 1 << 27 and data[8:10] == b'{"' else None


def _pickle(data: bytes) -> str | None:
    """Protocols 2 to 5; from 4 on a frame follows."""
    if data[:1] != b"\x80" or data[1:2] not in (b"\2", b"\3", b"\4", b"\5"):
        return None
    if data[1] >= 4:
        return "pickle" if data[2:3] == b"\x95" and int.from_bytes(data[3:11], "little") < 1 << 40 else None
    return "pickle" if data[2:3] in b"}](cXc\x8a" else None


def _onnx(data: bytes) -> str | None:
    """Fields of a protocol buffer: version, then the producer's name."""
    found = re.match(rb"\x08[\x01-\x14]\x12[\x02-\x40][a-zA-Z_][ -~]+", data)
    return "onnx" if found else None


def _dta(data: bytes) -> str | None:
    return "dta" if data[:1] in b"\x71\x72\x73\x69" and data[1:2] in b"\1\2" and data[2:4] == b"\1\0" else None


def _arrow_stream(data: bytes) -> str | None:
    """A mark, the size of the schema's message, a multiple of 8, and where its root table stands."""
    if data[:4] != b"\xff\xff\xff\xff" or len(data) < 64:
        return None
    size, root = struct.unpack_from("<II", data, 4)
    return "arrow" if 0 < size < 1 << 20 and size % 8 == 0 and root in range(8, 65, 4) else None


def _brotli(data: bytes) -> str | None:
    return "brotli" if is_brotli(data) else None


def _zlib(data: bytes) -> str | None:
    """Two bytes that are a multiple of 31: not enough but for the usual ones."""
    return "zlib" if data[:2] in (b"\x78\x9c", b"\x78\xda", b"\x78\x01", b"\x78\x5e") and len(data) > 64 else None


def _pgp(data: bytes) -> str | None:
    """A packet of a session key, by its version and its algorithm."""
    if data[:1] == b"\x85" and data[3:4] == b"\3" and data[12:13] in b"\1\2\x10\x12":
        return "pgp"
    if data[:1] == b"\x84" and data[2:3] == b"\3" and data[11:12] in b"\1\2\x10\x12":
        return "pgp"
    return "pgp" if data[:1] == b"\x8c" and data[2:3] == b"\4" and data[1] in (4, 13, 46) else None


def _mat(data: bytes) -> str | None:
    """Level 4: a type whose digits say order, precision and kind, sizes, a name that ends in zero."""
    if len(data) < 24:
        return None
    for order, number in (("<", 0), (">", 1)):
        kind, rows, columns, parts, name = struct.unpack_from(f"{order}5I", data)
        known = kind < 5000 and kind // 1000 == number and kind // 100 % 10 == 0 and kind // 10 % 10 < 6
        named = 2 <= name <= 64 and re.fullmatch(rb"[A-Za-z]\w*\0", data[20 : 20 + name])
        if known and kind % 10 < 3 and parts < 2 and named and 0 < rows < 1 << 24 and 0 < columns < 1 << 24:
            return "mat"
    return None


def _jxl(data: bytes) -> str | None:
    """A bare stream: the mark, a small size in steps of 8, a ratio, and what the defaults of an image begin with."""
    if data[:2] != b"\xff\x0a" or len(data) < 12:
        return None
    return "jxl" if not data[2:12].isascii() else None


_STRUCTURES: tuple[Callable[[bytes], str | None], ...] = (
    _riff, _iso_media, _ogg, _matroska, _mpeg_ts, _tar, _mpeg_audio, _netpbm, _pyc, _mseed, _safetensors, _pickle,
    _onnx, _dta, _arrow_stream, _tga, _zlib, _pgp, _mat, _jxl, _brotli,
)  # fmt: skip
