"""Files that were cut, and something else behind them: where their structure breaks; whole ones have no break."""

import gzip
import io
import lzma
import sqlite3
import struct
import zipfile
import zlib
from pathlib import Path

import numpy as np
import pytest

from bytezip.detect import ModalityDetector
from bytezip.detect.boundaries import turning_point
from bytezip.detect.breaks import break_in

RANDOM = np.random.Generator(np.random.PCG64(12))
NOISE = RANDOM.bytes(60_000)
WORDS = b" ".join(b"word%d" % number for number in RANDOM.integers(0, 5000, 20_000))


def zipped() -> bytes:
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w", zipfile.ZIP_DEFLATED) as file:
        for name in ("a", "b", "c"):
            file.writestr(name, WORDS[:20_000])
        file.writestr(zipfile.ZipInfo("d"), NOISE[:3000])
    return buffer.getvalue()


def png(*, is_interlaced: bool = False, chunk: int = 8192) -> bytes:
    """Pixels of three bytes, 20 in a row, or such of which it is not known where rows begin."""
    rows = b"".join(bytes([at // 60 % 5]) + WORDS[at : at + 60] for at in range(0, len(WORDS), 60))
    stream = zlib.compress(rows)
    data = b"\x89PNG\r\n\x1a\n"
    pieces = [stream[at : at + chunk] for at in range(0, len(stream), chunk)]
    header = struct.pack(">IIBBBBB", 20, len(rows) // 61, 8, 2, 0, 0, is_interlaced)
    for kind, content in ((b"IHDR", header), *((b"IDAT", piece) for piece in pieces), (b"IEND", b"")):
        data += struct.pack(">I", len(content)) + kind + content + struct.pack(">I", zlib.crc32(kind + content))
    return data


def jpeg() -> bytes:
    table = b"\xff\xdb\0\x43" + bytes(65)
    scan = NOISE[:30_000].replace(b"\xff", b"\xff\0")
    return b"\xff\xd8" + table + b"\xff\xda\0\x08\1\1\0\0\x3f\0" + scan + b"\xff\xd9"


def packets() -> bytes:
    return b"".join(b"G\1\0\x10" + NOISE[at : at + 184] for at in range(0, 184 * 80, 184))


def sounds() -> bytes:
    return (
        b"ID3\3\0\0\0\0\0\x0a"
        + bytes(10)
        + b"".join(b"\xff\xfb\x90\x64" + NOISE[at : at + 413] for at in range(0, 413 * 40, 413))
    )


def page(packets_of_it: list[bytes], granule: int) -> bytes:
    table = b"".join(b"\xff" * (len(packet) // 255) + bytes([len(packet) % 255]) for packet in packets_of_it)
    head = b"OggS\0\0" + struct.pack("<QII", granule, 1, 0)
    body = bytes([len(table)]) + table + b"".join(packets_of_it)
    check = 0
    for byte in head + bytes(4) + body:
        check ^= byte << 24
        for _ in range(8):
            check = (check << 1 ^ (0x04C11DB7 if check >> 31 else 0)) & 0xFFFFFFFF
    return head + struct.pack("<I", check) + body


def ogg(first: bytes, kind: bytes) -> bytes:
    """Three pages of 40 packets, all of which begin with the same byte."""
    sound = [[kind + NOISE[at : at + 150] for at in range(start, start + 6000, 150)] for start in (0, 6000, 12_000)]
    return page([first], 0) + b"".join(page(one, 960 * number) for number, one in enumerate(sound, 1))


def mpeg() -> bytes:
    pack = b"\0\0\1\xba\x44" + bytes(8) + b"\xf8"
    return b"".join(
        pack + b"\0\0\1\xe0" + struct.pack(">H", 900) + NOISE[at : at + 900] for at in range(0, 30_000, 900)
    )


def sqlite(path: Path) -> bytes:
    with sqlite3.connect(path) as base:
        base.execute("pragma page_size = 1024")
        base.execute("create table words (a text, b blob)")
        base.executemany("insert into words values (?, ?)", [(str(at), NOISE[at : at + 90]) for at in range(400)])
        base.execute("insert into words values ('long', ?)", (NOISE[:9000],))
    base.close()
    return path.read_bytes()


FILES = {
    "gzip": gzip.compress(WORDS, mtime=0),
    "xz": lzma.compress(WORDS),
    "lzma": lzma.compress(WORDS, lzma.FORMAT_ALONE),
    "zip": zipped(),
    "png": png(),
    "jpeg": jpeg(),
    "mpeg-ts": packets(),
    "mp3": sounds(),
    "ogg": ogg(b"\x01vorbis" + bytes(23), b"\x08"),
    "opus": ogg(b"OpusHead" + bytes(11), b"\xfc"),
    "mpeg": mpeg(),
}  # fmt: skip


@pytest.mark.parametrize("kind", FILES)
def test_whole_files_and_their_beginnings_do_not_break(kind: str) -> None:
    data = FILES[kind]
    assert [break_in(kind, data[:size]) for size in (len(data), len(data) * 2 // 3, 3000, 100, 12)] == [None] * 5


@pytest.mark.parametrize("kind", FILES)
def test_what_was_cut_breaks_near_the_cut(kind: str) -> None:
    """By chance noise may go on as the file did, for a while: many of the cuts are seen, none of them early."""
    data, near = FILES[kind], 0
    cuts = range(7000, 14_000, 700)
    for cut in cuts:
        _, most = break_in(kind, data[:cut] + NOISE[40_000 + cut % 997 :]) or (cut, len(data))
        assert most > cut - 512
        near += most < cut + 1024
    assert near >= len(cuts) // 4


def test_rows_of_pixels_begin_with_a_filter() -> None:
    data = FILES["png"]
    for cut in range(7000, 14_000, 700):
        least, most = break_in("png", data[:cut] + NOISE[40_000 + cut :]) or (0, 0)
        assert cut - 64 < most < cut + 128
        assert least <= cut


def test_the_check_of_a_chunk_says_whether_it_is_whole() -> None:
    data = png(is_interlaced=True, chunk=1000)
    second = data.index(b"IDAT", 100) - 4
    third = second + 1012
    assert break_in("png", data[:third] + WORDS[:9000]) == (third, third)
    spoiled = data[: third - 4] + b"none" + WORDS[:9000]
    assert break_in("png", spoiled) == (second, third)


def test_the_check_of_a_whole_page_says_that_it_is_one() -> None:
    data = FILES["ogg"]
    last = data.rindex(b"OggS")
    assert break_in("ogg", data[:last] + b"words" * 100) == (last, last)
    assert break_in("ogg", data[: last - 1] + b"\0" + b"words" * 100) != (last, last)


def test_pages_of_a_database_that_are_none(tmp_path: Path) -> None:
    data = sqlite(tmp_path / "a.db")
    assert break_in("sqlite", data) is None
    assert break_in("sqlite", data[:20_000]) is None
    least, most = break_in("sqlite", data[:20_000] + NOISE[:9000]) or (0, 0)
    assert (least <= 20_000 <= most, most - least) == (True, 1024)
    first, second, *_ = (
        ModalityDetector(segments=True, ask_libmagic=False).detect(data[:20_000] + WORDS[:9000]).segments
    )
    assert (first.format, abs(second.offset - 20_000) < 64) == ("sqlite", True)


def test_formats_without_a_chain_have_no_break() -> None:
    assert break_in("bmp", NOISE) is None
    assert break_in("xz", b"") is None


def test_what_breaks_at_once_was_none() -> None:
    assert break_in("lzma", FILES["lzma"][:20] + NOISE) is None
    assert break_in("gzip", FILES["gzip"][:20] + NOISE) is None


@pytest.mark.parametrize("kind", ["xz", "gzip"])
def test_bombs_are_left_alone(kind: str) -> None:
    zeros = bytes(1 << 27)
    packed = lzma.compress(zeros) if kind == "xz" else gzip.compress(zeros)
    assert break_in(kind, packed[:-20] + NOISE) is None


def test_a_cut_file_ends_where_it_breaks() -> None:
    data = FILES["xz"][:9000] + NOISE[:20_000]
    first, *rest = ModalityDetector(segments=True, ask_libmagic=False).detect(data).segments
    assert (first.format, rest != [], abs(first.size - 9000) < 512) == ("xz", True, True)


@pytest.mark.parametrize("text", [WORDS[:5000], "Слова, и ещё слова.\n".encode() * 140])
def test_text_ends_with_the_first_control_character_behind_it(text: bytes) -> None:
    packed = FILES["xz"][2000:8000]
    place = turning_point(text + packed, 0, len(text) - 900, len(text) + len(packed))
    assert abs(place - len(text)) < 64
    place = turning_point(packed + text, 0, len(packed) + 900, len(text) + len(packed))
    assert abs(place - len(packed)) < 64
