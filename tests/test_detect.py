"""What bytes are: each witness, the judge over them, segments, decoding, bad input."""

import gzip
import io
import os
import random
import struct
import sys
import tarfile
import threading
import wave
import zipfile
import zlib
from pathlib import Path

import numpy as np
import pytest
from constriction import constriction as other_module
from hypothesis import given, settings
from hypothesis import strategies as st
from numpy.typing import NDArray

import bytezip
from bytezip.detect import LABELS, MODALITIES, ModalityDetector, block_modality, detect_modality, is_packed
from bytezip.detect import libmagic as library
from bytezip.detect.boundaries import turning_point
from bytezip.detect.classifier import shipped
from bytezip.detect.features import FEATURES, features_of
from bytezip.detect.signatures import find_signature
from bytezip.detect.statistics import measure
from bytezip.detect.texts import read

NOISE = np.random.Generator(np.random.PCG64(1)).bytes(200_000)
PROSE = Path(__file__).parent.joinpath("prose.txt").read_bytes()  # a README of ours, as it once was
LICENSE = Path(__file__).parent.parent.joinpath("LICENSE").read_bytes()
PROGRAM = Path(__file__).read_bytes()
MACHINE_CODE = Path(other_module.__file__).read_bytes()  # not our own, which is another with each compiler


def png(pixels: NDArray[np.uint8], colour: int, kind: int = 0) -> bytes:
    """A picture with one filter for all rows: 0 none, 1 sub, 2 up."""
    height, row = pixels.shape[0], pixels.reshape(pixels.shape[0], -1)
    step = row.shape[1] // pixels.shape[1]
    shifted = np.zeros_like(row)
    if kind == 1:
        shifted[:, step:] = row[:, :-step]
    elif kind == 2:
        shifted[1:] = row[:-1]
    lines = np.concatenate([np.full((height, 1), kind, np.uint8), row - shifted], axis=1)

    def chunk(name: bytes, body: bytes) -> bytes:
        return struct.pack(">I", len(body)) + name + body + struct.pack(">I", zlib.crc32(name + body))

    header = struct.pack(">IIBBBBB", pixels.shape[1], height, 8, colour, 0, 0, 0)
    body = chunk(b"IHDR", header) + chunk(b"IDAT", zlib.compress(lines.tobytes())) + chunk(b"IEND", b"")
    return b"\x89PNG\r\n\x1a\n" + body


def tar(members: dict[str, bytes]) -> bytes:
    buffer = io.BytesIO()
    with tarfile.open(fileobj=buffer, mode="w") as file:
        for name, content in members.items():
            member = tarfile.TarInfo(name)
            member.size = len(content)
            file.addfile(member, io.BytesIO(content))
    return buffer.getvalue()


def zipped(members: dict[str, bytes], method: int = zipfile.ZIP_DEFLATED) -> bytes:
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w", method) as file:
        for name, content in members.items():
            file.writestr(name, content)
    return buffer.getvalue()


def wav(samples: NDArray[np.int16]) -> bytes:
    buffer = io.BytesIO()
    with wave.open(buffer, "wb") as file:
        file.setnchannels(2)
        file.setsampwidth(2)
        file.setframerate(8000)
        file.writeframes(samples.tobytes())
    return buffer.getvalue()


def numpy_archive() -> bytes:
    buffer = io.BytesIO()
    np.savez(buffer, one=np.arange(500), two=np.arange(900.0))
    return buffer.getvalue()


PICTURE = png(np.frombuffer(NOISE[:30_000], np.uint8).reshape(100, 100, 3), 2)


def test_labels_are_many_and_whole() -> None:
    assert len(LABELS) >= 100
    assert {label.modality for label in LABELS.values()} == set(MODALITIES)
    assert all("/" in label.mime for label in LABELS.values())


