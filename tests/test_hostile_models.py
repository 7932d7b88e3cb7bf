"""Model files may come from anywhere: bytes in, a checked model or a ModelError out, and nothing is executed."""

import json
import os
import pickle
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import safetensors.numpy

import bytezip
from bytezip.errors import ModelError
from bytezip.predictor.config import PRESETS
from bytezip.predictor.weights import FORMAT, STANDARD, load_model, save_model

TINY = PRESETS["tiny"].to_dict()
ABOUT = {"format": FORMAT, "name": "x", "config": TINY}


def file_of(header: bytes, data: bytes = b"", length: int | None = None) -> bytes:
    """A safetensors file as its specification has it: the length of the header, the header, the data."""
    return (len(header) if length is None else length).to_bytes(8, "little") + header + data


def header_of(tensors: dict[str, Any], about: str | None = None) -> bytes:
    """A header; `about` is the text of our own entry."""
    entry = json.dumps(ABOUT) if about is None else about
    return json.dumps({"__metadata__": {"bytezip": entry}} | tensors).encode()


def tensor(dtype: str, shape: list[int], begin: int, end: int) -> dict[str, Any]:
    return {"dtype": dtype, "shape": shape, "data_offsets": [begin, end]}


HEADERS = {
    "a length beyond the file": file_of(b"{}", length=1000),
    "a length of 2^40": file_of(b"{}", length=1 << 40),
    "a length of 2^64 - 1": file_of(b"{}", length=(1 << 64) - 1),
    "a length of nothing": file_of(b""),
    "no JSON": file_of(b"(1, 2)"),
    "JSON nested a million deep": file_of(b"[" * 1_000_000),
    "no metadata": file_of(b"{}"),
    "metadata of another program": file_of(json.dumps({"__metadata__": {"format": "pt"}}).encode()),
    "a shape whose product overflows": file_of(header_of({"a": tensor("F32", [1 << 62, 1 << 62], 0, 0)})),
    "a shape that is negative": file_of(header_of({"a": tensor("F32", [-1], 0, 4)}), bytes(4)),
    "data beyond the file": file_of(header_of({"a": tensor("I8", [1 << 40], 0, 1 << 40)}), bytes(8)),
    "offsets that run backwards": file_of(header_of({"a": tensor("I8", [4], 8, 4)}), bytes(8)),
    "tensors that overlap": file_of(
        header_of({"a": tensor("I8", [4], 0, 4), "b": tensor("I8", [4], 2, 6)}), bytes(6)
    ),
    "data that no tensor has": file_of(header_of({"a": tensor("I8", [4], 0, 4)}), bytes(9)),
    "a type that there is not": file_of(header_of({"a": tensor("OBJECT", [1], 0, 8)}), bytes(8)),
    "a type that numpy has not": file_of(header_of({"a": tensor("BF16", [2], 0, 4)}), bytes(4)),
    "no tensors": file_of(header_of({})),
}  # fmt: skip


@pytest.mark.parametrize("content", HEADERS.values(), ids=HEADERS.keys())
def test_headers(tmp_path: Path, content: bytes) -> None:
    path = tmp_path / "model"
    path.write_bytes(content)
    with pytest.raises(ModelError, match="is not a bytezip model"):
        load_model(path)


ENTRIES = {
    "no JSON": "x",
    "a list": "[]",
    "nested a million deep": "[" * 1_000_000,
    "nothing": "null",
    "no format": json.dumps({"config": TINY}),
    "no config": json.dumps({"format": FORMAT}),
    "a config that is none": json.dumps(ABOUT | {"config": 7}),
    "an unknown field": json.dumps(ABOUT | {"config": TINY | {"run": "this"}}),
    "a size that is text": json.dumps(ABOUT | {"config": TINY | {"hidden_size": "64"}}),
    "a size that is no number": json.dumps(ABOUT | {"config": TINY | {"hidden_size": float("nan")}}),
    "a size without end": json.dumps(ABOUT | {"config": TINY | {"hidden_size": float("inf")}}),
    "a size below nothing": json.dumps(ABOUT | {"config": TINY | {"num_layers": -1}}),
    "a digit too many": json.dumps(ABOUT).replace(': 64', ": " + "9" * 5000),
}  # fmt: skip


