"""Structures that a piece from the middle of a file shows: rows, frames, units, numbers."""

import io
import json
import sqlite3
import struct
import zipfile
from pathlib import Path

import numpy as np
import pytest

from bytezip.detect import detect_modality
from bytezip.detect.cells import are_cells
from bytezip.detect.doubles import are_doubles
from bytezip.detect.embedded import find_embedded
from bytezip.detect.flat import is_silence, is_white
from bytezip.detect.signatures import find_signature
from bytezip.detect.slices import has_slices
from bytezip.detect.steim import are_frames
from bytezip.detect.texts import read

RANDOM = np.random.Generator(np.random.PCG64(5))
NOISE = RANDOM.bytes(400_000)


def told(text: str) -> str | None:
    reading = read(text, complete=True)
    return reading.format if reading else None


@pytest.fixture(scope="module")
def pages(tmp_path_factory: pytest.TempPathFactory) -> bytes:
    """Tables of a database: rows of numbers, of short and of long texts."""
    path = tmp_path_factory.mktemp("rows") / "x.db"
    with sqlite3.connect(path) as base:
        base.execute("create table numbers (a real, b integer, c real)")
        rows = RANDOM.normal(size=(3000, 2))
        base.executemany("insert into numbers values (?, ?, ?)", [(a, int(b * 1e6), b) for a, b in rows.tolist()])
        base.execute("create table texts (a text, b integer, c text)")
        base.executemany("insert into texts values (?, ?, ?)", [("x" * (n % 90), n * n, "y" * 70) for n in range(2000)])
    base.close()
    return Path(path).read_bytes()


def test_rows_of_a_table_say_twice_how_long_they_are(pages: bytes) -> None:
    starts = range(8192, len(pages) - 4096, 1500)
    assert sum(are_cells(pages[start : start + 1024]) for start in starts) > 0.7 * len(starts)
    piece = next(pages[start : start + 4096] for start in starts if are_cells(pages[start : start + 4096]))
    assert detect_modality(piece).format == "sqlite"


def test_other_bytes_are_no_rows(pages: bytes) -> None:
    others = [NOISE, bytes(range(256)) * 1000, bytes(200_000), b"\x08\2\1" * 60_000, bytes(byte ^ 1 for byte in pages)]
    for data in others:
        assert not any(are_cells(data[start : start + 4096]) for start in range(0, len(data), 4096))
    assert not are_cells(b"")


def seismogram(order: str, first: int = 1) -> bytes:
    """Records of a header and seven frames; in each frame 15 words of four small differences."""
    frames = []
    for number in range(80):
        control = 0x15555555 if number % 8 != first else 0x01555555
        words = RANDOM.integers(0, 1 << 32, 15, dtype=np.uint32).astype(order + "u4")
        header = b"%06dD STATI" % number + bytes(52)
        frames.append(header[:64] if number % 8 == 0 else np.array([control], order + "u4").tobytes() + words.tobytes())
    return b"".join(frames)


@pytest.mark.parametrize("order", ["<", ">"])
def test_frames_of_seismograms_say_what_they_hold(order: str) -> None:
    data = seismogram(order)
    for start in (0, 1, 333, 1000):
        for size in (512, 1024, 4000):
            assert are_frames(data[start : start + size])
    assert detect_modality(data[1000:3048]).format == "mseed"


def test_words_that_stand_everywhere_are_no_frames() -> None:
    assert not are_frames(b"\x15\x55\x55\x55" * 200)
    assert not are_frames((b"\x25\xff\xff\xff" + NOISE[:12]) * 60)  # entries of 16 bytes
    assert not any(are_frames(NOISE[start : start + 512]) for start in range(0, len(NOISE), 512))
    assert not are_frames(b"")


def test_a_picture_begins_with_its_size_and_its_slice() -> None:
    for unit in (b"\0\0\x12\x34\x41\x9a", b"\0\0\x12\x34\x65\x88", b"\0\0\1\x67\x64\0\x1f"):
        assert has_slices(NOISE[:300] + unit + NOISE[300:600])
    for other in (b"\0\0\x12\x34\x41\x1a", b"\1\0\x12\x34\x65\x88", b"\0\0\1\x67\x65\0\x1f"):
        assert not has_slices(NOISE[:300] + other + NOISE[300:600])
    assert sum(has_slices(NOISE[start : start + 4096]) for start in range(0, len(NOISE), 4096)) < 2
    assert detect_modality(NOISE[:2000] + b"\0\0\x12\x34\x41\x9a" + NOISE[2000:4000]).modality == "video"


