"""Model files: integer tensors in a safetensors file, whose SHA-256 names the model.

The reader refuses what an exporter cannot write: names, shapes, types and ranges are all checked before an engine
sees them, for a model file may come from anywhere.

Knows: files, tensors.  Does not know: how the tensors are used.
"""

from __future__ import annotations

import hashlib
import json
import os
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
import safetensors
import safetensors.numpy
from numpy.typing import NDArray

from bytezip.errors import ModelError, ModelMissingError
from bytezip.predictor import experience, phrases
from bytezip.predictor.config import MAX_HEAD_SIZE, MAX_TERMS, MAX_WINDOW, ModelConfig
from bytezip.predictor.tables import SOFTMAX_ONE

if TYPE_CHECKING:
    from bytezip._native import Phrases

FORMAT = "bytezip-model-3"
_METADATA_KEY = "bytezip"
SHIPPED = Path(__file__).parent.parent / "models"
STANDARD = SHIPPED / "standard.safetensors"
ID_SIZE = 3  # bytes of the SHA-256 that an archive carries to find its model
_MAX_LAYERS = 64
_MAX_FILE = 1 << 28
_MAX_SCALE = 1 << 40  # keeps every product of floats finite


@dataclass(frozen=True)
class Model:
    """A checked model: its shape, its tensors by name, the SHA-256 of its file, and a name for people."""

    config: ModelConfig
    tensors: Mapping[str, NDArray[np.generic]]
    sha256: bytes
    name: str

    @property
    def id(self) -> bytes:
        return self.sha256[:ID_SIZE]

    @cached_property
    def phrases(self) -> Phrases | None:
        """The table of phrases, one for all mixers of this model; None where it has none."""
        return phrases.open_phrases(self.tensors)


def load_model(path: str | os.PathLike[str]) -> Model:
    """Reads and checks a model file.

    Raises:
        ModelError: where it cannot be read, or is not a model file that an exporter can have written.
    """
    content = _read(Path(path))
    return _parse(content, hashlib.sha256(content).digest(), str(path))


def _parse(content: bytes, sha256: bytes, path: str) -> Model:
    """sha256: that of the content; to take it lasts longer than all that is done here."""
    try:
        tensors = safetensors.numpy.load(content)
        about = _about(content)
        config = ModelConfig(**about["config"])
        known = about["format"] == FORMAT
    except (safetensors.SafetensorError, KeyError, TypeError, ValueError, RecursionError) as error:
        raise ModelError(f"{path} is not a bytezip model") from error
    if not known:
        raise ModelError(f"{path} is a model of an unknown format")
    _check(config, tensors, path)
    return Model(config, tensors, sha256, str(about.get("name", "")))


def save_model(path: Path, config: ModelConfig, tensors: Mapping[str, NDArray[np.generic]], name: str) -> None:
    """Writes a model file; the same model gives the same bytes.

    Raises:
        ModelError: where the tensors would not be accepted back.
    """
    _check(config, tensors, str(path))
    about = {"format": FORMAT, "name": name, "config": config.to_dict()}
    # One entry only: safetensors writes several in random order.
    metadata = {_METADATA_KEY: json.dumps(about, sort_keys=True)}
    partial = path.with_name(path.name + ".partial")
    partial.write_bytes(safetensors.numpy.save(dict(tensors), metadata))
    os.replace(partial, path)


def find_model(model_id: bytes, given: str | os.PathLike[str] | None) -> Model:
    """The model that an archive names: the given file, or else one of those that ship.

    Raises:
        ModelMissingError: where none has this id.
    """
    for path in [*([Path(given)] if given else []), *shipped_models()]:
        content = _read(path)
        sha256 = hashlib.sha256(content).digest()
        if sha256[:ID_SIZE] == model_id:
            return _parse(content, sha256, str(path))
    raise ModelMissingError(model_id)


def shipped_models() -> list[Path]:
    return sorted(SHIPPED.glob("*.safetensors"))


