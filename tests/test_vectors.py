"""Archives written once decode for ever, and damaged ones are refused for ever, through every way in."""

import subprocess
import sys
from pathlib import Path

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
    "bad-magic": NotBytezipError,
    "unsupported-version": UnsupportedError,
    "unsupported-model": ModelMissingError,
}


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


@pytest.mark.parametrize("name", REFUSED)
def test_refused(name: str) -> None:
    packed = (FOLDER / f"{name}.bytz").read_bytes()
    with pytest.raises(REFUSED[name]):
        bytezip.decompress(packed)
    with pytest.raises(REFUSED[name]):
        b"".join(restore(packed[at : at + 1] for at in range(len(packed))))


def test_the_command() -> None:
    for path in (FOLDER / "good-lanes.bytz", FOLDER / "bad-check.bytz"):
        done = subprocess.run(
            [sys.executable, "-m", "bytezip", "decompress", "-c", str(path)], capture_output=True, check=False
        )
        expected = path.with_suffix(".raw").read_bytes() if path in GOOD else b""
        assert (done.stdout, done.returncode) == (expected, 0 if path in GOOD else 1)