def test_numbers_have_exponents() -> None:
    numbers = RANDOM.normal(size=4096)
    for start in range(8):
        for size in (512, 4096):
            assert are_doubles(numbers.tobytes()[start : start + size])
            assert are_doubles(numbers.astype(">f8").tobytes()[start : start + size])
            assert are_doubles(numbers.astype("<f4").tobytes()[start : start + size])
    assert not are_doubles(numbers.astype("<f2").tobytes()[:4096])
    assert not are_doubles(NOISE[:4096])
    assert not are_doubles(b"")
    assert detect_modality(numbers.tobytes()[:4096]).modality == "array"


def test_white_and_silence() -> None:
    assert is_white(b"\xff" * 512)
    assert is_silence(b"\x80" * 512)
    assert not is_white(b"\xff" * 400 + bytes(112))
    for byte, modality in ((b"\xff", "image"), (b"\x80", "audio")):
        found = detect_modality(byte * 4096)
        assert (found.modality, found.encoding) == (modality, None)


def test_a_piece_of_json_without_lines() -> None:
    rows = [{"name": "Имя, и слово", "text": "ein Satz; noch einer", "places": [[1, 2], [3, -4]]} for _ in range(40)]
    assert told(json.dumps(rows, ensure_ascii=False)[25:]) == "json"
    assert told(json.dumps([[number, -number] for number in range(90)], separators=(",", ":"))[40:]) == "json"
    assert told('a={"b":1,"c":2};function d(){return{"e":3,"f":4}}') != "json"
    assert told('words, "b": 1') is None


def test_a_table_that_was_cut_in_its_first_line() -> None:
    lines = [f"{number},a{number},{number * number},x y z" for number in range(9)]
    assert told("\n".join(["7,x y z", *lines]) + "\n") == "csv"


def test_programs_by_what_only_they_have() -> None:
    assert told("// A.\n\npackage org.a.b;\n\n/** B. */\npublic interface C {\n}\n") == "java"
    assert told("package org.a.b\n\ninterface C {\n}\n") is None
    assert told(".if !defined(A)\nA?= b\n.include <c.mk>\n.endif\n") == "makefile"
    assert told(".TH A 1\n.if n .nf\nWords.\n") == "troff"
    assert told('#!/bin/sh\n# the next line \\\nexec tclsh "$0" "$@"\nputs x\n') == "tcl"
    assert told('#!/bin/sh\nexec wish "$0"\n') == "shell"


def test_reads_and_keys() -> None:
    assert told("@a\nSEQUENCE1\n+\n:6;;8629<\n") == "fastq"
    assert told("@a\nSEQUENCE1\n+\n:6;;8629\n") is None
    assert told("-----BEGIN PGP ARMORED FILE-----\n\nabc=\n") == "pgp-armor"
    head = "From: A <a@b.c>\nDate: Mon, 1 Oct 2018 00:00:00\nSubject: [PATCH] x\n\nWords.\n"
    assert told(head + "diff --git a/x b/x\nindex 1..2\nGIT binary patch\nliteral 3\n") == "diff"


def test_chains_of_amino_acids_from_the_middle_of_a_file() -> None:
    width = "MPVSWKADAAFWSPHSCLCLSLVQLQYQGS\n"
    piece = "KKEKK\n" + width * 3 + "GLYV\n>ref|NP_1.1| a protein [Sus scrofa]\n" + width * 2 + "MEN*\n>ref|NP"
    assert told(piece) == "fasta"
    assert told(piece.replace("GLYV", "a line of words")) != "fasta"
    assert told("WARNING\n" + "THE WHOLE LINE IS IN CAPITALS\n" * 4 + ">SO IT IS\n") != "fasta"


def test_arrays_of_a_program_from_their_middle() -> None:
    rows = "".join(f"\t{{ {n}, {{ 6314., -196., {n}e-3 }}, 2.11{n} }},\n" for n in range(20))
    assert told("1.5, 3 },\n" + rows + "\t{ 3, { 5") == "c"
    pairs = "".join(f"\t{n} => '157.240.{n}.0/17',\n" for n in range(380, 420))
    assert told("0.0/17',\n" + pairs + "\t42") == "php"
    assert told("0.0/17',\n" + pairs.replace("=>", ":") + "\t42") != "php"


