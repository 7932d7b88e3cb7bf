"""Rules of detect that single mistakes taught: grammars, families of formats, frames, files inside others."""

import base64
import gzip
import io
import struct
import wave
import zipfile
from pathlib import Path

import numpy as np
import pytest

from bytezip.detect import ModalityDetector, detect_modality
from bytezip.detect.embedded import find_embedded
from bytezip.detect.features import FEATURES, SHORTEST, features_of
from bytezip.detect.frames import FRAMES, frames_of
from bytezip.detect.signatures import find_signature
from bytezip.detect.statistics import entropy_of
from bytezip.detect.texts import read

NOISE = np.random.Generator(np.random.PCG64(7)).bytes(300_000)
PROSE = Path(__file__).parent.joinpath("prose.txt").read_bytes()
PROGRAM = Path(__file__).read_bytes()


def told(data: bytes) -> str | None:
    reading = read(data.decode(), complete=True)
    return reading.format if reading else None


def test_toml_is_no_ini() -> None:
    toml = '[project]\nname = "x"\nauthors = [\n    {name = "A: B"},\n]\nversion = "1"\n[tool.x]\non = true\n'
    assert told(toml.encode()) == "toml"
    assert told(b"[Unit]\nDescription=A thing\nAfter=network.target\n[Service]\nType=oneshot\n") == "ini"


def test_documents_by_how_they_begin_and_what_they_quote() -> None:
    assert told(b"=====\nTitle\n=====\n\nWords.\n") == "rst"
    assert told(b".. SPDX-License-Identifier: GPL-2.0\n\nTitle\n-----\n") == "rst"
    assert told(b"Words, and a list.\n\n.. note:: More words.\n") == "rst"
    assert told(b"Words.\n\n```rust\nfn main() {}\n```\n") == "markdown"
    assert told(b"Words.\n\n```rust\nfn main() {}\n") is None  # never closed
    assert told(b"=====\n") is None


def test_a_mail_is_told_by_its_head_whatever_it_bears() -> None:
    head = b"Return-Path: <a@b.c>\nReceived: from x by y;\n Mon, 1 Oct 2018 00:00:00\nSubject: z\nFrom: a@b.c\n"
    body = b"Content-Transfer-Encoding: base64\n\n" + base64.encodebytes(NOISE[:9000])
    found = detect_modality(head + body, segments=True)
    assert (found.format, found.confidence > 0.9) == ("email", True)
    assert len(found.segments) == 1
    assert told(head + b"X-Long: 1\n" * 2000) == "email"  # cut before its body


def test_a_patch_that_was_mailed_is_a_patch() -> None:
    head = b"From: A <a@b.c>\nDate: Mon, 1 Oct 2018 00:00:00\nSubject: [PATCH] x\n\nWords.\n---\n"
    assert told(head) == "email"
    assert told(head + b"--- a/x\n+++ b/x\n@@ -1 +1 @@\n-a\n+b\n") == "diff"


def test_a_document_may_hold_another_one() -> None:
    inner, outer = io.BytesIO(), io.BytesIO()
    with zipfile.ZipFile(inner, "w") as file:
        file.writestr("xl/workbook.xml", "<x/>")
    with zipfile.ZipFile(outer, "w") as file:
        file.writestr("ppt/presentation.xml", "<p/>")
        file.writestr("ppt/embeddings/a.xlsx", inner.getvalue())
    assert detect_modality(outer.getvalue()).format == "pptx"
    assert detect_modality(inner.getvalue()).format == "xlsx"


def test_a_picture_of_medicine_may_begin_as_another() -> None:
    assert detect_modality((b"II*\0" + bytes(124) + b"DICM\x02\0\0\0UL\4\0").ljust(700, b"\0")).format == "dicom"


