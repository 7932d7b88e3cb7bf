"""The network: its shape, its tables, and its integer form against its float form."""

import dataclasses
import math
from pathlib import Path

import numpy as np
import pytest

from bytezip.errors import EngineError, ModelError, ModelMissingError
from bytezip.predictor.config import PRESETS, ModelConfig
from bytezip.predictor.engine import choose
from bytezip.predictor.tables import build_tables
from bytezip.predictor.weights import STANDARD, Model, expected_tensors, find_model, load_model, save_model

torch = pytest.importorskip("torch", reason="the torch extra is not installed")

from torch import Tensor  # noqa: E402

from bytezip.predictor.attention import local_attention  # noqa: E402
from bytezip.predictor.integer import integer_root, norm  # noqa: E402
from bytezip.predictor.torch_engine import TorchLanes, bit_probability  # noqa: E402
from bytezip.predictor.transformer import BytePredictor  # noqa: E402
from bytezip.train.quantise import check_bounds, quantise  # noqa: E402

TINY = PRESETS["tiny"]


@pytest.fixture(scope="module")
def float_model() -> BytePredictor:
    torch.manual_seed(1)
    model = BytePredictor(TINY)
    for parameter in model.parameters():
        if parameter.ndim == 2:
            torch.nn.init.normal_(parameter, std=0.3)
    return model


@pytest.fixture(scope="module")
def tiny(float_model: BytePredictor, tmp_path_factory: pytest.TempPathFactory) -> Model:
    tokens = torch.randint(0, 256, (4, 256), generator=torch.Generator().manual_seed(2))
    path = tmp_path_factory.mktemp("model") / "tiny.safetensors"
    save_model(path, TINY, quantise(float_model, tokens), "tiny")
    return load_model(path)


class TestConfig:
    def test_the_names_and_defaults_of_the_seed(self) -> None:
        assert ModelConfig().to_dict() == {
            "vocab_size": 256, "hidden_size": 1024, "num_layers": 12, "num_key_value_heads": 8,
            "num_query_heads": 32, "max_sequence_length": 8192, "attention_window": 128, "mlp_size": 4096,
            "rope_base": 10_000, "logit_soft_cap": 15,
        }  # fmt: skip

    @pytest.mark.parametrize(
        "wrong",
        [{"vocab_size": 255}, {"hidden_size": 100}, {"num_key_value_heads": 5}, {"num_layers": 0},
         {"num_layers": True}, {"mlp_size": -1}, {"num_query_heads": 1024}],
    )  # fmt: skip
    def test_shapes_that_are_none(self, wrong: dict[str, int]) -> None:
        with pytest.raises(ValueError, match="must be"):
            ModelConfig(**wrong)

    def test_key_value_memory_saved(self) -> None:
        # Multi-query attention keeps one head of keys and values where multi-head attention keeps one a query head.
        assert ModelConfig().key_value_saving() == 0.75
        assert PRESETS["standard"].key_value_saving() == 0.75
        model = BytePredictor(TINY)
        full = BytePredictor(dataclasses.replace(TINY, num_key_value_heads=TINY.num_query_heads))
        saved = 1 - model.key_value_cache_bytes(100) / full.key_value_cache_bytes(100)
        assert saved == TINY.key_value_saving() == 0.5


def plain_attention(query: Tensor, key: Tensor, value: Tensor, window: int) -> Tensor:
    """What `local_attention` computes, by the whole matrix of positions."""
    place = torch.arange(query.shape[1])
    distance = place[:, None] - place
    repeats = query.shape[2] // key.shape[2]
    scores = torch.einsum("bthd,bshd->bhts", query, key.repeat_interleave(repeats, 2))
    scores = scores.masked_fill((distance < 0) | (distance >= window), -math.inf)
    mixed: Tensor = torch.einsum("bhts,bshd->bthd", scores.softmax(-1), value.repeat_interleave(repeats, 2))
    return mixed.flatten(2)


