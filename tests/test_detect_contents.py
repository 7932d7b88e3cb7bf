"""What stands inside of files by proof, and which numbers a window shows: the ground that the classifiers stand on."""

import gzip
import io
import struct
import tarfile
import zipfile
import zlib

import numpy as np
import pytest

from bytezip.detect import binary
from bytezip.detect.columns import COLUMNS, columns_of
from bytezip.detect.features import SHORTEST, WINDOW
from bytezip.detect.texts import read
from bytezip.train.detect_binary import name_at
from bytezip.train.detect_contents import Content, contents_of, shares

RANDOM = np.random.default_rng(5)
WORDS = b" ".join(b"word%d" % number for number in RANDOM.integers(0, 500, 4000))
NOISE = RANDOM.bytes(WINDOW)


def test_streams_that_inflate_are_packed() -> None:
    packed = zlib.compress(WORDS)
    data = b"%PDF-1.4 stream\n" + packed + b"\nendstream" + gzip.compress(WORDS) + b"end"
    found = contents_of(data, "pdf")
    assert [content.format for content in found] == ["compressed", "compressed"]
    assert (found[0].start, found[0].end) == (16, 16 + len(packed))
    assert data[found[1].end :] == b"end"


@pytest.mark.parametrize(
    "data", [b"", b"\x78\x9c", b"\x78\x9c" + NOISE, b"PK\x03\x04", b"\x1f\x8b\x08\0" + NOISE, NOISE]
)
def test_what_does_not_inflate_is_nothing(data: bytes) -> None:
    assert contents_of(data, "png") == []


def test_a_wrong_check_is_no_proof() -> None:
    packed = zlib.compress(WORDS)
    assert contents_of(packed[:-1] + bytes([packed[-1] ^ 1]) + b"more", "mat") == []


def test_pixels_of_png_are_one_stream_in_chunks() -> None:
    def chunk(name: bytes, body: bytes) -> bytes:
        return struct.pack(">I", len(body)) + name + body + bytes(4)

    data = b"\x89PNG\r\n\x1a\n" + chunk(b"IHDR", bytes(13)) + chunk(b"IDAT", NOISE) + chunk(b"IDAT", NOISE)
    found = contents_of(data + chunk(b"IEND", b""), "png")
    assert [content.end - content.start for content in found] == [WINDOW, WINDOW]


def test_members_say_what_they_are() -> None:
    buffer = io.BytesIO()
    with tarfile.open(fileobj=buffer, mode="w", format=tarfile.USTAR_FORMAT) as file:
        for name, content in (("a.py", WORDS), ("b", b"%PDF-1.4\n" + WORDS), ("c", WORDS)):
            member = tarfile.TarInfo(name)
            member.size = len(content)
            file.addfile(member, io.BytesIO(content))
    found = contents_of(buffer.getvalue(), "tar")
    assert [content.format for content in found] == ["python", "pdf"]
    assert found[0].end - found[0].start == len(WORDS)
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr("a", WORDS)
    assert [content.format for content in contents_of(buffer.getvalue(), "docx")] == ["compressed"]


def test_a_jpeg_ends_with_its_mark() -> None:
    tables = b"\xff\xdb\0\x04ab\xff\xc0\0\x04ab\xff\xc4\0\x04ab"
    picture = b"\xff\xd8\xff\xe0\0\x04ab" + tables + b"\xff\xda\0\x04cd" + bytes(500) + b"\xff\xd9"
    assert contents_of(b"%PDF" + picture + b"more", "pdf") == [Content(4, 4 + len(picture), "jpeg")]
    assert contents_of(picture, "jpeg") == []
    assert contents_of(picture.replace(tables, b""), "pdf") == []


def test_a_codestream_says_how_long_its_head_is() -> None:
    head = b"\xff\x4f\xff\x51" + struct.pack(">H34xH", 38 + 3 * 3, 3)
    stream = head + bytes(700) + b"\xff\xd9"
    assert contents_of(b"GRIB" + stream + b"7777", "grib") == [Content(4, 4 + len(stream), "jpeg2000")]
    assert contents_of(stream, "jpeg2000") == []
    assert contents_of(b"GRIB" + head[:-1] + b"\4" + bytes(700) + b"\xff\xd9", "grib") == []
    assert contents_of(b"GRIB" + head + bytes(700), "grib") == []


