"""Archives written once decode for ever, and damaged ones are refused for ever, through every way in."""

import io
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

import bytezip
from bytezip.codec import restore
from bytezip.errors import (
    BytezipError,
    CorruptError,
    ModelMissingError,
    NotBytezipError,
    TruncatedError,
    UnsupportedError,
)

FOLDER = Path(__file__).parent / "vectors"
GOOD = sorted(FOLDER.glob("good-*.bytz"))
REFUSED: dict[str, type[BytezipError]] = {
    "bad-check": CorruptError,
    "bad-truncated": TruncatedError,
    "bad-varint": CorruptError,
    "bad-kind": CorruptError,
    "bad-name": CorruptError,
    "bad-magic": NotBytezipError,
    "bad-index": CorruptError,
    "bad-section": CorruptError,
    "bad-no-index": TruncatedError,
    "unsupported-version": UnsupportedError,
    "unsupported-model": ModelMissingError,
}
BODY = {"bad-check", "bad-section", "unsupported-model"}  # headers are sound


def test_all_vectors_are_run() -> None:
    named = {path.stem for path in FOLDER.glob("*.bytz")}
    assert named == {path.stem for path in GOOD} | REFUSED.keys()
    assert all(f"| {name} |" in (FOLDER / "README.md").read_text() for name in named)


@pytest.mark.parametrize("path", GOOD, ids=lambda path: path.stem)
def test_good(path: Path) -> None:
    packed, raw = path.read_bytes(), path.with_suffix(".raw").read_bytes()
    assert bytezip.decompress(packed) == raw
    assert b"".join(restore(packed[at : at + 1] for at in range(len(packed)))) == raw


@pytest.mark.parametrize("path", GOOD, ids=lambda path: path.stem)
def test_good_with_torch(path: Path) -> None:
    pytest.importorskip("torch", reason="the torch extra is not installed")
    assert bytezip.decompress(path.read_bytes(), engine="torch") == path.with_suffix(".raw").read_bytes()


@pytest.mark.parametrize("path", GOOD, ids=lambda path: path.stem)
def test_good_sought_in(path: Path) -> None:
    raw = path.with_suffix(".raw").read_bytes()
    with bytezip.open(path) as file:
        for place in (len(raw), len(raw) // 2, 0):
            assert file.seek(place) == place
            assert file.read(5) == raw[place : place + 5]
        assert file.seek(0, io.SEEK_END) == len(raw)
    assert bytezip.inspect(path).raw_size == len(raw)


WAYS_IN: dict[str, Callable[[bytes], Any]] = {
    "one call": bytezip.decompress,
    "byte by byte": lambda packed: b"".join(restore(packed[at : at + 1] for at in range(len(packed)))),
    "incremental": lambda packed: fed_to_the_end(bytezip.BytezipDecompressor(), packed),
    "file": lambda packed: bytezip.open(io.BytesIO(packed)).read(),
    "lines": lambda packed: list(bytezip.open(io.BytesIO(packed))),
    "seek": lambda packed: sought(packed, 3, io.SEEK_SET),
    "seek from the end": lambda packed: sought(packed, -1, io.SEEK_END),
    "two threads": lambda packed: bytezip.decompress(packed, threads=2),
}


def fed_to_the_end(decompressor: bytezip.BytezipDecompressor, packed: bytes) -> None:
    decompressor.decompress(packed)
    decompressor.close()


def sought(packed: bytes, offset: int, whence: int) -> None:
    file = bytezip.open(io.BytesIO(packed))
    file.seek(offset, whence)
    file.read()


@pytest.mark.parametrize("name", REFUSED)
def test_refused(name: str) -> None:
    """By every way in with the same error and the same words; what only reads headers sees what is wrong with them."""
    packed = (FOLDER / f"{name}.bytz").read_bytes()
    said = set()
    for way_in in WAYS_IN.values():
        with pytest.raises(REFUSED[name]) as caught:
            way_in(packed)
        said.add((type(caught.value), str(caught.value)))
    if name not in BODY:
        with pytest.raises(REFUSED[name]) as caught:
            bytezip.inspect(io.BytesIO(packed))
        said.add((type(caught.value), str(caught.value)))
    assert len(said) == 1


def test_the_command() -> None:
    for path in (FOLDER / "good-lanes.bytz", FOLDER / "bad-check.bytz"):
        done = subprocess.run(
            [sys.executable, "-m", "bytezip", "decompress", "-c", str(path)], capture_output=True, check=False
        )
        expected = path.with_suffix(".raw").read_bytes() if path in GOOD else b""
        assert (done.stdout, done.returncode) == (expected, 0 if path in GOOD else 1)