def test_variants_and_reads_by_their_columns() -> None:
    variant = "chr1\t{}\t.\tA\tC,<DEL>\t29.5\tPASS\tDP=3\n"
    assert told("3\t.\tA\tC\n" + "".join(map(variant.format, range(9)))) == "vcf"
    assert told("3\t.\tA\tC\n" + "".join(map(variant.format, range(9))) + "chr1\t9") == "vcf"
    read_ = "r{}\t99\tchr1\t7\t30\t8M2I4M\t=\t37\t39\tTTAGATAAAGGATA\t*\n"
    assert told("99\tchr1\n" + "".join(map(read_.format, range(9)))) == "sam"
    assert told("".join(f"a{n}\t{n}\t.\tq\tC\t1\tx\ty\n" for n in range(9))) == "tsv"


def test_documents_and_scripts_by_how_they_begin() -> None:
    assert told("# Title\n\nWords.\n\n```rust\nfn main() {}\n```\n\nWords.\n") == "markdown"
    assert told('" Vim syntax file\n" Language: "x" and y\nlet b:a = 1\n') == "vim-script"
    assert told('"a","b"\n"c","d"\n') != "vim-script"
    assert told('"""Words.\n"""\n') != "vim-script"
    assert told("%!\n% A prologue.\n/x { 1 } def\n") == "postscript"
    assert told("%!\n% A font.\n/x { 1 } def\ncurrentfile eexec\n") != "postscript"
    assert told("From: A <a@b.c>\nDate: 1\nContent-type: text/asciidoc\n\nWords.\n") == "asciidoc"


def test_what_one_language_alone_has() -> None:
    assert told(";;;; -*- Mode: lisp; indent-tabs-mode: nil -*-\n(x)\n") == "lisp"
    assert told("# x\n# -*- tcl -*-\nset x 1\n") == "tcl"
    assert told("-*- unknown -*-\n") is None
    assert told("import { a } from './a'\n\nexport function b<T>(\n  c: T[],\n) {}\n") == "typescript"
    assert told("class A {\n  constructor(private b: C) {}\n}\n") == "typescript"
    assert told("export function b(c, d) {}\n") is None
    assert told("//! Words.\n\nuse std::fmt;\n") == "rust"
    assert told("/*! Words. */\nvar a = 1;\n") is None
    prologue = "".join(f"/{name} {{\n  1 add\n}} def\n" for name in "abcd")
    assert told("% A prologue.\n" + prologue) == "postscript"
    assert told("A page says:\n" + prologue) is None
    assert told("% Macros.\n\\special{x\n" + prologue) is None
    assert told('/*! Words. */\n/// <reference lib="es2020" />\n') == "typescript"
    assert told("@rem Words.\r\n@if x y\r\n") == "batch"
    assert told("*a.txt*\tFor Vim version 9.0.\n\n====\nWords\n====\n") == "text"
    assert told("package a.b;\n\npublic enum C {\n  D\n}\n") == "java"


def test_proteins_and_colours() -> None:
    assert told(">a b\nMENLNMDLLYMAAAVMMGLAAIGAAIG\nGLYV\n>c\nMEN\n") == "fasta"
    assert told(">a b\nMENLN\nGLYV\n") is None
    assert told("> quoted words\nand an answer to them\n") is None
    assert told("@a\nT1100.203\n+\n!!!!!!!!\n") == "fastq"


def test_one_colour_is_no_text() -> None:
    for colour, modality in ((b"\x8d:l", "image"), (b".46", "image"), (b"aaa", "text")):
        for start in range(3):
            assert (detect_modality((colour * 400)[start:]).modality == "image") is (modality == "image")
    assert detect_modality(b"a\nb" * 400).encoding == "ascii"


def test_beginnings() -> None:
    assert detect_modality(b"\x1a\x41\x27\x43" + bytes(7) + b"\2" + NOISE[:50]).format == "2bit"
    assert detect_modality(b"ORC\x25\0\0\n\7\x12\5" + NOISE[:900]).format == "orc"
    assert detect_modality(b"000001V 011  21  1APE       40" + NOISE[:900]).format == "mseed"
    assert detect_modality(b"ADIF" + NOISE[:900]).format == "aac"
    assert detect_modality(b"ORCHIDS are plants.\n" * 9).modality == "text"


ICON = struct.pack("<HHHBBBBHHII", 0, 1, 1, 16, 16, 0, 0, 1, 32, 900, 22) + b"\x28\0\0\0" + bytes(896)


def box(name: bytes, content: bytes) -> bytes:
    return struct.pack(">I", 8 + len(content)) + name + content