@pytest.mark.parametrize(
    ("data", "modality", "name"),
    [
        (b"", "empty", "empty"),
        (PICTURE, "image", "png"),
        (gzip.compress(PROSE), "archive", "gzip"),
        (tar({"a": PROSE, "b": PICTURE}), "archive", "tar"),
        (zipped({"a": PROSE}), "archive", "zip"),
        (zipped({"[Content_Types].xml": b"<a/>", "word/document.xml": b"<b/>"}), "document", "docx"),
        (zipped({"mimetype": b"application/epub+zip", "a": b""}, zipfile.ZIP_STORED), "document", "epub"),
        (numpy_archive(), "array", "npz"),
        (wav(np.zeros((100, 2), np.int16)), "audio", "wav"),
        (b"%PDF-1.7\n%\xe2\xe3\xcf\xd3\n1 0 obj\n<<>>\nendobj\n", "document", "pdf"),
        (b"\x7fELF\2\1\1" + bytes(9) + b"\2\0" + bytes(100), "executable", "elf"),
        (b"\x7fELF\2\1\1" + bytes(9) + b"\4\0" + bytes(100), "executable", "core"),
        (b"SQLite format 3\0" + bytes(100), "database", "sqlite"),
        (b'{"a": [1, 2.5e3, null], "b": {"c": "d\\n"}}', "structured", "json"),
        (b'{"a": 1}\n{"a": 2}\n{"a": 3}\n', "structured", "jsonl"),
        (b'\n\n  {"a": [1, 2.5e3, null], "b": {"c": "d"}}\n\n', "structured", "json"),
        (b"a,b,c\n" + b"".join(b"%d,x,%d\n" % (i, i * i) for i in range(20)), "structured", "csv"),
        (b"[unit]\nname = x\nafter = y\n[install]\nby = z\n", "structured", "ini"),
        (b'[project]\nname = "x"\nlist = ["y"]\n[tool]\nby = "z"\n', "structured", "toml"),
        (b"#!/usr/bin/env python3\nimport sys\n", "code", "python"),
        (b"#!/bin/sh\nexit 0\n", "code", "shell"),
        (b'<?xml version="1.0"?>\n<!-- x -->\n<feed xmlns="y"><a/></feed>\n', "markup", "xml"),
        (b'<?xml version="1.0"?>\n<svg xmlns="y"><a/></svg>\n', "markup", "svg"),
        (b"<!DOCTYPE html>\n<p>Hello\n", "markup", "html"),
        (b">chr1 x\nACGTACGTACGTACGT\nACGTACGTACGTACGT\n", "genome", "fasta"),
        (b"-----BEGIN CERTIFICATE-----\nMIIB\n-----END CERTIFICATE-----\n", "text", "pem"),
        (b"From: a@b.c\nTo: d@e.f\nSubject: g\nDate: now\n\nhello\n", "text", "email"),
        (bytezip.compress(b"abc" * 50, level=1), "archive", "bytezip"),
        (LICENSE.decode().encode("utf-16-le"), "text", "text"),
        (NOISE, "encrypted", "random"),
        (PROGRAM, "code", "python"),
    ],
    ids=lambda value: value if isinstance(value, str) else "",
)
def test_what_bytes_are(data: bytes, modality: str, name: str) -> None:
    found = detect_modality(data)
    assert (found.modality, found.format) == (modality, name)
    assert found.mime == LABELS[name].mime
    assert 0 < found.confidence <= 1
    assert found.size == len(data)


@pytest.mark.parametrize("size", [512, 1024, 4096])
def test_fragments_without_a_header(size: int) -> None:
    assert detect_modality(PROGRAM[9000 : 9000 + size]).modality == "code"
    assert detect_modality(NOISE[500 : 500 + size]).modality in ("encrypted", "archive")
    middle = len(MACHINE_CODE) // 3
    assert detect_modality(MACHINE_CODE[middle : middle + size]).modality == "executable"


def test_padding_before_a_signature_is_seen_through() -> None:
    assert detect_modality(b"\n" * 40 + PICTURE).format == "png"
    assert detect_modality(bytes(100) + gzip.compress(PROSE)).format == "gzip"
    assert detect_modality(PICTURE + bytes(5000)).format == "png"


def test_a_forged_header_does_not_make_text_a_picture() -> None:
    for header in (b"\x89PNG\r\n\x1a\n", b"\xff\xd8\xff\xe0", b"PK\3\4", b"BM", b"\x1f\x8b\x08", b"MZ"):
        found = detect_modality(header + PROSE)
        assert found.modality not in ("image", "archive", "executable"), header
        assert found.confidence < 0.99


def test_a_text_with_a_sound_header_of_a_picture_is_still_a_text() -> None:
    assert detect_modality(PICTURE[:33] + PROSE * 3).modality != "image"


