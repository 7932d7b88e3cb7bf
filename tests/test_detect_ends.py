"""Where files end by what they say of themselves, with something else behind them, and that cut ones do not say it."""

import struct

import numpy as np
import pytest

from bytezip.detect import ModalityDetector
from bytezip.detect.ends import size_of

NOISE = np.random.Generator(np.random.PCG64(13)).bytes(20_000)


def midi() -> bytes:
    tracks = [b"MTrk" + struct.pack(">I", size + 3) + NOISE[:size] + b"\xff\x2f\0" for size in (700, 300)]
    return b"MThd\0\0\0\6\0\1\0\2\0\x60" + b"".join(tracks)


def grib() -> bytes:
    first = b"GRIB" + (600).to_bytes(3, "big") + b"\1" + NOISE[: 600 - 12] + b"7777"
    return first + b"GRIB\0\0\0\2" + struct.pack(">Q", 900) + NOISE[: 900 - 20] + b"7777"


def font() -> bytes:
    tables = {b"cmap": NOISE[:400], b"glyf": NOISE[400:1003]}
    at, head, body = 12 + 16 * len(tables), struct.pack(">IHHHH", 0x10000, len(tables), 32, 1, 0), b""
    for name, content in tables.items():
        padded = content.ljust(len(content) + 3 & ~3, b"\0")
        total = sum(struct.unpack(f">{len(padded) // 4}I", padded)) & 0xFFFFFFFF
        head += struct.pack(">4sIII", name, total, at + len(body), len(content))
        body += padded
    return head + body


def lz4() -> bytes:
    blocks = b"".join(struct.pack("<I", size) + NOISE[:size] for size in (900, 500))
    return b"\x04\x22\x4d\x18\x64\x40\xa7" + blocks + bytes(4) + b"sums"


def pfb() -> bytes:
    parts = [
        bytes([0x80, kind]) + struct.pack("<I", size) + NOISE[:size] for kind, size in ((1, 300), (2, 800), (1, 50))
    ]
    return b"".join(parts) + b"\x80\3"


FILES = {"midi": midi(), "grib": grib(), "ttf": font(), "lz4": lz4(), "type1": pfb()}


@pytest.mark.parametrize("kind", FILES)
@pytest.mark.parametrize("behind", [b"", b"words " * 900, NOISE])
def test_a_file_says_where_it_ends(kind: str, behind: bytes) -> None:
    data = FILES[kind]
    assert size_of(kind, memoryview(data + behind)) == len(data)


@pytest.mark.parametrize("kind", FILES)
def test_one_that_was_cut_does_not(kind: str) -> None:
    data = FILES[kind]
    for size in (len(data) - 9, len(data) // 2, 40):
        found = size_of(kind, memoryview(data[:size] + b"words " * 900))
        assert found is None or found == 600  # the first of two messages


def test_a_font_whose_last_table_has_another_sum_was_cut() -> None:
    changed = bytearray(FILES["ttf"])
    changed[-10] ^= 1
    assert size_of("ttf", memoryview(changed)) is None


def test_segments_end_where_files_do() -> None:
    data = FILES["midi"] + FILES["grib"] + b"Words, and more of them. " * 200
    found = ModalityDetector(segments=True, ask_libmagic=False).detect(data).segments
    assert [(one.offset, one.format) for one in found[:3]] == [
        (0, "midi"), (len(FILES["midi"]), "grib"), (len(FILES["midi"] + FILES["grib"]), "text"),
    ]  # fmt: skip


def test_a_message_of_no_size_ends_the_walk() -> None:
    first = b"GRIB" + (20).to_bytes(3, "big") + b"\1" + bytes(8) + b"7777"
    assert size_of("grib", memoryview(first + b"GRIB\0\0\0\1" + bytes(20))) == len(first)


@pytest.mark.parametrize("begun", [b"SQLite format 3\0", b"wOFF\0\1\0\0", b"\x7fELF\2\1", b"GIF89a\1\0"])
def test_one_that_was_cut_within_its_header_has_no_end(begun: bytes) -> None:
    found = ModalityDetector(segments=True, ask_libmagic=False).detect(b"Words, and more of them.\n" * 300 + begun)
    assert found.segments[0].format == "text"
