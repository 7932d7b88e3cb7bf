"""Evaluation on held-out sources: code lengths are those of the coder, and every row counts what it says."""

import csv
from functools import partial
from pathlib import Path

import numpy as np
import pytest

from bytezip.blocks import BlockCoder, Plan
from bytezip.lanes import Striping
from bytezip.predictor.engine import open_mixed
from bytezip.predictor.weights import STANDARD, Model, load_model
from bytezip.train import evaluate_sources as evaluation
from bytezip.train.evaluate_sources import Amounts

TEXT = b"The quick brown fox jumps over the lazy dog, and the dog sleeps on. " * 40


@pytest.fixture(scope="module")
def model() -> Model:
    return load_model(STANDARD)


@pytest.fixture
def held_out(tmp_path: Path) -> Path:
    for modality, source, name, data in (
        ("text", "a", "one.txt", TEXT), ("text", "a", "two.txt", TEXT[7:900]), ("text", "b", "three.txt", TEXT[::-1]),
        ("data", "c", "count", bytes(range(256)) * 5), ("data", "c", "empty", b""),
    ):  # fmt: skip
        path = tmp_path / "held" / modality / source / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(data)
    return tmp_path / "held"


def test_sources_come_in_turn_and_empty_files_not_at_all(held_out: Path) -> None:
    found = evaluation.held_out_files(held_out)
    assert list(found) == ["data", "text"]
    assert [file.source for file in found["text"]] == ["a", "b", "a"]
    assert len(found["data"]) == 1


def test_a_folder_without_sources_is_refused(tmp_path: Path) -> None:
    with pytest.raises(ValueError, match="no <modality>/<source>/ folders"):
        evaluation.held_out_files(tmp_path)


def test_pieces_share_the_bytes_among_the_sources(held_out: Path) -> None:
    files = evaluation.held_out_files(held_out)["text"]
    pieces = evaluation.pieces_of(files, 1600)
    assert {source: sum(len(piece) for own, piece in pieces if own == source) for source in "ab"} == {
        "a": 800,
        "b": 800,
    }
    assert all(piece.tobytes() in (TEXT + TEXT[::-1]) for _, piece in pieces)


def test_streams_side_by_side_are_predicted_as_alone(model: Model) -> None:
    streams = [np.frombuffer(data, np.uint8) for data in (TEXT[:50], TEXT[10:300], TEXT[:120])]
    together = dict(evaluation.network_probabilities(model, streams))
    for index, stream in enumerate(streams):
        ((_, alone),) = evaluation.network_probabilities(model, [stream])
        assert np.array_equal(together[index], alone)


def test_the_length_is_that_of_the_code(model: Model) -> None:
    data = TEXT[:600]
    stream = np.frombuffer(data, np.uint8)
    ((_, said),) = evaluation.network_probabilities(model, [stream])
    for network, probabilities in ((True, said), (False, None)):
        coder = BlockCoder(
            partial(open_mixed, model, profile=evaluation.PROFILE, engine="native", device="cpu", threads=1)
        )
        code = coder.encode(data, Plan(Striping(len(data), 1, 4096), network, len(data)), lambda _: None)
        assert code is not None
        bits = evaluation.mixed_bits(model, stream, probabilities)
        assert abs(bits / 8 - len(code)) <= 2


def test_tables(model: Model, held_out: Path, tmp_path: Path) -> None:
    evaluation.evaluate(held_out, model, tmp_path, Amounts(piece_bytes=1000, largest=4096))
    with (tmp_path / "held_out.csv").open() as stream:
        rows = list(csv.DictReader(stream))
    assert [(row["modality"], row["sources"], row["bytes"]) for row in rows] == [
        ("data", "1", "1000"),
        ("text", "2", "1000"),
    ]
    assert all(0 < float(row["network"]) < 9 and 0 < float(row["xz"]) < 9 for row in rows)
    with (tmp_path / "held_out_gain.csv").open() as stream:
        gains = list(csv.DictReader(stream))
    assert [(row["modality"], row["size"], row["files"]) for row in gains] == [
        ("data", "1024", "1"),
        ("text", "1024", "2"),
    ]
    assert all(float(row["gain"]) == round(1 - int(row["both"]) / int(row["experts"]), 4) for row in gains)
