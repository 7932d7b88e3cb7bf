"""Specialists of images, sounds, machine code and records: each knows its kind, and none is confused by the others."""

import lzma
import os
import struct
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest
from numpy.typing import NDArray

from bytezip import _native

SIZE = 1 << 15


def image(channels: int, dtype: str, noise: float = 1.0) -> bytes:
    """Smooth waves with a little noise, 96 pixels a row, colours that go together."""
    random = np.random.Generator(np.random.PCG64(channels))
    pixels = np.arange(SIZE // channels // np.dtype(dtype).itemsize)
    x, y = pixels % 96, pixels // 96
    grey = 120 + 60 * np.sin(x / 17) * np.cos(y / 23) + random.normal(0, noise, len(pixels))
    colours = [grey + shift for shift in range(0, 30 * channels, 30)]
    scale = 1 if np.dtype(dtype).itemsize == 1 else 8
    return (np.stack(colours, 1) * scale).astype(dtype).tobytes()


def sound(channels: int, dtype: str) -> bytes:
    """Two tones that swell, with a little noise."""
    random = np.random.Generator(np.random.PCG64(channels))
    time = np.arange(SIZE // channels // np.dtype(dtype).itemsize)
    tone = (np.sin(time / 9) + np.sin(time / 31)) * (2 + np.sin(time / 4000))
    peak = 36 if np.dtype(dtype).itemsize == 1 else 3000
    middle = 128 if dtype == "u1" else 0
    channel = [middle + peak * tone + random.normal(0, peak / 500 + 0.3, len(time)) for _ in range(channels)]
    return np.stack(channel, 1).astype(dtype).tobytes()


def fax() -> bytes:
    """Slanted bars, 64 bytes a row."""
    x, y = np.meshgrid(np.arange(512), np.arange(SIZE // 64))
    return np.packbits((x + y // 3) % 67 < 5, axis=1).tobytes()


def machine_code() -> bytes:
    """Loads, compares, jumps and calls of x86-64: sixteen routines are called from everywhere."""
    random = np.random.Generator(np.random.PCG64(5))
    routines = random.integers(0x1000, 0x80000, 16)
    code = bytearray()
    while len(code) < SIZE:
        code += b"\x48\x8b" + bytes([0x45 | int(random.integers(8)) << 3, int(random.integers(32)) * 8])
        code += (
            b"\x48\x83\xf8"
            + bytes([int(random.integers(256))])
            + b"\x0f\x84"
            + int(random.integers(2048)).to_bytes(4, "little")
        )
        target = int(routines[random.integers(16)]) - len(code) - 5
        code += b"\xe8" + target.to_bytes(4, "little", signed=True)
    return bytes(code[:SIZE])


def arm_code() -> bytes:
    """Moves, loads, compares, branches and calls of 64-bit ARM: eight pairs of routines are called from everywhere."""
    random = np.random.Generator(np.random.PCG64(15))
    routines = random.integers(0x400, 0x20000, (8, 2))
    words: list[int] = []
    while len(words) < SIZE // 4:
        first, second, offset = (int(number) for number in random.integers(0, 16, 3))
        pair = routines[random.integers(8)]
        words += [
            0xAA0003E0 | first << 16,  # MOV X0, Xm
            0xF9400000 | offset << 10 | second << 5 | 1,  # LDR X1, [Xn, #8 * offset]
            0x94000000 | (int(pair[0]) - len(words) - 2) & 0x3FFFFFF,  # BL
            0xF100001F | offset << 10 | first << 5,  # CMP Xn, #offset
            0x54000000 | (8 + offset) << 5,  # B.EQ
            0x94000000 | (int(pair[1]) - len(words) - 5) & 0x3FFFFFF,
        ]
    return np.array(words[: SIZE // 4], "<u4").tobytes()


def table() -> bytes:
    """Records of 19 bytes: a running number, a value that wanders, some flags."""
    random = np.random.Generator(np.random.PCG64(6))
    count = SIZE // 19
    records = np.zeros(count, np.dtype([("number", "<u4"), ("value", "<i4"), ("flags", "u1", 11)]))
    records["number"] = 1000 + 3 * np.arange(count)
    records["value"] = np.cumsum(random.integers(-9, 10, count))
    records["flags"] = random.integers(0, 2, (count, 11))
    return records.tobytes()


def instructions() -> bytes:
    """Words of four bytes, the opcode at the top: pairs that go together, registers, small offsets."""
    random = np.random.Generator(np.random.PCG64(7))
    opcodes = random.integers(0, 256, (24, 2))
    code = bytearray()
    while len(code) < SIZE:
        for opcode in opcodes[random.integers(24)]:
            registers = random.integers(0, 32, 2)
            code += bytes([int(random.integers(64)) * 4, int(registers[0]), int(registers[1]) * 8, int(opcode)])
    return bytes(code[:SIZE])


def bytecode() -> bytes:
    """Pairs of an opcode and a small operand: each is near the one before it, but what repeats tells more."""
    random = np.random.Generator(np.random.PCG64(12))
    pairs = [np.stack([random.integers(90, 130, 4), random.integers(0, 16, 4)], 1).astype("u1") for _ in range(60)]
    return b"".join(pairs[int(random.integers(60))].tobytes() for _ in range(SIZE // 8))


KINDS = {
    "grey": image(1, "u1"),
    "colour": image(3, "u1"),
    "medical": image(1, "<u2"),
    "big-endian": image(1, ">u2"),
    "pcm8": sound(1, "u1"),
    "pcm16": sound(2, "<i2"),
    "aiff": sound(2, ">i2"),
    "fax": fax(),
    "code": machine_code(),
    "arm": arm_code(),
    "table": table(),
    "instructions": instructions(),
    "bytecode": bytecode(),
}


def hostile() -> bytes:
    """Pieces of every kind in turn, which begin anywhere, extreme samples, noise and zeros between them."""
    random = np.random.Generator(np.random.PCG64(9))
    extremes = np.where(random.random(2000) < 0.5, -32768, 32767).astype("<i2").tobytes()
    pieces = []
    for data in [*KINDS.values(), *KINDS.values()]:
        at = int(random.integers(SIZE // 2))
        pieces += [data[at : at + 1500], random.bytes(int(random.integers(300))), bytes(int(random.integers(200)))]
    return extremes + b"\xe8\x00\x00\x00\xff" * 200 + b"\xc4\xe2\x48\x0f" * 200 + b"\xff\x00" * 500 + b"".join(pieces)


def replayed(data: bytes, lanes: int = 1, profile: int = 1) -> NDArray[np.float64]:
    mixer = _native.Mixer(lanes, len(data), profile)
    columns = np.frombuffer(data, np.uint8)[: len(data) // lanes * lanes].reshape(-1, lanes)
    mixer.begin_block(columns.size, 256)
    return mixer.replay(None, columns)


def size_of(data: bytes) -> float:
    """Bytes of the code of `data`, one lane, no network, no warm start."""
    bits = np.unpackbits(np.frombuffer(data, np.uint8)).reshape(-1, 8)
    p = replayed(data)[:, :, 0]
    return float(-np.log2(np.where(bits == 1, p, 1 - p)).sum() / 8)


# What these sizes came to when the experts were written, and 5 % more; xz -9e is far above all of them.
MOST = {
    "grey": 10_800,
    "colour": 4_750,
    "medical": 12_000,
    "big-endian": 12_100,
    "pcm8": 9_500,
    "pcm16": 12_700,
    "aiff": 12_500,
    "fax": 80,
    "code": 8_200,
    "arm": 6_050,
    "table": 3_850,
    "instructions": 21_400,
    "bytecode": 3_850,
}


@pytest.mark.parametrize("kind", KINDS)
def test_each_kind_is_known(kind: str) -> None:
    data = KINDS[kind]
    assert size_of(data) < MOST[kind] < len(lzma.compress(data, preset=9 | lzma.PRESET_EXTREME))


def test_what_was_foretold_is_between_0_and_1() -> None:
    for lanes in (1, 3):
        found = replayed(hostile()[:30_000], lanes)
        assert 0 < found.min() <= found.max() < 1


@pytest.mark.parametrize("lanes", [1, 4])
def test_stepping_and_replaying_agree(lanes: int) -> None:
    data = np.frombuffer(hostile(), np.uint8)[: 6_000 // lanes * lanes].reshape(-1, lanes)
    stepping, replaying = (_native.Mixer(lanes, data.size, 2) for _ in range(2))
    for mixer in (stepping, replaying):
        mixer.begin_block(data.size, 256)
    expected = replaying.replay(None, data)
    for step, bits in enumerate(np.unpackbits(data[:, None, :], axis=1).astype(np.int32)):
        for bit in range(8):
            assert np.array_equal(stepping.predict(None), expected[step, bit])
            stepping.update(bits[bit])


@pytest.mark.parametrize("path", ["portable", "avx2"])
def test_simd_paths_agree(path: str) -> None:
    """The mixer's loops know three widths: none, AVX2, AVX-512; this process has taken the widest."""
    if path not in _native.simd_paths():
        pytest.skip(f"this processor has no {path}")
    code = "import test_experts as t; import sys; sys.stdout.buffer.write(t.replayed(t.hostile()[:20_000]).tobytes())"
    environment = {**os.environ, "BYTEZIP_SIMD": path}
    run = subprocess.run(
        [sys.executable, "-c", code], env=environment, check=True, stdout=subprocess.PIPE, cwd=Path(__file__).parent
    )
    assert run.stdout == replayed(hostile()[:20_000]).tobytes()


def flat_picture(width: int, height: int) -> NDArray[np.uint8]:
    """Soft shapes in three colours, uint8 [height, width, 3]."""
    random = np.random.Generator(np.random.PCG64(11))
    x, y = np.meshgrid(np.arange(width), np.arange(height))
    colours = [
        100 + 70 * np.sin(x / (9 + c) + c) * np.cos(y / (7 + c)) + random.normal(0, 1, x.shape) for c in range(3)
    ]
    return np.stack(colours, 2).astype(np.uint8)


WIDTH, HEIGHT = 61, 70
PICTURE = flat_picture(WIDTH, HEIGHT)


def bmp() -> bytes:
    """Rows of 61 pixels of three bytes, filled up with a byte to a multiple of four."""
    rows = np.pad(PICTURE.reshape(HEIGHT, -1), ((0, 0), (0, 1))).tobytes()
    return struct.pack("<2sIHHIIiiHHIIiiII", b"BM", 54 + len(rows), 0, 0, 54, 40, WIDTH, HEIGHT, 1, 24, *[0] * 6) + rows


def ppm() -> bytes:
    return b"P6\n# soft shapes\n%d %d\n255\n" % (WIDTH, HEIGHT) + PICTURE.tobytes()


def tga() -> bytes:
    return struct.pack("<BBB5xHHHHBB", 0, 0, 2, 0, 0, WIDTH, HEIGHT, 24, 0) + PICTURE.tobytes()


def tiff(order: str) -> bytes:
    entries = {256: WIDTH, 257: HEIGHT, 259: 1, 262: 2, 273: 110, 277: 3, 279: PICTURE.nbytes, 284: 1}
    directory = b"".join(struct.pack(order + "HHII", tag, 4, 1, value) for tag, value in entries.items())
    head = (b"II" if order == "<" else b"MM") + struct.pack(order + "HIH", 42, 8, len(entries))
    return head + directory + bytes(4) + PICTURE.tobytes()


def wav() -> bytes:
    data = sound(2, "<i2")[:10_000]
    form = struct.pack("<HHIIHH", 1, 2, 44100, 176400, 4, 16)
    chunks = (
        b"WAVEfmt "
        + struct.pack("<I", 16)
        + form
        + b"LIST"
        + struct.pack("<I4x", 4)
        + b"data"
        + struct.pack("<I", len(data))
    )
    return b"RIFF" + struct.pack("<I", len(chunks) + len(data)) + chunks + data


FILES = {"bmp": bmp(), "ppm": ppm(), "tga": tga(), "tiff": tiff("<"), "big-endian tiff": tiff(">"), "wav": wav()}


@pytest.mark.parametrize("name", FILES)
def test_headers_are_believed(name: str) -> None:
    """A file of 10 KB ends before a search is sure of its kind; without its first bytes nothing else tells."""
    data = FILES[name]
    assert size_of(data) < 0.97 * size_of(b"\x01\x01\x01" + data[3:])


LIES = [
    b"BM" + bytes(8) + b"\xff" * 60,
    struct.pack("<2sIHHIIiiHHIIiiII", b"BM", 0, 0, 0, 54, 40, -(1 << 31), -(1 << 31), 1, 32, *[0] * 6),
    struct.pack("<2sIHHIIiiHHIIiiII", b"BM", 0, 0, 0, 0xFFFFFFF0, 40, 1 << 20, 1 << 20, 1, 32, *[0] * 6),
    b"P6 1048576 1048576 65535 ",
    b"P5" + b"9" * 300,
    b"P6" + b"#" * 300,
    b"II*\0\xff\xff\xff\xff",
    b"MM\0*\0\0\0\x08" + b"\xff" * 300,
    b"RIFF\0\0\0\0WAVEfmt " + b"\xff" * 300,
    b"RIFF\0\0\0\0WAVEfmt " + struct.pack("<IHHIIHH", 0xFFFFFFFF, 1, 2, 44100, 0, 4, 16),
    struct.pack("<BBB5xHHHHBB", 255, 0, 2, 0, 0, 0xFFFF, 0xFFFF, 32, 0),
]


@pytest.mark.parametrize("lie", LIES)
def test_headers_may_lie(lie: bytes) -> None:
    """Whatever a header says, each lane foretells something, and stepping and replaying agree."""
    data = np.frombuffer((lie + hostile())[:1200], np.uint8).reshape(-1, 2)
    found = replayed(data.tobytes(), 2)
    assert 0 < found.min() <= found.max() < 1
    mixer = _native.Mixer(2, data.size, 1)
    mixer.begin_block(data.size, 256)
    for step, bits in enumerate(np.unpackbits(data[:, None, :], axis=1).astype(np.int32)):
        for bit in range(8):
            assert np.array_equal(mixer.predict(None), found[step, bit])
            mixer.update(bits[bit])