def test_a_font_in_a_document_is_a_stream_that_begins_as_one() -> None:
    font = b"%!PS-AdobeFont-1.0: A\ncurrentfile eexec\n" + bytes(range(1, 250)) * 4
    page = b"%PDF-1.5\n1 0 obj <<>>\nstream\n" + font + b"\nendstream\nendobj\n"
    start = page.index(font)
    assert contents_of(page, "pdf") == [Content(start, start + len(font), "type1")]
    assert contents_of(page, "postscript") == []
    assert contents_of(page.replace(b"%!PS-AdobeFont", b"%!PS-Adobe"), "pdf") == []


def test_shares_are_of_the_window() -> None:
    contents = [Content(0, 100, "a"), Content(150, 200, "b")]
    assert shares(contents, 50, 250) == {"a": 0.25, "b": 0.25}
    assert shares(contents, 300, 400) == {}


def test_a_window_is_labelled_by_what_it_surely_holds() -> None:
    contents = [Content(1000, 2000, "compressed")]
    assert name_at(contents, "png", 1000, 2000) == "compressed"
    assert name_at(contents, "png", 0, 1000) == "png"
    assert name_at(contents, "png", 500, 1500) is None
    assert name_at([], "tar", 0, 1000) is None
    assert name_at([], "gus-patch", 0, 1000) == "wav"


def test_columns_are_the_same_at_every_phase() -> None:
    numbers = np.cumsum(RANDOM.integers(1, 9, 1100)).astype("<u4").tobytes()
    first = columns_of(np.frombuffer(numbers[:4096], np.uint8))
    assert first.shape == (COLUMNS,)
    for phase in (1, 2, 3):
        other = columns_of(np.frombuffer(numbers[phase : phase + 4096], np.uint8))
        assert np.abs(other - first).max() < 0.25


def test_columns_tell_numbers_from_noise() -> None:
    walk = np.cumsum(RANDOM.normal(size=2048) * 300).astype("<i2")
    floats = RANDOM.normal(size=1024).astype("<f4")
    seen = [columns_of(np.frombuffer(data, np.uint8)) for data in (NOISE, walk.tobytes(), floats.tobytes())]
    steadiest = [measures[8:12].min() for measures in seen]  # of four columns
    assert steadiest[0] > 0.95
    assert steadiest[2] < 0.5
    assert np.abs(seen[0] - seen[1]).max() > 0.5


@pytest.mark.parametrize("size", [SHORTEST, 100, 513, WINDOW])
def test_features_of_what_is_no_text_are_finite(size: int) -> None:
    for data in (NOISE, bytes(WINDOW), b"\xff" * WINDOW, bytes(range(256)) * 16):
        for kind in (binary.BINARY, binary.PACKED):
            rows = binary.features_of([data[:size]], kind)
            assert rows.shape == (1, binary.HISTOGRAMS[kind] + binary.MEASURES[kind])
            assert np.isfinite(rows).all()
            assert np.abs(rows).max() < 80


def test_kinds_of_windows() -> None:
    assert binary.kind_of(WORDS[:WINDOW]) == binary.TEXT
    assert binary.kind_of(NOISE) == binary.PACKED
    assert binary.kind_of(bytes(WINDOW)) == binary.BINARY


@pytest.mark.parametrize(
    ("text", "name"),
    [
        ("# comment\nkernel.pid_max = 4194304\nnet.ipv4.ip_forward=1\n", "conf"),
        ("# places\nd /run/lock 0755 root root -\nr! /forcefsck\n", "conf"),
        ("test_a (x.T.test_a) ... ok\ntest_b (x.T.test_b) ... FAIL\n" * 4, "log"),
        ("x = 1\ny = 2\nz.w()\n", None),
        ("a /b\nsome words of no kind\n", None),
    ],
)
def test_settings_and_logs(text: str, name: str | None) -> None:
    found = read(text, complete=True)
    assert (found.format if found else None) == name
