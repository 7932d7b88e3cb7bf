"""Pieces from the middle of programs, sheets, sounds and archives: what proves them, and what must not."""

import io
import struct
import tarfile

import numpy as np
import pytest

from bytezip.detect import detect_modality
from bytezip.detect.calls import are_calls
from bytezip.detect.pages import has_blocks, has_pages
from bytezip.detect.pixels import are_colours
from bytezip.detect.records import are_records
from bytezip.detect.signatures import signature_within
from bytezip.train.detect_contents import contents_of

RANDOM = np.random.Generator(np.random.PCG64(11))
NOISE = RANDOM.bytes(200_000)
HEAD = b"a.o/            1700000000  0     0     100644  200       `\n"


def x86(targets: list[int]) -> bytes:
    """Calls to these places, 40 bytes apart."""
    code = b""
    for target in targets:
        code += NOISE[len(code) : len(code) + 35].replace(b"\xe8", b"\x90")
        code += b"\xe8" + struct.pack("<i", target - len(code) - 5)
    return code


def arm(targets: list[int], between: int) -> bytes:
    """Calls to these places, in words, with three other words between."""
    words: list[int] = []
    for target in targets:
        words += [between] * 3
        words.append(0x94000000 | (target - len(words)) & 0x3FFFFFF)
    return struct.pack(f"<{len(words)}I", *words)


@pytest.mark.parametrize("phase", range(5))
def test_calls_from_several_places_to_one(phase: int) -> None:
    assert are_calls(NOISE[:phase] + x86([5000, -3000, 5000, 9000, 5000]))
    assert are_calls(NOISE[:phase] + arm([5000, -3000, 5000, 9000, 5000], 0xAA0003E1))


def test_calls_to_places_of_their_own_prove_nothing() -> None:
    apart = [5000, -3000, 7000, 9000, 11000]
    assert not are_calls(x86(apart))
    assert not are_calls(arm(apart, 0xAA0003E1))
    assert not are_calls(arm([5000] * 5, 0x01020304))  # among words that are no code
    assert not are_calls(x86([5000, 5000]))
    assert not are_calls(b"\xe8\1\0\0\0" * 100)  # the next one each


def test_what_is_no_code_calls_nothing() -> None:
    assert not any(are_calls(NOISE[at : at + 4096]) for at in range(0, 100_000, 4096))
    waves = (np.sin(np.arange(40_000) / 30) * 9000).astype("<i2").tobytes()
    assert not any(are_calls(waves[at : at + 4096]) for at in range(0, 70_000, 1000))
    assert not are_calls(b"")


def test_cells_of_a_sheet_follow_one_another() -> None:
    row = struct.pack("<HH16x", 0x208, 16)
    numbers = b"".join(struct.pack("<HHHHHd", 0x203, 14, 1, column, 15, 0.1 * column) for column in range(3))
    several = struct.pack("<HH18x", 0xBD, 18)
    assert are_records(NOISE[:300] + row + numbers + NOISE[:300])
    assert are_records(NOISE[:300] + (row + several) * 2 + NOISE[:300])
    assert not are_records(NOISE[:300] + row + numbers[:36] + NOISE[:300])  # three of them
    assert not are_records((row + struct.pack("<HH17x", 0xBD, 17)) * 2)  # no whole number of columns
    assert not are_records(NOISE)
    assert not are_records(b"")


def test_pages_of_ogg_and_blocks_of_wavpack() -> None:
    assert has_pages(NOISE[:99] + b"OggS\0\1" + NOISE[:99])
    assert not has_pages(b"OggS\1\0 OggS\0\x08" + NOISE)
    assert has_blocks(NOISE[:99] + b"wvpk\0\x10\0\0\7\4" + NOISE[:99])
    assert not has_blocks(b"wvpk\0\x10\0\0\7\5" + NOISE)
    found = detect_modality(NOISE[:2000] + b"OggS\0\0" + bytes(range(20)) + b"\x02\xff\x20" + NOISE[:2000])
    assert found.modality in ("audio", "video")


def packed(names: list[str]) -> bytes:
    """A tar of members of 3,000 bytes without anything to tell them by."""
    buffer = io.BytesIO()
    with tarfile.open(fileobj=buffer, mode="w") as archive:
        for name in names:
            member = tarfile.TarInfo(name)
            member.size = 3000
            archive.addfile(member, io.BytesIO(NOISE[:3000]))
    return buffer.getvalue()


def test_a_piece_of_an_archive_by_the_head_of_a_member() -> None:
    tar = packed(["a", "b", "c"])
    assert signature_within(tar[2000:6000]) == ("tar", 3584 - 2000, True, False)
    assert detect_modality(tar[2000:6000]).format == "tar"
    assert signature_within(tar[2000:6000].replace(b"b\0", b"c\0", 1)) is None  # its sum is another one
    assert signature_within(NOISE[:500] + HEAD + NOISE[:500]) == ("ar", 500, True, False)
    assert signature_within(NOISE[:500] + HEAD[:-1] + b" " + NOISE[:500]) is None
    picture = b"\x89PNG\r\n\x1a\n\0\0\0\rIHDR\0\0\1\0\0\0\1\0" + tar[2000:6000]
    assert detect_modality(picture).format == "png"


def test_members_are_what_their_names_say() -> None:
    assert [found.format for found in contents_of(packed(["a.dll", "lib/b.so", "c", "d.py"]), "tar")] == [
        "pe", "elf", "python",
    ]  # fmt: skip
    member = b"\x7fELF\2\1\1".ljust(200, b"\0")
    (found,) = contents_of(NOISE[:501] + HEAD + member + HEAD.replace(b"a.o", b"b.o") + NOISE[:99], "ar")
    assert found == (501 + len(HEAD), 501 + len(HEAD) + 200, "elf")


def picture(width: int, shift: int) -> bytes:
    """Rows of pixels of so many bytes, whose colours go up and down each on its own."""
    steps = np.arange(2000)
    colours = [120 + 90 * np.sin(steps / (40 + 13 * number) + number) for number in range(width)]
    pixels = np.stack(colours, 1) + RANDOM.normal(0, 1.5, (2000, width))
    return np.clip(pixels, 0, 255).astype(np.uint8).tobytes()[shift:4096]


@pytest.mark.parametrize("shift", range(4))
@pytest.mark.parametrize("width", [3, 4])
def test_pixels_of_several_colours(width: int, shift: int) -> None:
    assert are_colours(picture(width, shift))
    assert are_colours(picture(width, shift)[:512])


@pytest.mark.parametrize(
    "data",
    [
        b"",
        NOISE[:4096],
        picture(1, 0),  # grey: as near one byte apart
        (np.sin(np.arange(2000) / 30) * 9000).astype("<i4").tobytes()[:4096],
        np.arange(1000, 2200, dtype="<u4").tobytes(),  # two of its bytes never change
        ((np.sin(np.arange(2000) / 30) * 2**22).astype("<i4").view(np.uint8).reshape(-1, 4)[:, :3]).tobytes(),
        "人人生而自由".encode() * 200,
        np.linspace(0, 1, 1000, dtype="<f4").tobytes(),
    ],
)
def test_what_is_no_pixels_of_several_colours(data: bytes) -> None:
    assert not are_colours(data)
