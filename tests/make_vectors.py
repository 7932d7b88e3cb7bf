"""Writes the vectors anew; run it only when the format or the standard model changes. See vectors/README.md."""

from __future__ import annotations

import io
from pathlib import Path
from unittest import mock

import numpy as np
from test_cli_names import forged

import bytezip
from bytezip import sections as sections_module
from bytezip.levels import Level
from bytezip.predictor.weights import STANDARD

FOLDER = Path(__file__).parent / "vectors"
TEXT = (Path(__file__).parent.parent / "LICENSE").read_bytes()
RANDOM = np.random.Generator(np.random.PCG64(7)).bytes(64)
LETTERS = [np.random.Generator(np.random.PCG64(seed)).integers(97, 105, 30, np.uint8).tobytes() for seed in range(2)]


def main() -> None:
    text = bytezip.compress(TEXT)
    with mock.patch.object(sections_module, "layout", return_value=Level(8, 256, 0)):
        lanes = bytezip.compress(TEXT * 4)
    good("empty", bytezip.compress(b""), b"")
    good("stored", bytezip.compress(RANDOM), RANDOM)
    good("text", text, TEXT)
    good("lanes", lanes, TEXT * 4)
    sections = bytezip.compress(TEXT, restart_interval=400, block_size=300)
    inspected = bytezip.inspect(io.BytesIO(sections))
    index_size = inspected.members[0].index_size
    good("sections", sections, TEXT)
    told = TEXT[:64] + RANDOM + TEXT[:64] + RANDOM
    good("told", bytezip.compress(told, block_size=64), told)
    good("name", bytezip.compress(TEXT, name="LICENSE", mtime_ns=10**18), TEXT)
    zeros = bytes(1 << 16)
    good("run", bytezip.compress(zeros, level=1, block_size=1 << 16), zeros)
    copies = bytes(1050) + LETTERS[0] + bytes(1090) + LETTERS[1]  # the matches of a copy have 1,024 bytes
    good("copies", bytezip.compress(copies, level=1), copies)
    good("members", text + bytezip.compress(b""), TEXT)
    other("bad-check", text[:-1] + bytes([text[-1] ^ 1]))
    other("bad-truncated", text[:-1])
    other("bad-varint", text[:8] + b"\x81\x80\0" + text[10:])
    other("bad-kind", text[:7] + b"\x5d" + text[8:])
    other("bad-name", forged(STANDARD, b"../LICENSE", TEXT))
    other("bad-magic", b"PK\3\4" + text[4:])
    other("bad-index", flipped(sections, len(sections) - index_size + 1))
    other("bad-section", flipped(sections, inspected.blocks[-1].offset + inspected.blocks[-1].size - 1))
    other("bad-no-index", sections[:-index_size])
    other("unsupported-version", text[:3] + b"\x0f" + text[4:])
    other("unsupported-model", text[:4] + b"\xff\xff\xff" + text[7:])


def flipped(packed: bytes, place: int) -> bytes:
    return packed[:place] + bytes([packed[place] ^ 1]) + packed[place + 1 :]


def good(name: str, packed: bytes, raw: bytes) -> None:
    (FOLDER / f"good-{name}.bytz").write_bytes(packed)
    (FOLDER / f"good-{name}.raw").write_bytes(raw)


def other(name: str, packed: bytes) -> None:
    (FOLDER / f"{name}.bytz").write_bytes(packed)


if __name__ == "__main__":
    main()