def test_a_film_without_pictures_is_a_sound() -> None:
    brand = struct.pack(">I", 24) + b"ftypmp42\0\0\0\0mp42isom"
    tracks = [b"\0\0\0\x20hdlr" + bytes(8) + kind + bytes(12) for kind in (b"soun", b"vide")]
    assert find_signature(brand + tracks[0]) == ("m4a", 0, True, True)
    assert find_signature(brand + tracks[0] + tracks[1]) == ("mp4", 0, True, True)
    assert find_signature(brand + bytes(99)) == ("mp4", 0, True, True)


def test_tables_may_begin_with_remarks() -> None:
    assert told(b"# a remark\n# another one, with commas\n" + b"1\tx y\t3\n" * 12) == "tsv"


def test_statements_are_no_table() -> None:
    assert told(b"".join(b"$lang['%d'] = 'a, b';\n" % number for number in range(30))) not in ("csv", "tsv")
    assert told(b"\tmov\trax, rbx\n\tadd\trcx, 1\n" * 12) != "tsv"
    assert told(b"1;2;3\n" * 12) == "csv"


def test_netcdf_4_is_more_than_hdf5() -> None:
    plain = b"\x89HDF\r\n\x1a\n" + bytes(600)
    assert detect_modality(plain).format == "hdf5"
    assert detect_modality(plain + b"_NCProperties\0version=2").format == "netcdf"


def test_a_stream_of_arrow_has_no_name_in_front() -> None:
    schema = struct.pack("<II", 0xFFFFFFFF, 160) + struct.pack("<I", 16) + bytes(156)
    assert detect_modality(schema + bytes(range(256)) * 8).format == "arrow"
    assert find_signature(b"\xff" * 200) is None


def bitmap(pixels: bytes, width: int) -> bytes:
    height = len(pixels) // 3 // width
    header = struct.pack("<IIIIiiHHIIIIII", 54 + len(pixels), 0, 54, 40, width, height, 1, 24, 0, 0, 0, 0, 0, 0)
    return b"BM" + header + pixels


def test_pixels_may_be_those_of_characters() -> None:
    assert detect_modality(bitmap(b"fgh" * 64 * 64, 64)).format == "bmp"
    assert detect_modality(b"BM" + PROSE).format != "bmp"


def test_frames_without_a_beginning() -> None:
    mp3 = b"".join(b"\xff\xfb\x90\x64" + NOISE[413 * i : 413 * i + 413].replace(b"\xff", b"\0") for i in range(9))
    ts = b"".join(b"\x47\x01\x00\x10" + NOISE[184 * i : 184 * i + 184] for i in range(20))
    rows = [frames_of(data, np.frombuffer(data, np.uint8)) for data in (mp3[200:], ts[50:], NOISE[:3000])]
    assert all(row.shape == (FRAMES,) and (row >= 0).all() and (row <= 1).all() for row in rows)
    assert rows[0][-6] == 1.0  # frames of MPEG audio
    assert rows[2][-6] == 0.0
    assert rows[1][-3] == 1.0 > rows[2][-3]  # packets of a transport stream


def test_flac_is_told_by_a_checksum() -> None:
    head = bytes([0xFF, 0xF8, 0xC9, 0x18, 0x00])  # 4,608 samples, 44.1 kHz, two channels, 16 bits, frame 0
    check = 0
    for byte in head:
        check ^= byte
        for _ in range(8):
            check = (check << 1 ^ (7 if check & 0x80 else 0)) & 0xFF
    for wrong in (0, 1):
        data = bytes(100) + head + bytes([check ^ wrong]) + bytes(100)
        assert frames_of(data, np.frombuffer(data, np.uint8))[-4] == 0.5 * (1 - wrong)


@pytest.mark.parametrize("data", [b"a" * SHORTEST, bytes(4096), NOISE[:512], PROSE[:700], b"\xff" * 600])
def test_features_are_finite_and_small(data: bytes) -> None:
    row = features_of([data])
    assert row.shape == (1, FEATURES)
    assert np.isfinite(row).all()
    assert np.abs(row).max() <= 64


def zipped(method: int) -> bytes:
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w", method) as file:
        file.writestr("a", PROSE)
        file.writestr("b.gz", gzip.compress(PROSE))
    return buffer.getvalue()


