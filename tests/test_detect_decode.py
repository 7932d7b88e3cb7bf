"""Decoding of what was detected: interlaced pictures, sound in the other byte order, pictures that need Pillow."""

import io
import struct
import sys
import zlib

import numpy as np
import pytest
from numpy.typing import NDArray

from bytezip.detect import detect_modality
from bytezip.detect.decode import _ADAM7
from bytezip.errors import MissingExtraError

RANDOM = np.random.Generator(np.random.PCG64(5))


def chunk(name: bytes, body: bytes) -> bytes:
    return struct.pack(">I", len(body)) + name + body + struct.pack(">I", zlib.crc32(name + body))


def packed_rows(pixels: NDArray[np.integer], depth: int) -> bytes:
    """[H, W, channels] as rows without a filter."""
    if depth == 16:
        rows = [row.astype(">u2").tobytes() for row in pixels]
    else:
        bits = (pixels[..., None] >> np.arange(depth - 1, -1, -1)) & 1
        rows = [np.packbits(row.reshape(-1).astype(np.uint8)).tobytes() for row in bits]
    return b"".join(b"\0" + row for row in rows)


def interlaced(pixels: NDArray[np.integer], colour: int, depth: int) -> bytes:
    passes = [pixels[top::down, left::across] for top, left, down, across in _ADAM7]
    raw = b"".join(packed_rows(part, depth) for part in passes if part.size)
    header = struct.pack(">IIBBBBB", pixels.shape[1], pixels.shape[0], depth, colour, 0, 0, 1)
    return b"\x89PNG\r\n\x1a\n" + chunk(b"IHDR", header) + chunk(b"IDAT", zlib.compress(raw)) + chunk(b"IEND", b"")


@pytest.mark.parametrize("shape", [(1, 1), (3, 5), (8, 8), (13, 21)])
@pytest.mark.parametrize(("colour", "channels", "depth"), [(0, 1, 1), (0, 1, 8), (2, 3, 8), (6, 4, 16)])
def test_interlaced_png(shape: tuple[int, int], colour: int, channels: int, depth: int) -> None:
    pixels = RANDOM.integers(0, 2**depth, (*shape, channels))
    decoded = detect_modality(interlaced(pixels, colour, depth)).decode()
    assert isinstance(decoded, np.ndarray)
    assert np.array_equal(decoded, (pixels[:, :, 0] if channels == 1 else pixels) * (255 if depth == 1 else 1))


def test_an_interlaced_png_that_is_cut() -> None:
    whole = interlaced(RANDOM.integers(0, 256, (40, 40, 3)), 2, 8)
    with pytest.raises(ValueError, match="truncated"):
        detect_modality(whole[:2000]).decode()


def aiff(samples: bytes, channels: int, bits: int, packing: bytes = b"") -> bytes:
    frames = len(samples) // (channels * bits // 8)
    rate = b"\x40\x0e\xac\x44" + bytes(6)  # 44,100 in 80 bits
    common = struct.pack(">HIH", channels, frames, bits) + rate + (packing and packing + b"\0\0")
    body = b"COMM" + struct.pack(">I", len(common)) + common
    body += b"SSND" + struct.pack(">III", len(samples) + 8, 0, 0) + samples
    return b"FORM" + struct.pack(">I", len(body) + 4) + (b"AIFC" if packing else b"AIFF") + body


@pytest.mark.parametrize(
    ("kind", "bits", "packing"),
    [(">i2", 16, b""), (">i1", 8, b""), (">i4", 32, b"NONE"), ("<i2", 16, b"sowt"), (">f4", 32, b"fl32")],
)
def test_aiff(kind: str, bits: int, packing: bytes) -> None:
    samples = RANDOM.integers(-100, 100, (500, 2)).astype(kind)
    decoded = detect_modality(aiff(samples.tobytes(), 2, bits, packing)).decode()
    assert isinstance(decoded, np.ndarray)
    assert np.array_equal(decoded, samples)


def test_aiff_of_24_bits_and_packed_ones() -> None:
    samples = RANDOM.integers(-(1 << 23), 1 << 23, (100, 1))
    raw = b"".join(int(value).to_bytes(3, "big", signed=True) for value in samples[:, 0])
    assert np.array_equal(detect_modality(aiff(raw, 1, 24)).decode(), samples)
    with pytest.raises(ValueError, match="packed"):
        detect_modality(aiff(bytes(100), 1, 16, b"ima4")).decode()
    with pytest.raises(ValueError, match="damaged"):
        detect_modality(aiff(bytes(100), 1, 16)[:34]).decode()


@pytest.mark.parametrize("name", ["jpeg", "gif", "webp", "tiff"])
def test_pictures_by_pillow(name: str) -> None:
    image = pytest.importorskip("PIL.Image")
    across = np.linspace(0, 255, 64, dtype=np.uint8)
    pixels = np.stack([across[None, :].repeat(48, 0), across[:48, None].repeat(64, 1), np.full((48, 64), 90)], -1)
    buffer = io.BytesIO()
    image.fromarray(pixels.astype(np.uint8)).save(buffer, name)
    found = detect_modality(buffer.getvalue())
    assert found.format == name
    decoded = found.decode()
    assert isinstance(decoded, np.ndarray)
    assert decoded.shape == (48, 64, 3)
    assert np.abs(decoded.astype(int) - pixels).mean() < 12  # all but TIFF lose something
    with pytest.raises(ValueError, match="damaged"):
        detect_modality(buffer.getvalue()[: len(buffer.getvalue()) // 2]).decode()


def test_pictures_without_pillow(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "PIL", None)
    jpeg = b"\xff\xd8\xff\xe0\0\x10JFIF\0" + bytes(9) + b"\xff\xdb" + bytes(2000)
    found = detect_modality(jpeg)
    assert found.format == "jpeg"
    with pytest.raises(MissingExtraError, match="detect"):
        found.decode()