@pytest.mark.parametrize("cut", [1, 2, 3, 9, 20, 33, 200])
def test_a_truncated_picture_raises_nothing(cut: int) -> None:
    found = detect_modality(PICTURE[:cut])
    assert found.format == "png" or found.confidence < 0.99


@settings(max_examples=60)
@given(st.binary(max_size=700))
def test_any_bytes_give_a_verdict(data: bytes) -> None:
    found = detect_modality(data, segments=True)
    assert found.modality in MODALITIES
    assert LABELS[found.format].modality in (found.modality, "unknown")
    assert sum(segment.size for segment in found.segments) == len(data)


@settings(max_examples=40)
@given(st.integers(0, 400), st.binary(min_size=1, max_size=40))
def test_any_damage_to_a_header_gives_a_verdict(place: int, patch: bytes) -> None:
    for whole in (PICTURE, zipped({"a": PROSE[:500]}), tar({"a": b"x" * 700}), PROSE):
        damaged = whole[:place] + patch + whole[place + len(patch) :]
        assert detect_modality(damaged, segments=True).modality in MODALITIES


def test_paths_streams_and_bytes_agree(tmp_path: Path) -> None:
    path = tmp_path / "x"
    path.write_bytes(PROGRAM)
    told = [detect_modality(path), detect_modality(str(path)), detect_modality(io.BytesIO(PROGRAM))]
    assert {(found.format, found.confidence, found.size) for found in told} == {
        (told[0].format, detect_modality(PROGRAM).confidence, len(PROGRAM))
    }


def test_a_pipe_is_read_in_front_only(tmp_path: Path) -> None:
    path = tmp_path / "pipe"
    os.mkfifo(path)

    def write() -> None:
        with path.open("wb") as pipe:
            pipe.write(PROGRAM)

    writer = threading.Thread(target=write)
    writer.start()
    found = detect_modality(path)
    writer.join()
    assert (found.format, found.size) == ("python", len(PROGRAM))
    endless = detect_modality(io.BytesIO(PROSE[:1000] * 2000))
    assert endless.size is None
    with pytest.raises(ValueError, match="beginning"):
        endless.decode()


def test_a_sparse_file_of_5_gb_is_sampled(tmp_path: Path) -> None:
    path = tmp_path / "sparse"
    with path.open("wb") as file:
        file.truncate(5 << 30)
    found = detect_modality(path, segments=True)
    assert found.size == 5 << 30
    assert found.entropy == 0
    assert sum(segment.size for segment in found.segments) == 5 << 30


def test_what_cannot_be_read_is_an_os_error(tmp_path: Path) -> None:
    for path in (tmp_path, tmp_path / "absent"):
        with pytest.raises(OSError):  # noqa: PT011  of whatever kind
            detect_modality(path)


def test_all_works_without_libmagic(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "magic", None)
    library._library.cache_clear()
    found = ModalityDetector(ask_libmagic=True).detect(PROGRAM)
    assert found.format == "python"
    assert [said.note for said in found.testimony if said.witness == "libmagic"] == ["not installed"]
    library._library.cache_clear()


def test_each_witness_is_heard() -> None:
    witnesses = {said.witness: said for said in ModalityDetector(ask_libmagic=True).detect(PICTURE).testimony}
    assert set(witnesses) == {"signature", "statistics", "classifier", "libmagic"}
    assert witnesses["signature"].format == "png"


def test_a_signature_is_sound_only_with_its_fields() -> None:
    forged = find_signature(b"\x89PNG\r\n\x1a\n" + b"x" * 100)
    assert forged is not None
    assert not forged.sound
    assert find_signature(b"nothing at all") is None


@pytest.mark.parametrize("text", ['{"a": 1,}', "{a: 1}", '[1, 2} "x"', '{"a" 1}', "[1 2]", '{"a": 1} x'])
def test_what_breaks_the_grammar_is_no_json(text: str) -> None:
    reading = read(text, complete=True)
    assert reading is None or reading.format != "json"


def test_json_may_be_cut() -> None:
    text = '{"a": [true, "b\\"c", -1.5e-7], "d": {"e": null}}'
    for cut in range(12, len(text)):
        reading = read(text[:cut], complete=False)
        assert reading is not None
        assert reading.format == "json"