class TestFloat:
    def test_nothing_is_seen_ahead_of_its_time(self, float_model: BytePredictor) -> None:
        tokens = torch.randint(0, 256, (1, 200))
        changed = tokens.clone()
        changed[0, 150] ^= 1
        before, after = float_model(tokens), float_model(changed)
        assert torch.allclose(before[0, :150], after[0, :150], atol=1e-5)
        assert not torch.allclose(before[0, 150], after[0, 150], atol=1e-5)

    @pytest.mark.parametrize(("length", "window"), [(150, 40), (64, 64), (130, 65), (10, 1), (129, 2), (70, 500)])
    def test_blocked_attention_is_attention_and_so_are_its_gradients(self, length: int, window: int) -> None:
        torch.manual_seed(length)
        query, key, value = (
            torch.randn(2, length, heads, 8, dtype=torch.float64, requires_grad=True) for heads in (4, 2, 2)
        )
        wanted = torch.randn(2, length, 32, dtype=torch.float64)
        results = []
        for attention in (local_attention, plain_attention):
            mixed = attention(query, key, value, window)
            results.append([mixed, *torch.autograd.grad(mixed, (query, key, value), wanted)])
        for ours, plain in zip(*results, strict=True):
            assert torch.allclose(ours, plain, rtol=1e-10, atol=1e-12)

    def test_logits_are_capped(self, float_model: BytePredictor) -> None:
        assert float(float_model(torch.randint(0, 256, (1, 64))).detach().abs().max()) <= TINY.logit_soft_cap

    def test_generation_is_repeatable(self, float_model: BytePredictor) -> None:
        first, second = (float_model.generate(b"abc", 12, 0.8, torch.Generator().manual_seed(3)) for _ in range(2))
        assert first == second
        assert len(first) == 12
        assert float_model.generate(b"", 3, 0) == float_model.generate(b"", 3, 0)
        with pytest.raises(ValueError, match="negative"):
            float_model.generate(b"", -1)


class TestTables:
    def test_against_floating_point(self) -> None:
        tables = build_tables(PRESETS["standard"])
        turn = np.arange(1 << 14) * (2 * np.pi / (1 << 14))
        assert np.array_equal(tables["table.cosine"], np.rint((1 << 14) * np.cos(turn)))
        assert np.array_equal(tables["table.softmax"], np.rint(16383 * 2 ** (-np.arange(256) / 256)))
        logit = (np.arange(8193) - 4096) / 64
        assert np.array_equal(tables["table.soft_cap"], np.rint(1024 * np.log2(np.e) * 15 * np.tanh(logit / 15)))
        assert np.array_equal(tables["table.power"], np.rint(2**23 * 2 ** (-np.arange(1024) / 1024)))

    def test_the_shipped_model_holds_them(self) -> None:
        model = load_model(STANDARD)
        for name, table in build_tables(model.config).items():
            assert np.array_equal(model.tensors[name], table), name


class TestInteger:
    def test_root_is_exact(self) -> None:
        near = [n * n + d for n in (1, 2, 3, 181, 2**15 - 1, 2**23, 2**24 + 1, 2**27 - 1, 2**29) for d in (-1, 0, 1)]
        values = torch.tensor([0, 1, 2, 3, *near])
        assert integer_root(values).tolist() == [math.isqrt(int(n)) for n in values]

    def test_norm_of_zeros(self) -> None:
        assert norm(torch.zeros(3, 64, dtype=torch.int32), torch.tensor(1.0), 127).abs().max() == 0

    @pytest.mark.parametrize("lanes", [1, 3])
    def test_replay_is_predict_and_update(self, tiny: Model, lanes: int) -> None:
        data = np.random.Generator(np.random.PCG64(4)).integers(0, 256, (90, lanes)).astype(np.uint8)
        replayed, stepped = TorchLanes(tiny, lanes, "cpu"), TorchLanes(tiny, lanes, "cpu")
        found = np.empty((90, 8, lanes))
        likeliest = np.empty((90, lanes), np.uint32)
        for step in range(90):
            for bit in range(8):
                found[step, bit] = stepped.predict()
                likeliest[step] = stepped.likeliest()[0]
                stepped.update((data[step] >> (7 - bit) & 1).astype(np.int32))
        first = replayed.replay(data[:40])
        assert np.array_equal(replayed.likeliest(), likeliest[:40])
        assert np.array_equal(np.concatenate((first, replayed.replay(data[40:]))), found)

    def test_integers_stay_close_to_floats(self, tiny: Model, float_model: BytePredictor) -> None:
        tokens = torch.randint(0, 256, (1, 200), generator=torch.Generator().manual_seed(5))
        lanes = TorchLanes(tiny, 1, "cpu")
        coded = lanes.replay(tokens[0, :, None].numpy().astype(np.uint8))[..., 0]
        bits = np.unpackbits(tokens[0].numpy().astype(np.uint8)[:, None], axis=1)
        integer = -np.log(np.where(bits, coded, 1 - coded)).sum() / 200
        start = torch.cat((torch.tensor([[256]]), tokens[:, :-1]), 1)
        exact = torch.nn.functional.cross_entropy(float_model(start)[0], tokens[0]).item()
        assert abs(integer / exact - 1) < 0.02

    def test_bit_probabilities_multiply_to_the_byte(self) -> None:
        weights = np.random.Generator(np.random.PCG64(6)).integers(1, 1 << 23, 256)
        sums = np.concatenate(([0], np.cumsum(weights)))
        for byte in (0, 1, 77, 128, 255):
            chance = 1.0
            for known in range(8):
                one = int(bit_probability(sums, np.array([byte >> (8 - known)]), known)[0]) / (1 << 24)
                chance *= one if byte >> (7 - known) & 1 else 1 - one
            assert chance == pytest.approx(weights[byte] / sums[-1], rel=1e-3)

    def test_probabilities_are_never_certain(self) -> None:
        sums = np.concatenate(([0], np.cumsum(np.r_[np.full(255, 1), 1 << 23])))
        assert 1 <= bit_probability(sums, np.array([0]), 0)[0] <= (1 << 24) - 1

    def test_shapes_too_wide_for_exact_sums(self) -> None:
        with pytest.raises(ValueError, match="1040"):
            check_bounds(ModelConfig())
        with pytest.raises(ValueError, match="window of 1024"):
            check_bounds(dataclasses.replace(TINY, attention_window=1025))
        with pytest.raises(ValueError, match="heads of at most 64"):
            check_bounds(dataclasses.replace(TINY, hidden_size=256, num_query_heads=2))
        check_bounds(PRESETS["standard"])