def expected_tensors(config: ModelConfig) -> Iterator[tuple[str, str, tuple[int, ...]]]:
    """Name, dtype and shape of every tensor of a model of this shape."""
    width, keys = config.hidden_size, config.key_value_size
    yield "embedding", "int16", (config.vocab_size + 1, width)
    for layer in range(config.num_layers):
        prefix = f"layers.{layer}."
        yield prefix + "attention.norm", "float32", (width,)
        yield prefix + "attention.sharpness", "float32", (1,)
        yield prefix + "mlp.norm", "float32", (width,)
        for name, rows, columns in (
            ("q", width, width),
            ("k", keys, width),
            ("v", keys, width),
            ("o", width, width),
            ("up", config.mlp_size, width),
            ("down", width, config.mlp_size),
        ):
            yield f"{prefix}{name}.weight", "int8", (rows, columns)
            yield f"{prefix}{name}.scale", "float32", (rows,)
    yield "head.norm", "float32", (width,)
    yield "head.weight", "int8", (config.vocab_size, width)
    yield "head.scale", "float32", (config.vocab_size,)
    yield "table.cosine", "int16", (1 << 14,)
    yield "table.softmax", "int16", (256,)
    yield "table.soft_cap", "int16", (8193,)
    yield "table.power", "int32", (1024,)
    yield "table.rotary_steps", "int32", (config.head_size // 2,)


def optional_tensors(config: ModelConfig) -> Iterator[tuple[str, str, tuple[int, ...]]]:
    """What a model file may hold beside them: what a step of its integers stands for in the trained form.

    Inference does without; going on with the training does not.
    """
    for layer in range(config.num_layers):
        for name, count in (("q", 1), ("k", 1), ("v", config.key_value_size), ("square", config.mlp_size)):
            yield f"layers.{layer}.{name}.step", "float32", (count,)
    yield "residual.step", "float32", (1,)


def _check(config: ModelConfig, tensors: Mapping[str, NDArray[np.generic]], path: str) -> None:
    bounds = (
        (max(config.hidden_size, config.mlp_size), MAX_TERMS),
        (config.attention_window, MAX_WINDOW),
        (config.head_size, MAX_HEAD_SIZE),
        (config.num_layers, _MAX_LAYERS),
    )
    if any(size > bound for size, bound in bounds):
        raise ModelError(f"{path} has a shape beyond what integer arithmetic holds exactly")
    _check_experience(tensors, path)
    if phrases.NAME in tensors and not phrases.well_formed(tensors[phrases.NAME]):
        raise ModelError(f"{path} is not a bytezip model: phrases are misshapen")
    optional = {name: (dtype, shape) for name, dtype, shape in optional_tensors(config) if name in tensors}
    expected = optional | {name: (dtype, shape) for name, dtype, shape in expected_tensors(config)}
    found = {
        name: (array.dtype.name, array.shape)
        for name, array in tensors.items()
        if not name.startswith("experience.") and name != phrases.NAME
    }
    if found != expected:
        wrong = sorted(name for name in found.keys() | expected.keys() if found.get(name) != expected.get(name))
        raise ModelError(f"{path} is not a bytezip model: tensor {wrong[0]} is missing, unknown or misshapen")
    for name in found:
        if not _in_range(name, tensors[name]):
            raise ModelError(f"{path} is not a bytezip model: tensor {name} is out of range")


def _check_experience(tensors: Mapping[str, NDArray[np.generic]], path: str) -> None:
    """Each experience has all parts or none; any number is in range, and the native core checks how many there are."""
    found = {name: array.dtype.name for name, array in tensors.items() if name.startswith("experience.")}
    for expected in experience.every_names():
        if {name: found.pop(name, None) for name in expected} not in (expected, dict.fromkeys(expected)):
            raise ModelError(f"{path} is not a bytezip model: {next(iter(expected)).rpartition('.')[0]} is incomplete")
    if found or any(tensors[name].ndim != 1 for name in experience.experience_of(tensors)):
        raise ModelError(f"{path} is not a bytezip model: experience is unknown or misshapen")


def _in_range(name: str, array: NDArray[np.generic]) -> bool:
    if name.endswith(".weight"):
        low, high = -127, 127
    else:
        low, high = _RANGES.get(name, (0, _MAX_SCALE))
    if name == "table.softmax" and array[0] < 1:
        return False  # the sum of the numerators is divided by
    return bool(np.isfinite(array).all() and array.min() >= low and array.max() <= high)


_RANGES: dict[str, tuple[int, int]] = {
    "embedding": (-(1 << 15), (1 << 15) - 1),
    "table.cosine": (-(1 << 14), 1 << 14),
    "table.softmax": (0, SOFTMAX_ONE),
    "table.soft_cap": (-(1 << 15), (1 << 15) - 1),
    "table.power": (1, 1 << 23),
    "table.rotary_steps": (0, (1 << 14) - 1),
}


def _read(path: Path) -> bytes:
    try:
        if path.stat().st_size > _MAX_FILE:
            raise ModelError(f"{path} is too large for a bytezip model")
        return path.read_bytes()
    except OSError as error:
        raise ModelError(f"cannot read model {path}: {(error.strerror or str(error)).lower()}") from error


def _about(content: bytes) -> dict[str, Any]:
    """The metadata of a model file, from the JSON header that its numpy interface leaves out."""
    length = int.from_bytes(content[:8], "little")
    about = json.loads(json.loads(content[8 : 8 + length])["__metadata__"][_METADATA_KEY])
    if not isinstance(about, dict):
        raise TypeError
    return about