def test_what_follows_a_container_is_not_of_it() -> None:
    packed = zipped(zipfile.ZIP_DEFLATED)
    segments = detect_modality(packed + PROGRAM[:6000], segments=True).segments
    assert (segments[0].format, segments[0].end) == ("zip", len(packed))
    assert {part.name for part in segments[0].parts} >= {"a", "b.gz"}
    assert segments[1].modality == "code"


def test_members_of_a_cut_zip_are_its_own() -> None:
    cut = zipped(zipfile.ZIP_STORED)[:-30]
    found = find_embedded(PROSE[:3000] + cut)
    assert [(item.offset, item.format, item.end) for item in found] == [(3000, "zip", None)]


def sound(seconds: int) -> bytes:
    buffer = io.BytesIO()
    with wave.open(buffer, "wb") as file:
        file.setnchannels(1)
        file.setsampwidth(2)
        file.setframerate(8000)
        file.writeframes((np.sin(np.arange(8000 * seconds) / 9) * 9000).astype("<i2").tobytes())
    return buffer.getvalue()


def test_a_sound_that_was_cut_ends_where_another_file_begins() -> None:
    packed = gzip.compress(PROSE * 3)
    data = sound(4)[:20_000] + packed + PROSE[:30_000]
    found = {item.format: item for item in find_embedded(data)}
    assert found["wav"].end is None
    assert (found["gzip"].offset, found["gzip"].end) == (20_000, 20_000 + len(packed))


def test_pictures_in_an_icon_are_its_own() -> None:
    import zlib  # noqa: PLC0415

    def chunk(name: bytes, body: bytes) -> bytes:
        return struct.pack(">I", len(body)) + name + body + struct.pack(">I", zlib.crc32(name + body))

    header = struct.pack(">IIBBBBB", 8, 8, 8, 0, 0, 0, 0)
    png = b"\x89PNG\r\n\x1a\n" + chunk(b"IHDR", header) + chunk(b"IDAT", zlib.compress(bytes(72))) + chunk(b"IEND", b"")
    icon = struct.pack("<HHHBBBBHHII", 0, 1, 1, 8, 8, 0, 0, 1, 8, len(png), 22) + png
    assert detect_modality(icon).format == "ico"


def test_a_program_may_speak_of_signatures() -> None:
    for text in (b'x = b"%PDF-1.4" + b"abc"\n', b'if data[:2] == b"MZ":\n', b"P6 is a colour\n"):
        assert find_embedded(PROSE[:500] + text + PROSE[:500]) == []


def test_jpeg_needs_more_than_three_bytes() -> None:
    good = b"\xff\xd8\xff\xe0\0\x10JFIF\0\1\1\0\0\1\0\1\0\0\xff\xdb\0\x43\0" + NOISE[:3000].replace(b"\xff", b"\0")
    assert [item.format for item in find_embedded(bytes(100) + good)] == ["jpeg"]
    assert find_embedded(bytes(100) + good.replace(b"JFIF", b"abcd")) == []


def test_a_font_says_how_its_tables_are_searched() -> None:
    table = b"cmap" + struct.pack(">III", 0, 76, 4)
    right = find_signature(b"\0\1\0\0\0\4\0\x40\0\2\0\0" + table * 4)
    assert right is not None
    assert right.sound
    wrong = find_signature(b"\0\1\0\0\0\4\1\x40\0\2\0\0" + table * 4)
    assert wrong is None or not wrong.sound


def test_a_full_scan_judges_by_most_bytes() -> None:
    data = PROSE[:5000] + NOISE
    found = ModalityDetector(full=True, ask_libmagic=False).detect(data)
    assert found.modality in ("archive", "encrypted")
    counts = np.bincount(np.frombuffer(data, np.uint8), minlength=256)
    assert found.entropy == round(entropy_of(counts), 4)


def test_noise_is_told_from_packed_data_where_there_is_enough_of_it() -> None:
    assert detect_modality(NOISE).format == "random"
    assert detect_modality(NOISE[:4096]).modality in ("archive", "encrypted")