class TestModelFiles:
    def test_same_model_same_bytes(self, tiny: Model, tmp_path: Path) -> None:
        for name in ("a", "b"):
            save_model(tmp_path / name, tiny.config, tiny.tensors, "tiny")
        assert (tmp_path / "a").read_bytes() == (tmp_path / "b").read_bytes()
        assert load_model(tmp_path / "a").sha256 == tiny.sha256

    @pytest.mark.parametrize("content", [b"", b"x", b"\0" * 100, b"\xff" * 64, b"PK\3\4" + bytes(60)])
    def test_files_that_are_none(self, tmp_path: Path, content: bytes) -> None:
        (tmp_path / "m").write_bytes(content)
        with pytest.raises(ModelError, match="is not a bytezip model"):
            load_model(tmp_path / "m")

    def test_missing_and_unreadable(self, tmp_path: Path) -> None:
        with pytest.raises(ModelError, match="cannot read"):
            load_model(tmp_path / "none")
        with pytest.raises(ModelError, match="cannot read"):
            load_model(tmp_path)

    @pytest.mark.parametrize(
        ("name", "value"),
        [("head.weight", -128), ("head.scale", math.nan), ("head.scale", -1.0), ("head.norm", math.inf),
         ("table.softmax", 0), ("table.power", 0), ("table.rotary_steps", 1 << 14), ("table.cosine", 1 << 14 | 1)],
    )  # fmt: skip
    def test_numbers_out_of_range(self, tiny: Model, tmp_path: Path, name: str, value: float) -> None:
        tensors = {key: array.copy() for key, array in tiny.tensors.items()}
        tensors[name].reshape(-1)[0] = value
        with pytest.raises(ModelError, match=f"tensor {name} is out of range"):
            save_model(tmp_path / "m", tiny.config, tensors, "bad")

    def test_tensors_missing_or_too_many(self, tiny: Model, tmp_path: Path) -> None:
        fewer = {key: array for key, array in tiny.tensors.items() if key != "head.norm"}
        with pytest.raises(ModelError, match=r"head\.norm is missing"):
            save_model(tmp_path / "m", tiny.config, fewer, "bad")
        with pytest.raises(ModelError, match="more is missing, unknown"):
            save_model(tmp_path / "m", tiny.config, {**tiny.tensors, "more": np.zeros(1)}, "bad")

    def test_every_tensor_is_expected_once(self) -> None:
        names = [name for name, _, _ in expected_tensors(TINY)]
        assert len(names) == len(set(names))

    def test_an_unknown_model_is_named(self, tiny: Model) -> None:
        with pytest.raises(ModelMissingError, match="model 0102ff is missing"):
            find_model(b"\x01\x02\xff", None)


class TestChoice:
    @pytest.mark.parametrize(
        ("asked", "given"),
        [(("auto", "auto"), ("native", "cpu")), (("auto", "cuda"), ("torch", "cuda")),
         (("torch", "auto"), ("torch", "cpu")), (("native", "cpu"), ("native", "cpu"))],
    )  # fmt: skip
    def test_what_auto_means(self, asked: tuple[str, str], given: tuple[str, str]) -> None:
        assert choose(*asked) == given

    @pytest.mark.parametrize("asked", [("native", "cuda"), ("numpy", "cpu"), ("auto", "tpu")])
    def test_what_cannot_be(self, asked: tuple[str, str]) -> None:
        with pytest.raises(EngineError):
            choose(*asked)