def test_boxes_of_a_film_hold_no_other_file() -> None:
    film = box(b"ftyp", b"qt  \0\0\2\0qt  ") + box(b"moov", bytes(60) + ICON + bytes(60)) + box(b"mdat", NOISE[:9000])
    cut = film[:-1000]
    assert [item.format for item in find_embedded(ICON)] == ["ico"]
    assert [item.format for item in find_embedded(cut)] == ["mov"]
    assert [(item.offset, item.format) for item in find_embedded(cut + ICON)] == [(0, "mov"), (len(cut), "ico")]


def test_a_picture_in_the_tag_of_a_sound_is_of_the_sound() -> None:
    head = b"\xff\xd8\xff\xe0\0\x10JFIF\0" + bytes(9) + b"\xff\xdb\0\4ab\xff\xda\0\4ab"
    picture = head + NOISE[:400].replace(b"\xff", b"\xfe") + b"\xff\xd9"
    tag = b"ID3\3\0\0\0\0\x04\x40" + (bytes(60) + picture).ljust(576, b"\0")
    assert "jpeg" in [item.format for item in find_embedded(bytes(9) + picture)]
    assert [item.format for item in find_embedded(tag + NOISE[:2000])] == ["mp3"]


def test_an_icon_says_where_its_first_picture_is() -> None:
    assert detect_modality(ICON).format == "ico"
    assert not find_embedded(ICON[:22] + b"\x29" + ICON[23:])


def test_members_of_a_workbook_may_be_named_in_other_ways() -> None:
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w") as archive:
        archive.writestr("[content_types].xml", "<x/>")
        archive.writestr("XL/workbook.xml", "<x/>")
    assert detect_modality(buffer.getvalue()).format == "xlsx"


def test_the_directory_of_an_archive_stands_at_its_end(tmp_path: Path) -> None:
    def archive(name: str) -> bytes:
        packed = io.BytesIO()
        with zipfile.ZipFile(packed, "w") as file:
            file.writestr("a/data.bin", NOISE[:200_000])
            file.writestr(name, "Wheel-Version: 1.0\n")
        return packed.getvalue()

    wheel = archive("a-1.dist-info/WHEEL")
    assert detect_modality(wheel).format == "wheel"
    tmp_path.joinpath("a").write_bytes(wheel)
    assert detect_modality(tmp_path / "a").format == "wheel"
    assert detect_modality(wheel[:-2000]).format == "zip"
    assert detect_modality(archive("venv/lib/a-1.dist-info/WHEEL")).format == "zip"  # it is installed there


def test_programs_for_windows_whose_header_of_dos_is_empty() -> None:
    program = b"MZ" + bytes(58) + struct.pack("<I", 128) + bytes(64) + b"PE\0\0\x64\x86" + bytes(300)
    assert find_signature(program) == ("pe", 0, True, True)
    assert find_signature(program.replace(b"PE\0\0", b"PF\0\0")) == ("pe", 0, False, True)


def test_sheets_without_ole_around_them() -> None:
    for head in (b"\t\0\4\0\2\0\x10\0", b"\t\2\6\0\0\0\x10\0", b"\t\4\6\0\0\0\x20\0", b"\t\b\b\0\0\5\x05\0"):
        assert find_signature(head + bytes(100)) == ("xls", 0, True, True)
        assert not find_signature(head[:6] + b"ab" + bytes(100)).sound  # type: ignore[union-attr]


def test_nifti_of_the_second_version_has_its_name_in_front() -> None:
    assert find_signature(struct.pack("<I", 540) + b"n+2\0\r\n\x1a\n" + bytes(600)) == ("nifti", 0, True, True)


def test_a_page_with_a_preview_in_front() -> None:
    head = struct.pack("<4s6IH", b"\xc5\xd0\xd3\xc6", 30, 900, 0, 0, 930, 99, 0xFFFF)
    assert find_signature(head + b"%!PS-Adobe-3.0 EPSF-3.0\n") == ("postscript", 0, True, True)
    assert not find_signature(head[:4] + b"\1" + head[5:]).sound  # type: ignore[union-attr]


def test_a_sound_of_two_frames_is_one_where_it_ends_with_them() -> None:
    frame = b"\xff\xfb\x90\x64" + bytes(413)
    assert find_signature(frame * 2) == ("mp3", 0, True, True)
    assert find_signature(frame * 2 + b"\0") is None
    assert find_signature(frame[:4]) is None
