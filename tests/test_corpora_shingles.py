"""Shared windows: all that two sets have in common is found, and nothing else."""

import csv
import io
import subprocess
import sys
from pathlib import Path

import contamination
import numpy as np
import pytest
import shingles
from corpora_scripts import CORPORA
from hypothesis import given
from hypothesis import strategies as st
from shingles import WIDTH, Index


def array(data: bytes) -> shingles.Bytes:
    return np.frombuffer(data, np.uint8)


def by_hand(data: bytes, others: list[bytes]) -> list[int]:
    """Where windows of `data` stand in one of the others, the slow way."""
    known = {other[start : start + WIDTH] for other in others for start in range(len(other) - WIDTH + 1)}
    return [start for start in range(len(data) - WIDTH + 1) if data[start : start + WIDTH] in known]


def index_of(folder: Path, contents: list[bytes]) -> Index:
    files = [folder / str(number) for number in range(len(contents))]
    for file, content in zip(files, contents, strict=True):
        file.write_bytes(content)
    return Index(files)


@given(st.binary(max_size=100), st.lists(st.binary(max_size=80), max_size=3), st.data())
def test_every_shared_window_is_found_and_no_other(
    tmp_path_factory: pytest.TempPathFactory, noise: bytes, others: list[bytes], data: st.DataObject
) -> None:
    parts = [noise, *(other[data.draw(st.integers(0, 9)) :] for other in others)]
    text = b"".join(parts)
    matches = index_of(tmp_path_factory.mktemp("index"), others).find(array(text))
    assert list(matches.places) == by_hand(text, others)
    for place, owner in zip(matches.places, matches.owners, strict=True):
        assert text[place : place + WIDTH] in others[owner]


@pytest.mark.parametrize("length", [0, 1, WIDTH - 1, WIDTH, WIDTH + 1, 3 * WIDTH])
def test_a_window_never_spans_two_files(tmp_path: Path, length: int) -> None:
    text = bytes(range(3 * WIDTH))
    index = index_of(tmp_path, [text[:length], text[length:]])
    expected = by_hand(text, [text[:length], text[length:]])
    assert list(index.find(array(text)).places) == expected


def test_pieces_hold_each_window_once(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(shingles, "PIECE", 50)
    data = array(bytes(range(256)))
    windows = [
        bytes(piece[start : start + WIDTH])
        for piece in shingles.pieces(data)
        for start in range(len(piece) - WIDTH + 1)
    ]
    assert windows == [bytes(data[start : start + WIDTH]) for start in range(256 - WIDTH + 1)]


def test_equal_hashes_of_different_bytes_do_not_match(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(shingles, "hashes", lambda data: np.zeros(max(len(data) - WIDTH + 1, 0), np.uint64))
    index = index_of(tmp_path, [bytes(range(WIDTH))])
    assert list(index.find(array(bytes(range(1, WIDTH + 1)))).places) == []
    assert list(index.find(array(bytes(range(WIDTH)))).places) == [0]


def test_trivial_windows_are_counted_apart(tmp_path: Path) -> None:
    ruler, words = b"-" * 100, b"The quick brown fox jumps over the lazy dog."
    training = tmp_path / "train"
    training.mkdir()
    (training / "both").write_bytes(b"begin" + ruler + words)
    (training / "other").write_bytes(b"nothing of the kind stands in this file, as one can see")
    benchmarks = tmp_path / "corpus"
    benchmarks.mkdir()
    (benchmarks / "text").write_bytes(ruler + b"!!" + words)
    sources = [contamination.files_below([folder]) for folder in (training, benchmarks)]
    index = Index([source.path for source in sources[1]])
    (row,) = contamination.examine(sources[0], sources[1], index)
    shared = len(words) - WIDTH + 1
    assert (row.file, row.shared, row.most_with) == ("both", shared, "text")
    assert row.trivial == 100 - WIDTH + 1
    (seen,) = contamination.benchmark_rows(sources[1], index)
    assert (seen.shared, seen.trivial) == (shared, 100 - WIDTH + 1)


def test_the_command_lists_files_and_what_to_drop(tmp_path: Path) -> None:
    text = bytes(range(100))
    for name, content in {"train/a/copy": text, "train/b/part": text[:40] + bytes(200), "corpus/x": text}.items():
        (tmp_path / name).parent.mkdir(parents=True, exist_ok=True)
        (tmp_path / name).write_bytes(content)
    line = [sys.executable, str(CORPORA / "contamination.py"), "train", "corpus", "--benchmarks", "x.csv"]
    table = subprocess.run(line, cwd=tmp_path, capture_output=True, text=True, check=True).stdout
    rows = list(csv.DictReader(io.StringIO(table)))
    assert [(row["file"], row["shared"]) for row in rows] == [("a/copy", "69"), ("b/part", "9")]
    assert "x,100,69,1.0,0" in (tmp_path / "x.csv").read_text()
    dropped = subprocess.run([*line, "--drop", "0.3"], cwd=tmp_path, capture_output=True, text=True, check=True).stdout
    assert dropped == "a/copy\n"
