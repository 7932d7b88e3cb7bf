"""Bytes that the network makes up: by its probabilities, the same for the same seed, on every engine."""

from collections import Counter
from pathlib import Path

import numpy as np
import pytest
from conftest import Command

from bytezip import generate
from bytezip.generate import continuation
from bytezip.predictor.engine import open_network
from bytezip.predictor.mixed import Predictor
from bytezip.predictor.weights import load_model

KNOWN = set(b"abcdefghijklmnopqrstuvwxyz \n")  # what the text model expects


def network(model: Path, engine: str = "native", lanes: int = 1) -> Predictor:
    return open_network(load_model(model), lanes, engine=engine, device="cpu")


class TestWeights:
    def test_bits_are_shares_of_them(self, text_model: Path) -> None:
        lanes = network(text_model, lanes=3)
        lanes.replay(np.frombuffer(b"some text", np.uint8).reshape(3, 3))
        sums = lanes.weights().astype(np.int64)
        assert sums.shape == (3, 257)
        assert (np.diff(sums) > 0).all()
        ones = (sums[:, 256] - sums[:, 128]) * 2**24 // sums[:, 256] / 2**24
        assert np.array_equal(lanes.predict(), ones)

    def test_both_engines_have_the_same(self, text_model: Path) -> None:
        pytest.importorskip("torch", reason="the torch extra is not installed")
        native, torch = (network(text_model, engine) for engine in ("native", "torch"))
        for lanes in (native, torch):
            lanes.replay(np.frombuffer(b"prompt", np.uint8)[:, None])
        for _ in range(3):
            assert np.array_equal(native.weights(), torch.weights())
            for bit in (0, 1, 1, 0, 0, 0, 0, 1):
                for lanes in (native, torch):
                    lanes.update(np.array([bit], np.int32))


class TestGenerate:
    @pytest.mark.parametrize("temperature", [0.0, 0.5, 1.0, 2.0])
    def test_the_same_seed_gives_the_same_bytes(self, text_model: Path, temperature: float) -> None:
        first, second = (generate(b"so it began", 40, temperature, seed=7, model=text_model) for _ in range(2))
        assert len(first) == 40
        assert first == second
        assert temperature == 0 or first != generate(b"so it began", 40, temperature, seed=8, model=text_model)

    def test_bytes_come_as_often_as_the_network_says(self, text_model: Path) -> None:
        count = 3000
        made = Counter(generate(b"", count, seed=1, model=text_model))
        sums = network(text_model).weights()[0].astype(float)
        expected = sums[ord("z") + 1] - sums[ord("a")]
        share = expected / sums[-1]  # the model's word does not depend on what came before
        found = sum(made[byte] for byte in range(ord("a"), ord("z") + 1)) / count
        assert abs(found - share) < 5 * (share * (1 - share) / count) ** 0.5

    def test_a_low_temperature_keeps_to_what_is_probable(self, text_model: Path) -> None:
        cold, hot = (generate(b"", 300, temperature, seed=1, model=text_model) for temperature in (0.2, 5.0))
        assert set(cold) <= KNOWN
        assert len(set(hot)) > 100

    def test_without_heat_the_likeliest_byte_comes(self, text_model: Path) -> None:
        lanes = network(text_model)
        made = generate(b"", 5, 0.0, model=text_model)
        lanes.predict()
        assert made[0] == int(lanes.likeliest()[0, 0]) >> 16

    def test_a_prompt_longer_than_one_piece(self, text_model: Path) -> None:
        prompt = b"once upon a midnight dreary " * 300
        lanes = network(text_model)
        lanes.replay(np.frombuffer(prompt, np.uint8)[:, None])
        byte = next(continuation(network(text_model), prompt, 0.0, None))
        assert byte == int(np.diff(lanes.weights()[0]).argmax())

    def test_no_bytes_ask_for_no_work(self, text_model: Path) -> None:
        assert generate(b"prompt", 0, model=text_model) == b""

    @pytest.mark.parametrize("wrong", [{"max_new_tokens": -1}, {"temperature": -0.1}, {"seed": -1}])
    def test_negative_numbers(self, text_model: Path, wrong: dict[str, int]) -> None:
        with pytest.raises(ValueError, match="negative"):
            generate(b"", model=text_model, **wrong)  # type: ignore[arg-type]


class TestCommand:
    def test_it_writes_as_many_bytes_as_asked(self, bytezip: Command, text_model: Path) -> None:
        run = bytezip("generate", "-n", "2K", "--seed", "3", "-", stdin=b"prompt")
        assert (run.code, run.err) == (0, "")
        assert run.out == generate(b"prompt", 2048, seed=3, model=text_model)
        assert len(bytezip("generate").out) == 256

    def test_a_file_as_the_prompt(self, bytezip: Command, text_model: Path) -> None:
        path = bytezip.directory / "prompt"
        path.write_bytes(b"so it began")
        run = bytezip("generate", "-n5", "-t0", str(path))
        assert run.out == generate(b"so it began", 5, 0.0, model=text_model)
        assert bytezip("generate", str(bytezip.directory)).lines == [f"error: {bytezip.directory}: is a directory"]

    @pytest.mark.parametrize("wrong", [("-t", "nan"), ("-t", "-1"), ("-n", "x"), ("--seed", "-1")])
    def test_wrong_numbers(self, bytezip: Command, wrong: tuple[str, str]) -> None:
        run = bytezip("generate", *wrong)
        assert (run.code, run.out, len(run.lines)) == (1, b"", 1)