def test_statistics() -> None:
    assert measure(bytes(100)).entropy == 0
    assert measure(bytes(range(256)) * 4).entropy == 8
    assert measure(b"abc\n").encoding == "ascii"
    assert measure("äöü".encode()[1:]).encoding == "utf-8"  # cut within a character
    assert measure("äöü und mehr".encode("latin-1")).encoding == "8-bit"
    assert measure(NOISE).encoding is None


def test_packed_by_measurement() -> None:
    assert is_packed(NOISE)
    assert is_packed(NOISE[:1024])
    assert is_packed(zlib.compress(PROSE * 5 + PROGRAM))
    assert not is_packed(PROSE)
    assert not is_packed(MACHINE_CODE[:300_000])
    ramp = (np.cumsum(np.frombuffer(NOISE[:40_000], np.int8) // 16) % 256).astype(np.uint8)
    assert measure(ramp.tobytes()).entropy > 7.9  # all values are as frequent; only their order tells
    assert not is_packed(ramp.tobytes())


def test_block_modality() -> None:
    assert block_modality(PROGRAM) == "code"
    assert block_modality(b"") == "empty"
    assert block_modality(MACHINE_CODE) == "executable"
    assert block_modality(b"x") in MODALITIES
    assert block_modality(NOISE) in ("encrypted", "archive", "unknown")


def test_features_are_those_of_training() -> None:
    rows = features_of([PROSE[:4096], PROSE[:512], b"abcdefghijklmnop"])
    assert rows.shape == (3, FEATURES)
    assert np.isfinite(rows).all()
    probabilities = shipped().probabilities([PROSE[:4096], NOISE[:512]])
    assert np.allclose(probabilities.sum(1), 1, atol=1e-5)


def test_members_of_a_container_are_named_at_their_places() -> None:
    inner = zipped({"deep.txt": PROSE})
    whole = tar({"a/readme": PROSE, "b.png": PICTURE, "c.zip": inner})
    segments = detect_modality(whole, segments=True).segments
    named = {segment.name: segment for segment in segments if segment.name}
    assert set(named) == {"a/readme", "b.png", "c.zip"}
    assert named["b.png"].format == "png"
    assert whole[named["b.png"].offset : named["b.png"].end] == PICTURE
    nested = [part for part in named["c.zip"].parts if part.name]
    assert [(part.name, part.format) for part in nested] == [("deep.txt", "compressed")]
    assert named["c.zip"].offset <= nested[0].offset < nested[0].end <= named["c.zip"].end
    assert sum(segment.size for segment in segments) == len(whole)


def test_a_program_before_a_zip_is_seen() -> None:
    archive = zipped({"x": PROSE})
    segments = detect_modality(PROGRAM + archive, segments=True).segments
    assert segments[-1].format == "zip"
    assert (segments[-1].offset, segments[-1].end) == (len(PROGRAM), len(PROGRAM) + len(archive))


def test_files_between_texts_are_found_exactly() -> None:
    packed = gzip.compress(PROSE)
    mixed = PROSE[:5000] + PICTURE + PROGRAM[:5000] + packed + PROSE[:3000]
    exact = {(s.offset, s.end): s.format for s in detect_modality(mixed, segments=True).segments}
    start = 5000
    assert exact[start, start + len(PICTURE)] == "png"
    start += len(PICTURE) + 5000
    assert exact[start, start + len(packed)] == "gzip"


def test_pictures_in_a_pdf() -> None:
    jpeg = b"\xff\xd8\xff\xe0\0\x10JFIF" + NOISE[:3000]
    body = b"%PDF-1.4\n1 0 obj\n<< /Type /XObject /Filter /DCTDecode /Length 3010 >>\nstream\n" + jpeg
    whole = body + b"\nendstream\nendobj\n2 0 obj\n<< /Length 9 >>\nstream\nBT ET BT \nendstream\n%%EOF\n"
    segments = detect_modality(whole, segments=True).segments
    assert [(s.offset, s.size) for s in segments if s.format == "jpeg"] == [(whole.index(jpeg), len(jpeg))]


def test_base64_in_text_is_found() -> None:
    import base64  # noqa: PLC0415

    run = base64.encodebytes(NOISE[:4000])
    mixed = PROGRAM[:4000] + run + PROGRAM[4000:8000]
    found = [s for s in detect_modality(mixed, segments=True).segments if s.format == "base64"]
    assert len(found) == 1
    assert abs(found[0].offset - 4000) <= 80
    assert abs(found[0].end - 4000 - len(run)) <= 80


def test_a_change_without_a_signature_is_placed() -> None:
    mixed = PROGRAM[:10_000] + NOISE[:10_000]
    segments = detect_modality(mixed, segments=True).segments
    assert min(abs(segment.offset - 10_000) for segment in segments[1:]) <= 64
    assert abs(turning_point(mixed, 0, 10_240, 20_000) - 10_000) <= 16


def test_a_large_file_is_halved_to_its_boundary(tmp_path: Path) -> None:
    path = tmp_path / "large"
    text = (PROSE * (7_000_000 // len(PROSE) + 1))[:7_000_000]
    path.write_bytes(text + NOISE * 20)
    segments = detect_modality(path, segments=True).segments
    assert min(abs(segment.offset - 7_000_000) for segment in segments[1:]) <= 512


def test_a_full_scan_reports_its_way(tmp_path: Path) -> None:
    path = tmp_path / "large"
    path.write_bytes(NOISE * 45)
    told: list[int] = []
    found = ModalityDetector(full=True).detect(path, told.append)
    assert told == [4 << 20, 8 << 20, 45 * len(NOISE)]
    assert sum(segment.size for segment in found.segments) == 45 * len(NOISE)


def test_decode_text() -> None:
    assert detect_modality(PROGRAM).decode() == PROGRAM.decode()
    sentence = "Grüße aus Köln, wo es heute regnet. " * 20
    assert detect_modality(sentence.encode("utf-16")).decode() == sentence
    assert detect_modality(sentence.encode("latin-1")).decode() == sentence
    assert detect_modality(NOISE).decode() == NOISE


@pytest.mark.parametrize("kind", [0, 1, 2])
@pytest.mark.parametrize(("colour", "shape"), [(0, (40, 30)), (2, (40, 30, 3)), (6, (40, 30, 4))])
def test_decode_png(kind: int, colour: int, shape: tuple[int, ...]) -> None:
    count = int(np.prod(shape))
    pixels = np.frombuffer(NOISE[:count], np.uint8).reshape(shape)
    decoded = detect_modality(png(pixels, colour, kind)).decode()
    assert isinstance(decoded, np.ndarray)
    assert np.array_equal(decoded, pixels)


def test_decode_sound_and_arrays() -> None:
    samples = np.frombuffer(NOISE[:4000], np.int16).reshape(-1, 2)
    decoded = detect_modality(wav(samples)).decode()
    assert isinstance(decoded, np.ndarray)
    assert np.array_equal(decoded, samples)
    buffer = io.BytesIO()
    np.save(buffer, np.arange(12.0).reshape(3, 4))
    assert np.array_equal(detect_modality(buffer.getvalue()).decode(), np.arange(12.0).reshape(3, 4))
    pixels = np.frombuffer(NOISE[:600], np.uint8).reshape(10, 20, 3)
    assert np.array_equal(detect_modality(b"P6\n# x\n20 10\n255\n" + pixels.tobytes()).decode(), pixels)
    rows = np.concatenate([pixels[::-1, :, ::-1].reshape(10, 60)], axis=1)
    header = b"BM" + struct.pack("<IIIIiiHHIIIIII", 54 + 600, 0, 54, 40, 20, 10, 1, 24, 0, 600, 0, 0, 0, 0)
    assert np.array_equal(detect_modality(header + rows.tobytes()).decode(), pixels)


def test_decode_says_what_is_damaged() -> None:
    for damaged in (PICTURE[:-5000], b"P6\n20 10\n255\n" + bytes(20), PICTURE[:16] + b"\xff" * 4 + PICTURE[20:]):
        found = detect_modality(damaged)
        if found.modality == "image":
            with pytest.raises(ValueError, match=r"truncated|damaged|sizes"):
                found.decode()


def test_the_same_bytes_give_the_same_verdict() -> None:
    pieces = [PROSE[random.Random(i).randrange(3000) :][:2000] for i in range(5)]
    first = [detect_modality(piece) for piece in pieces]
    assert [detect_modality(piece) for piece in pieces] == first
