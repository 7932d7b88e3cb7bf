"""The experience that a model file carries: exact, checked, never needed, and worth its place."""

from pathlib import Path

import numpy as np
import pytest

import bytezip
from bytezip import _native
from bytezip.errors import ModelError
from bytezip.predictor.experience import Experience, experience_of, names, pack, unpack
from bytezip.predictor.weights import STANDARD, load_model, save_model

DATA = np.frombuffer(b"".join(b"line %d of a list\n" % i for i in range(300)), np.uint8)


def learn(experience: Experience | None, profile: int = 1) -> tuple[Experience, float]:
    """Experience after DATA, and its cost in bits."""
    mixer = _native.Mixer(1, len(DATA), profile, experience)
    mixer.begin_block(len(DATA), 4096)
    ones = mixer.replay(None, DATA[:, None])[:, :, 0]
    bits = np.unpackbits(DATA[:, None], axis=1)
    return mixer.experience(), float(-np.log2(np.where(bits, ones, 1 - ones)).sum())


def save_with(path: Path, tensors: dict[str, np.ndarray]) -> Path:
    model = load_model(STANDARD)
    cold = {name: array for name, array in model.tensors.items() if name not in experience_of(model.tensors)}
    save_model(path, model.config, cold | tensors, "test")
    return path


@pytest.mark.parametrize("profile", [0, 1, 2])
def test_what_was_learnt_helps_another_stream(profile: int) -> None:
    learnt, cold = learn(None, profile)
    tensors = pack(learnt, profile)
    _, warm = learn(unpack(tensors, profile), profile)
    assert warm < 0.9 * cold
    assert {name: array.dtype.name for name, array in tensors.items()} == names(profile)


def test_packing_keeps_what_unpacking_gives() -> None:
    tensors = pack(learn(None)[0], 1)
    unpacked = unpack(tensors, 1)
    assert unpacked is not None
    again = pack(unpacked, 1)
    assert all(np.array_equal(tensors[name], again[name]) for name in tensors)


def test_a_model_without_experience_starts_cold() -> None:
    assert unpack({}, 1) is None


def test_experience_of_another_profile_is_refused() -> None:
    with pytest.raises(ValueError, match="another profile"):
        learn(learn(None, 2)[0], 1)


def test_archives_restore_with_and_without_experience(tmp_path: Path) -> None:
    raw = DATA.tobytes()
    warm = save_with(tmp_path / "warm.safetensors", pack(learn(None, 2)[0], 2))
    cold = save_with(tmp_path / "cold.safetensors", {})
    for model in (warm, cold):
        packed = bytezip.compress(raw, model=model)
        assert bytezip.decompress(packed, model=model) == raw
    assert len(bytezip.compress(raw, model=warm)) < len(bytezip.compress(raw, model=cold))


def test_where_the_network_rests_experience_is_that_of_a_mixer_alone(tmp_path: Path) -> None:
    raw = DATA.tobytes() * 14  # too long to be asked about at the first level
    alone = save_with(tmp_path / "alone.safetensors", pack(learn(None, 0)[0], 0, alone=True))
    cold = save_with(tmp_path / "cold.safetensors", {})
    packed = [bytezip.compress(raw, 1, model=model) for model in (alone, cold)]
    assert bytezip.decompress(packed[0], model=alone) == raw
    assert len(packed[0]) < len(packed[1])
    short = [bytezip.compress(raw[:3000], 1, model=model) for model in (alone, cold)]  # here it is asked
    assert len(short[0]) == len(short[1])


def test_a_mixer_alone_makes_do_with_the_other_experience() -> None:
    tensors = pack(learn(None)[0], 1)
    found, other = unpack(tensors, 1, alone=True), unpack(tensors, 1)
    assert found is not None
    assert other is not None
    assert all(np.array_equal(a, b) for a, b in zip(found, other, strict=True))
    assert unpack(pack(learn(None)[0], 1, alone=True), 1) is None


def test_experience_that_does_not_fit_is_refused(tmp_path: Path) -> None:
    short = {name: array[:-1] for name, array in pack(learn(None, 2)[0], 2).items()}
    model = save_with(tmp_path / "short.safetensors", short)
    with pytest.raises(ModelError, match="another profile"):
        bytezip.compress(b"abc", model=model)


@pytest.mark.parametrize("wrong", ["missing", "dtype", "shape", "unknown"])
def test_malformed_experience_is_refused(wrong: str, tmp_path: Path) -> None:
    tensors = pack(learn(None)[0], 1)
    updates = tensors.pop("experience.1.updates")
    variants: dict[str, dict[str, np.ndarray]] = {
        "missing": {},
        "dtype": {"experience.1.updates": updates.astype(np.int16)},
        "shape": {"experience.1.updates": updates[:, None]},
        "unknown": {"experience.1.updates": updates, "experience.7.updates": updates},
    }
    with pytest.raises(ModelError):
        save_with(tmp_path / "model.safetensors", tensors | variants[wrong])