@pytest.mark.parametrize("entry", ENTRIES.values(), ids=ENTRIES.keys())
def test_entries(tmp_path: Path, entry: str) -> None:
    path = tmp_path / "model"
    path.write_bytes(file_of(header_of({}, entry)))
    with pytest.raises(ModelError, match="is not a bytezip model"):
        load_model(path)


@pytest.mark.parametrize(
    "changed",
    [{"num_layers": 1 << 40}, {"mlp_size": 1 << 60}, {"hidden_size": 1 << 62}, {"attention_window": 1 << 31}],
)
def test_shapes_are_refused_before_anything_is_made_of_them(tmp_path: Path, changed: dict[str, int]) -> None:
    path = tmp_path / "model"
    path.write_bytes(file_of(header_of({}, json.dumps(ABOUT | {"config": TINY | changed}))))
    with pytest.raises(ModelError, match="beyond what integer arithmetic holds"):
        load_model(path)


def test_a_file_that_is_too_large_is_not_read(tmp_path: Path) -> None:
    path = tmp_path / "model"
    with path.open("wb") as out:
        out.truncate((1 << 28) + 1)  # a hole: it takes no room
    with pytest.raises(ModelError, match="too large"):
        load_model(path)


def test_nothing_is_executed(tmp_path: Path) -> None:
    class Trap:
        def __reduce__(self) -> tuple[Any, tuple[str]]:
            return os.mkdir, (str(tmp_path / "sprung"),)

    path = tmp_path / "model"
    path.write_bytes(pickle.dumps(Trap()))
    with pytest.raises(ModelError, match="is not a bytezip model"):
        load_model(path)
    assert not (tmp_path / "sprung").exists()


@pytest.mark.parametrize("dtype", [np.int16, np.float32, np.uint8, np.bool_])
def test_weights_of_another_type(tmp_path: Path, dtype: type) -> None:
    shipped = load_model(STANDARD)
    tensors = dict(shipped.tensors) | {"head.weight": np.zeros(shipped.tensors["head.weight"].shape, dtype)}
    entry = json.dumps({"format": FORMAT, "config": shipped.config.to_dict()})
    (tmp_path / "model").write_bytes(safetensors.numpy.save(tensors, {"bytezip": entry}))
    with pytest.raises(ModelError, match=r"tensor head\.weight is missing, unknown or misshapen"):
        load_model(tmp_path / "model")


@pytest.mark.parametrize("length", [0, 1, 1 << 20])
def test_experience_of_another_length(tmp_path: Path, length: int) -> None:
    """The reader does not know how much a mixer learns; the core refuses what does not fit, before it is used."""
    shipped = load_model(STANDARD)
    wrong = {"experience.2.weights": np.zeros(length, np.int16)}
    save_model(tmp_path / "model", shipped.config, dict(shipped.tensors) | wrong, "x")
    with pytest.raises(ModelError, match="another profile"):
        bytezip.compress(b"data", model=tmp_path / "model", threads=1)


@pytest.mark.parametrize("fill", ["lowest", "highest"])
def test_any_number_is_experience_that_restores(tmp_path: Path, fill: str) -> None:
    """The values of experience have no range: the worst of them cost size, and no byte."""
    shipped = load_model(STANDARD)
    wrong = {
        name: np.full_like(array, getattr(np.iinfo(array.dtype.name), "min" if fill == "lowest" else "max"))
        for name, array in shipped.tensors.items()
        if name.startswith("experience.2.")
    }
    assert wrong
    path = tmp_path / "model"
    save_model(path, shipped.config, dict(shipped.tensors) | wrong, "x")
    data = b"what comes in goes out, " * 5
    packed = bytezip.compress(data, model=path, threads=1)
    assert bytezip.decompress(packed, model=path, threads=1) == data
