"""Files and pieces of files one behind the other: what is found in them, and where they meet."""

import gzip
import struct
import zipfile
import zlib
from io import BytesIO
from pathlib import Path

import numpy as np
import pytest

from bytezip.detect import detect_modality
from bytezip.detect.boundaries import likeliest_path, turning_point
from bytezip.detect.columns import columns_of
from bytezip.detect.embedded import find_embedded
from bytezip.detect.result import Segment
from bytezip.detect.segments import _joined
from bytezip.detect.signatures import find_signature

NOISE = np.random.Generator(np.random.PCG64(11)).bytes(60_000)
PROSE = Path(__file__).parent.joinpath("prose.txt").read_bytes()


def found(data: bytes) -> list[tuple[int, str]]:
    return [(item.offset, item.format) for item in find_embedded(data)]


@pytest.mark.parametrize(
    ("header", "name"),
    [
        (b"BM" + struct.pack("<IIIIiiHH", 60_054, 0, 54, 40, 100, 200, 1, 24) + bytes(24), "bmp"),
        (b"DDS " + struct.pack("<IIIII", 124, 0x1007, 64, 64, 256) + bytes(104), "dds"),
        (b"\xd4\xc3\xb2\xa1" + struct.pack("<HHiIII", 2, 4, 0, 0, 65535, 1), "pcap"),
        (b"ID3\x04\0\0\0\0\0\x0aTIT2" + bytes(20), "mp3"),
    ],
)
def test_files_begin_in_the_middle_of_others(header: bytes, name: str) -> None:
    assert found(PROSE[:3000] + header + NOISE[:5000])[0] == (3000, name)


def test_a_stream_without_its_end_is_one_all_the_same() -> None:
    packed = gzip.compress(PROSE * 4)
    assert found(bytes(700) + packed[:3000] + PROSE[:3000]) == [(700, "gzip")]
    assert found(bytes(700) + packed[:10] + NOISE[:3000]) == []


def test_blocks_of_one_file_are_one() -> None:
    extra = b"BC\x02\0\0\0"
    deflater = zlib.compressobj(wbits=-15)
    body = deflater.compress(b"BAM\1" + PROSE) + deflater.flush()
    end = struct.pack("<II", zlib.crc32(b"BAM\1" + PROSE), len(PROSE) + 4)
    block = b"\x1f\x8b\x08\4" + bytes(4) + b"\0\xff\6\0" + extra + body + end
    items = find_embedded(block * 3 + PROSE[:500])
    assert [(item.offset, item.end, item.format) for item in items] == [(0, 3 * len(block), "bam")]


def archive(names: list[str]) -> bytes:
    buffer = BytesIO()
    with zipfile.ZipFile(buffer, "w", zipfile.ZIP_DEFLATED) as file:
        for number, name in enumerate(names):
            file.writestr(name, NOISE[9000 * number : 9000 * (number + 1)])
    return buffer.getvalue()


def test_an_archive_may_have_begun_before_its_first_header_in_sight() -> None:
    cut = archive(["a", "b", "c"])[3000:25_000]
    offsets = [segment.offset for segment in detect_modality(PROSE + cut, segments=True).segments]
    assert len(offsets) == 2
    assert abs(offsets[1] - len(PROSE)) <= 512


def test_pictures_of_an_icon_inside_of_another_file_are_its_own() -> None:
    png = b"\x89PNG\r\n\x1a\n" + struct.pack(">I4sIIBBBBB", 13, b"IHDR", 16, 16, 8, 6, 0, 0, 0)
    png += struct.pack(">I", zlib.crc32(png[12:29]))
    for name, body in ((b"IDAT", zlib.compress(NOISE[:900])), (b"IEND", b"")):
        png += struct.pack(">I", len(body)) + name + body + struct.pack(">I", zlib.crc32(name + body))
    entries = [struct.pack("<BBBBHHII", 16, 16, 0, 0, 1, 32, len(png), 38 + len(png) * number) for number in (0, 1)]
    icon = struct.pack("<HHH", 0, 1, 2) + b"".join(entries) + png * 2
    assert found(PROSE[:3000] + icon + PROSE[:3000]) == [(3000, "ico")]


def test_names_without_blanks_are_no_base64() -> None:
    assert found(b"\n" + b"AacuteAbreveAcircumflexAdieresisAgraveAmacronAogonekAring" * 30 + b"\n") == []


def test_a_table_of_words_is_no_font() -> None:
    words = bytes.fromhex("0001000000090000005461626c656c6c6531000c10000002000000 1e0000000f00000041726265")
    signature = find_signature(words + NOISE[:100])
    assert signature is None or not signature.sound
    assert found(bytes(1000) + words + NOISE[:3000]) == []


def test_a_change_must_gain_what_its_place_costs() -> None:
    logs = np.log(np.array([[0.9, 0.1], [0.9, 0.1], [0.1, 0.9], [0.1, 0.9]], np.float32))
    assert likeliest_path(logs, [0, 6, 6, 6]).tolist() in ([0] * 4, [1] * 4)
    assert likeliest_path(logs, [0, 6, 3, 6]).tolist() == [0, 0, 1, 1]


@pytest.mark.parametrize("place", [3300, 4096, 4700])
def test_the_place_where_noise_turns_into_prose(place: int) -> None:
    data = NOISE[:place] + PROSE
    assert abs(turning_point(data, 3000, 4096, len(data)) - place) <= 16


@pytest.mark.parametrize("size", [16, 100, 257, 512, 4095])
def test_bytes_as_a_record_before_are_counted_at_all_lags(size: int) -> None:
    data = np.frombuffer(PROSE[:size], np.uint8)
    lags = range(1, min(128, size // 3) + 1)
    equal = [np.count_nonzero(data[lag:] == data[:-lag]) / (size - lag) for lag in lags]
    chance = ((np.bincount(data, minlength=256) / size) ** 2).sum()
    first = 8 + 4 + 2 + 3  # where what is told of records begins
    assert columns_of(data)[first : first + 2] == pytest.approx(
        [max(equal[4:]) - chance, max(equal[4:]) - np.median(equal)], abs=1e-12
    )


def test_the_program_that_a_font_begins_with_is_of_it() -> None:
    page = Segment(0, 4000, "document", "postscript", 0.6)
    font = Segment(4000, 9000, "font", "type1", 0.9)
    assert _joined([page, font]) == [Segment(0, 13_000, "font", "type1", 0.9)]
    proved = Segment(0, 4000, "document", "postscript", 0.99)
    assert _joined([proved, font]) == [proved, font]
    other = Segment(4000, 9000, "font", "ttf", 0.9)
    assert _joined([page, other]) == [page, other]
