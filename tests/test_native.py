"""The native engine equals the reading of the specification in reference_network.py, bit for bit, on every path."""

from __future__ import annotations

import multiprocessing
import os
import shutil
import subprocess
import sys
import threading
import time
from collections.abc import Callable
from dataclasses import asdict, replace
from functools import cache
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from numpy.typing import NDArray
from reference_network import (
    ROTARY_PERIOD,
    ReferenceLane,
    Shape,
    Tensors,
    bit_probabilities,
    likeliest_bytes,
    random_tensors,
    reference_replay,
)

from bytezip._native import Network, NetworkLanes, Sharing, simd_path, simd_paths
from bytezip.predictor.engine import native_network
from bytezip.predictor.weights import STANDARD, load_model

TINY = Shape()
SHAPES = {
    "tiny": TINY,
    "pairs": Shape(num_query_heads=4, num_key_value_heads=2, attention_window=5),
    "heads_of_32": Shape(hidden_size=128, num_query_heads=4, attention_window=17),
    "uneven": Shape(hidden_size=66, num_query_heads=3, num_key_value_heads=3, attention_window=7, mlp_size=37),
    "small_heads": Shape(hidden_size=60, num_query_heads=10, num_key_value_heads=1, attention_window=1, mlp_size=61),
    "standard_width": Shape(hidden_size=256, num_query_heads=4, attention_window=20, mlp_size=1024),
    "widest": Shape(
        hidden_size=1040, num_layers=1, num_query_heads=20, num_key_value_heads=20, attention_window=1024, mlp_size=1040
    ),
}
EXTREME = [False, True]


@cache
def tensors_of(shape: Shape, extreme: bool = False) -> Tensors:
    return random_tensors(shape, 7, extreme=extreme)


@cache
def network_of(shape: Shape, extreme: bool, simd: str) -> Network:
    return Network(asdict(shape), tensors_of(shape, extreme), simd)


@cache
def expected(shape: Shape, extreme: bool, steps: int, lanes: int) -> NDArray[np.float64]:
    return reference_replay(shape, tensors_of(shape, extreme), data_of(steps, lanes))


def data_of(steps: int, lanes: int) -> NDArray[np.uint8]:
    return np.random.default_rng(steps * 1000 + lanes).integers(0, 256, (steps, lanes), dtype=np.uint8)


def bits_of(row: NDArray[np.uint8], bit: int) -> NDArray[np.int32]:
    return (row >> (7 - bit) & 1).astype(np.int32)


def stepped(lanes: NetworkLanes, data: NDArray[np.uint8], pause: float = 0) -> NDArray[np.float64]:
    """What replay() gives, by its definition.

    pause: seconds behind the first prediction and the last bit of a byte, in which other threads can run ahead.
    """
    result = np.empty((len(data), 8, lanes.lanes))
    for t, row in enumerate(data):
        for bit in range(8):
            result[t, bit] = lanes.predict()
            if pause and bit == 0:
                time.sleep(pause)
            lanes.update(bits_of(row, bit))
        if pause:
            time.sleep(pause)
    return result


@pytest.fixture(params=simd_paths())
def simd(request: pytest.FixtureRequest) -> str:
    return str(request.param)


class TestReference:
    """replay == rounds of predict and update == reference."""

    @pytest.mark.parametrize("extreme", EXTREME)
    @pytest.mark.parametrize("name", SHAPES)
    def test_shapes(self, name: str, extreme: bool, simd: str) -> None:
        shape = SHAPES[name]
        steps = 12 if name == "widest" else 45
        network = network_of(shape, extreme, simd)
        data = data_of(steps, 3)
        assert np.array_equal(NetworkLanes(network, 3).replay(data), expected(shape, extreme, steps, 3))
        assert np.array_equal(stepped(NetworkLanes(network, 3), data), expected(shape, extreme, steps, 3))

    @pytest.mark.parametrize("threads", [1, 2, 3])
    @pytest.mark.parametrize("lanes", [1, 2, 3, 5, 8, 16, 19])
    def test_lanes_and_threads(self, lanes: int, threads: int, simd: str) -> None:
        network = network_of(TINY, False, simd)
        data = data_of(37, lanes)
        assert np.array_equal(NetworkLanes(network, lanes, threads).replay(data), expected(TINY, False, 37, lanes))
        assert np.array_equal(stepped(NetworkLanes(network, lanes, threads), data), expected(TINY, False, 37, lanes))

    def test_beyond_the_rotary_period(self, simd: str) -> None:
        """The angles begin again, the ring goes on."""
        shape = Shape(hidden_size=8, num_layers=1, num_query_heads=1, attention_window=3, mlp_size=8)
        steps = ROTARY_PERIOD + 50
        lanes = NetworkLanes(network_of(shape, False, simd), 1)
        assert np.array_equal(lanes.replay(data_of(steps, 1)), expected(shape, False, steps, 1))

    @pytest.mark.parametrize("extreme", EXTREME)
    def test_likeliest_bytes(self, extreme: bool, simd: str) -> None:
        """Replayed and stepped."""
        tensors, data = tensors_of(TINY, extreme), data_of(20, 2)
        named = np.empty((20, 2), np.uint32)
        for k in range(2):
            lane, token = ReferenceLane(TINY, tensors), 256
            for t in range(20):
                named[t, k] = likeliest_bytes(lane.step(token))
                token = int(data[t, k])
        replayed, stepping = (NetworkLanes(network_of(TINY, extreme, simd), 2) for _ in range(2))
        replayed.replay(data)
        assert np.array_equal(replayed.likeliest(), named)
        for t, row in enumerate(data):
            for bit in range(8):
                stepping.predict()
                assert np.array_equal(stepping.likeliest(), named[t : t + 1])
                stepping.update(bits_of(row, bit))

    def test_probabilities_are_within_their_range(self, simd: str) -> None:
        found = NetworkLanes(network_of(TINY, True, simd), 3).replay(data_of(45, 3)) * 2**24
        assert np.array_equal(found, np.rint(found))
        assert found.min() >= 1
        assert found.max() <= 2**24 - 1

    def test_all_weights_zero(self, simd: str) -> None:
        """Nothing is divided by the root of nothing, and every byte is as likely as any other."""
        tensors = tensors_of(TINY)
        silent = {name: array if name.startswith("table.") else np.zeros_like(array) for name, array in tensors.items()}
        found = NetworkLanes(Network(asdict(TINY), silent, simd), 2).replay(data_of(40, 2))
        assert np.array_equal(found, np.full((40, 8, 2), 0.5))

    def test_largest_and_smallest_scales(self, simd: str) -> None:
        """Products that overflow in the square, or fall below the normal numbers, are clamped and rounded."""
        for value in (2.0**40, 1e-45):
            tensors = {
                name: np.full_like(array, value) if array.dtype == np.float32 else array
                for name, array in tensors_of(TINY).items()
            }
            data = data_of(20, 1)
            found = NetworkLanes(Network(asdict(TINY), tensors, simd), 1).replay(data)
            with np.errstate(over="ignore"):
                assert np.array_equal(found, reference_replay(TINY, tensors, data))


class TestState:
    @given(cuts=st.lists(st.tuples(st.booleans(), st.integers(0, 20)), max_size=6))
    @settings(max_examples=30)
    def test_replay_and_steps_mix(self, cuts: list[tuple[bool, int]]) -> None:
        """However a stream is cut into replays and steps, with or without a glance ahead, it is the same stream."""
        lanes = NetworkLanes(network_of(TINY, False, ""), 2, 2)
        data = data_of(120, 2)
        parts, at = [], 0
        for peek, count in cuts:
            if peek:
                lanes.predict()
            parts.append(lanes.replay(data[at : at + count]))
            parts.append(stepped(lanes, data[at + count : at + count + 1]))
            at += count + 1
        parts.append(lanes.replay(data[at:]))
        assert np.array_equal(np.concatenate(parts), expected(TINY, False, 120, 2))

    def test_restart(self, simd: str) -> None:
        lanes = NetworkLanes(network_of(TINY, False, simd), 2)
        data = data_of(45, 2)
        lanes.replay(data_of(50, 2))
        lanes.predict()
        lanes.update(np.array([0, 1], np.int32))
        lanes.restart()
        assert np.array_equal(lanes.replay(data), expected(TINY, False, 45, 2))

    def test_predict_changes_nothing(self) -> None:
        lanes = NetworkLanes(network_of(TINY, False, ""), 2)
        assert np.array_equal(lanes.predict(), lanes.predict())

    def test_bytes_that_are_never_predicted(self, simd: str) -> None:
        """The network rests: no position is spent, and only the last of them is seen, as the input of the next step."""
        lanes = NetworkLanes(network_of(TINY, False, simd), 1)
        reference, token = ReferenceLane(TINY, tensors_of(TINY)), 256
        for t, byte in enumerate(data_of(90, 1)[:, 0]):
            asked = range(8) if t % 9 < 4 else [5] if t % 9 == 6 else []  # whole bytes, in the middle of one, never
            weights = reference.step(token) if asked else None
            for bit in range(8):
                if weights is not None and bit in asked:
                    assert lanes.predict()[0] == bit_probabilities(weights, int(byte))[bit]
                lanes.update(bits_of(np.array([byte]), bit))
            token = int(byte)
        assert np.array_equal(lanes.predict(), [bit_probabilities(reference.step(token), 0)[0]])

    def test_networks_are_shared(self) -> None:
        network = Network(asdict(TINY), tensors_of(TINY))
        first, second = NetworkLanes(network, 2), NetworkLanes(network, 1)
        del network
        assert np.array_equal(first.replay(data_of(45, 2)), expected(TINY, False, 45, 2))
        assert np.array_equal(second.replay(data_of(45, 1)), expected(TINY, False, 45, 1))

    @pytest.mark.skipif(not hasattr(os, "fork"), reason="no fork on this system")
    def test_fork(self) -> None:
        """A child starts threads of its own, and its end does not wait for its parent's."""
        lanes = NetworkLanes(network_of(TINY, False, ""), 4, 2)
        data = data_of(37, 4)
        first = lanes.replay(data[:10])
        with multiprocessing.get_context("fork").Pool(1, _keep_lanes, (lanes,)) as pool:
            child = pool.apply_async(_replay_kept, (data[10:],)).get(timeout=60)
        assert np.array_equal(child, lanes.replay(data[10:]))
        assert np.array_equal(np.concatenate([first, child]), expected(TINY, False, 37, 4))

    def test_two_threads_at_once(self) -> None:
        lanes = NetworkLanes(network_of(SHAPES["standard_width"], False, "portable"), 1)
        worker = threading.Thread(target=lanes.replay, args=(np.zeros((3000, 1), np.uint8),))
        worker.start()
        with pytest.raises(RuntimeError, match="in use by another thread"):  # noqa: PT012  one of many calls is refused
            while worker.is_alive():
                lanes.restart()
        worker.join()


@cache
def standard_network() -> Network:
    return native_network(load_model(STANDARD))


@cache
def partly_foreseen(steps: int, lanes: int) -> tuple[NDArray[np.uint8], NDArray[np.float64]]:
    """Bytes of which three of four are what the standard network expects, and what it says of them, with one thread."""
    alone, random = NetworkLanes(standard_network(), lanes, 1), np.random.default_rng(lanes)
    data, said = np.zeros((steps, lanes), np.uint8), np.empty((steps, 8, lanes))
    for t in range(steps):
        surprises, surprised = random.integers(0, 256, lanes, np.uint8), random.random(lanes) < 0.25
        for bit in range(8):
            said[t, bit] = alone.predict()
            bits = np.where(surprised, bits_of(surprises, bit), said[t, bit] > 0.5).astype(np.int32)
            data[t] |= (bits << (7 - bit)).astype(np.uint8)
            alone.update(bits)
    return data, said


class TestAhead:
    """Other threads run steps ahead for the likeliest bytes; whatever comes in their place, all is as without them."""

    def test_there_is_something_to_foresee(self) -> None:
        _, said = partly_foreseen(60, 5)
        likeliest = np.maximum(said, 1 - said).prod(1)
        assert (likeliest > 0.5).mean() > 0.2

    @pytest.mark.parametrize("pause", [0, 0.001])
    @pytest.mark.parametrize("threads", [2, 3, 6])
    @pytest.mark.parametrize("lanes", [1, 2, 5, 8, 19])
    def test_threads(self, lanes: int, threads: int, pause: float) -> None:
        data, said = partly_foreseen(60, lanes)
        assert np.array_equal(stepped(NetworkLanes(standard_network(), lanes, threads), data, pause), said)

    @pytest.mark.skipif(not hasattr(os, "sched_setaffinity"), reason="this system cannot tie a process to a processor")
    def test_where_threads_get_in_each_others_way(self) -> None:
        """All on one processor, so that waits are long and sharing rests now and then."""
        data, said = partly_foreseen(60, 5)
        allowed = os.sched_getaffinity(0)
        os.sched_setaffinity(0, {min(allowed)})
        try:
            assert np.array_equal(stepped(NetworkLanes(standard_network(), 5, 4), data, 0), said)
        finally:
            os.sched_setaffinity(0, allowed)

    @pytest.mark.parametrize("lanes", [1, 3])
    def test_what_comes_in_between(self, lanes: int) -> None:
        """Bytes that are not predicted, replay, and a new start, each behind a step whose successor is under way."""
        data, _ = partly_foreseen(60, lanes)
        told = []
        for threads in (1, 3):
            lane_group = NetworkLanes(standard_network(), lanes, threads)
            said = [stepped(lane_group, data[:7], 0.001)]
            _untold(lane_group, data[20:23])
            said += [stepped(lane_group, data[7:10], 0.001), lane_group.replay(data[10:31])]
            said += [stepped(lane_group, data[31:40], 0.001)]
            lane_group.predict()
            time.sleep(0.001)
            said += [lane_group.replay(data[40:44]), stepped(lane_group, data[44:45], 0.001)]
            lane_group.restart()
            said += [stepped(lane_group, data[45:], 0.001)]
            told.append(np.concatenate(said))
        assert np.array_equal(told[0], told[1])

    @pytest.mark.skipif(not hasattr(os, "fork"), reason="no fork on this system")
    def test_fork(self) -> None:
        """A child has no thread that would end what was begun ahead."""
        data, said = partly_foreseen(60, 5)
        lanes = NetworkLanes(standard_network(), 5, 2)
        assert np.array_equal(stepped(lanes, data[:10]), said[:10])
        assert np.array_equal(lanes.predict(), said[10, 0])
        with multiprocessing.get_context("fork").Pool(1, _keep_lanes, (lanes,)) as pool:
            child = pool.apply_async(_step_kept, (data[10:],)).get(timeout=60)
        assert np.array_equal(child, said[10:])
        assert np.array_equal(stepped(lanes, data[10:]), said[10:])


def _untold(lanes: NetworkLanes, data: NDArray[np.uint8]) -> None:
    for row in data:
        for bit in range(8):
            lanes.update(bits_of(row, bit))


def _step_kept(data: NDArray[np.uint8]) -> NDArray[np.float64]:
    return stepped(_kept.pop(), data)


_kept: list[NetworkLanes] = []


def _keep_lanes(lanes: NetworkLanes) -> None:
    _kept.append(lanes)


def _replay_kept(data: NDArray[np.uint8]) -> NDArray[np.float64]:
    return _kept.pop().replay(data)


class TestPaths:
    def test_portable_is_always_there(self) -> None:
        assert simd_paths()[-1] == "portable"

    def test_network_names_its_path(self, simd: str) -> None:
        assert Network(asdict(TINY), tensors_of(TINY), simd).simd == simd

    def test_environment(self, simd: str, monkeypatch: pytest.MonkeyPatch) -> None:
        code = "from bytezip import _native; print(_native.simd_path())"
        done = subprocess.run(
            [sys.executable, "-c", code], env={**os.environ, "BYTEZIP_SIMD": simd}, check=True, stdout=subprocess.PIPE
        )
        assert done.stdout.decode().strip() == simd
        monkeypatch.setenv("BYTEZIP_SIMD", simd)
        assert simd_path() == simd
        assert Network(asdict(TINY), tensors_of(TINY)).simd == simd

    def test_unknown(self, monkeypatch: pytest.MonkeyPatch) -> None:
        with pytest.raises(ValueError, match=r"no SIMD path 'mmx' .* available are .*portable"):
            Network(asdict(TINY), tensors_of(TINY), "mmx")
        monkeypatch.setenv("BYTEZIP_SIMD", "altivec")
        with pytest.raises(ValueError, match="altivec"):
            simd_path()


@pytest.mark.skipif(shutil.which("g++") is None, reason="g++ is not installed")
def test_the_program_for_emulation_suits_the_sources() -> None:
    """`.ci/arm` runs seldom, and would be the last to tell."""
    root = Path(__file__).parent.parent
    options = ("-std=c++17", "-fsyntax-only", "-Wall", "-Wextra", "-Werror", "-DBYTEZIP_PORTABLE")
    subprocess.run(
        ["g++", *options, f"-I{root / 'bytezip/native'}", root / "tests/emulated/digest.cpp"], check=True, timeout=300
    )


def _set(name: str, index: Any, value: float) -> Callable[[Tensors], None]:
    def change(tensors: Tensors) -> None:
        tensors[name] = tensors[name].copy()
        tensors[name][index] = value

    return change


def _remove(name: str) -> Callable[[Tensors], None]:
    return lambda tensors: tensors.__delitem__(name)


def _make(name: str, array: NDArray[Any]) -> Callable[[Tensors], None]:
    return lambda tensors: tensors.update({name: array})


HOSTILE: dict[str, tuple[str, Callable[[Tensors], None]]] = {
    "weight below -127": ("layers.0.q.weight", _set("layers.0.q.weight", (3, 5), -128)),
    "head below -127": ("head.weight", _set("head.weight", (255, 63), -128)),
    "scale is not a number": ("layers.1.down.scale", _set("layers.1.down.scale", 3, np.nan)),
    "scale is infinite": ("layers.1.o.scale", _set("layers.1.o.scale", -1, np.inf)),
    "scale is negative": ("layers.0.up.scale", _set("layers.0.up.scale", 0, -1.0)),
    "scale is huge": ("head.norm", _set("head.norm", 0, 1e30)),
    "sharpness is not a number": ("sharpness", _set("layers.0.attention.sharpness", 0, np.nan)),
    "cosine": ("table.cosine", _set("table.cosine", 77, 16385)),
    "negative softmax": ("table.softmax", _set("table.softmax", 3, -1)),
    "softmax sums to zero": ("table.softmax", _set("table.softmax", 0, 0)),
    "power": ("table.power", _set("table.power", 1023, (1 << 23) + 1)),
    "power of zero": ("table.power", _set("table.power", 0, 0)),
    "rotary step": ("table.rotary_steps", _set("table.rotary_steps", 2, ROTARY_PERIOD)),
    "negative rotary step": ("table.rotary_steps", _set("table.rotary_steps", 2, -1)),
    "missing": ("head.scale is missing", _remove("head.scale")),
    "unknown": ("layers.2.q.weight", _make("layers.2.q.weight", np.zeros((64, 64), np.int8))),
    "transposed": ("shape", _make("layers.0.up.weight", np.zeros((64, 128), np.int8))),
    "too short": ("shape", _make("table.soft_cap", np.zeros(8192, np.int16))),
    "no dimension": ("shape", _make("head.norm", np.array(1, np.float32))),
    "two dimensions": ("shape", _make("head.norm", np.ones((1, 1), np.float32))),
    "unsigned": ("must be int8", _make("head.weight", np.zeros((256, 64), np.uint8))),
    "float64": ("must be float32", _make("head.norm", np.ones(64))),
    "wide embedding": ("must be int16", _make("embedding", np.zeros((257, 64), np.int32))),
}

BAD_SHAPES = [
    {"hidden_size": 0},
    {"hidden_size": -64},
    {"hidden_size": 1041},
    {"hidden_size": 1 << 31},
    {"hidden_size": 2080, "num_query_heads": 65},
    {"mlp_size": 0},
    {"mlp_size": 1041},
    {"attention_window": 0},
    {"attention_window": 1041},
    {"num_layers": 0},
    {"num_layers": 257},
    {"num_query_heads": 0},
    {"num_query_heads": 3},
    {"num_query_heads": 64},
    {"num_key_value_heads": 0},
    {"num_key_value_heads": 4},
    {"num_query_heads": 2, "hidden_size": 132},
]


class TestHostile:
    @pytest.mark.parametrize("case", HOSTILE)
    def test_tensors(self, case: str) -> None:
        message, change = HOSTILE[case]
        tensors = dict(tensors_of(TINY))
        change(tensors)
        with pytest.raises(ValueError, match=message):
            Network(asdict(TINY), tensors)

    @pytest.mark.parametrize("change", BAD_SHAPES, ids=str)
    def test_shapes(self, change: dict[str, int]) -> None:
        with pytest.raises(ValueError, match=r"must be|the head size"):
            Network({**asdict(TINY), **change}, tensors_of(TINY))

    @pytest.mark.parametrize("field", asdict(TINY))
    def test_incomplete_configuration(self, field: str) -> None:
        with pytest.raises(ValueError, match=f"{field} is missing"):
            Network({name: value for name, value in asdict(TINY).items() if name != field}, tensors_of(TINY))
        with pytest.raises(ValueError, match=f"{field} must be"):
            Network({**asdict(TINY), field: "64"}, tensors_of(TINY))

    def test_tensors_of_another_shape(self) -> None:
        with pytest.raises(ValueError, match="shape"):
            Network(asdict(replace(TINY, mlp_size=127)), tensors_of(TINY))

    def test_not_arrays(self) -> None:
        with pytest.raises(TypeError, match=r"head\.norm must be a numpy array"):
            Network(asdict(TINY), {**tensors_of(TINY), "head.norm": 1.0})
        tensors: dict[Any, Any] = {**tensors_of(TINY), 7: np.zeros(1)}
        with pytest.raises(TypeError, match="names of tensors must be strings"):
            Network(asdict(TINY), tensors)

    @pytest.mark.parametrize(("lanes", "threads"), [(0, 1), (-1, 1), (1025, 1), (1, 0), (1, -1), (1, 257)])
    def test_lanes_and_threads(self, lanes: int, threads: int) -> None:
        with pytest.raises(ValueError, match="must be from 1 to"):
            NetworkLanes(network_of(TINY, False, ""), lanes, threads)

    def test_bits(self) -> None:
        lanes = NetworkLanes(network_of(TINY, False, ""), 2)
        for wrong in ([0, 2], [-1, 0], [0], [0, 1, 0], []):
            with pytest.raises(ValueError, match="bit"):
                lanes.update(np.array(wrong, np.int32))
        wide: Any = np.zeros(2, np.int64)
        with pytest.raises(TypeError):
            lanes.update(wide)
        assert np.array_equal(lanes.replay(data_of(45, 2)), expected(TINY, False, 45, 2))

    def test_data(self) -> None:
        lanes = NetworkLanes(network_of(TINY, False, ""), 2)
        with pytest.raises(ValueError, match="one column a lane"):
            lanes.replay(np.zeros((4, 3), np.uint8))
        floats: Any = np.zeros((4, 2))
        with pytest.raises(TypeError):
            lanes.replay(floats)
        assert lanes.replay(np.zeros((0, 2), np.uint8)).shape == (0, 8, 2)
        lanes.update(np.zeros(2, np.int32))
        with pytest.raises(ValueError, match="first bit of a byte"):
            lanes.replay(np.zeros((4, 2), np.uint8))


class TestSharing:
    """Steps of 100 microseconds, and threads that are waited for as long as may be, and longer."""

    IN_TIME, LATE = 600.0, 601.0

    def sharing(self) -> Sharing:
        sharing = Sharing()
        for took in (300, 100, 5000):
            sharing.stepped(took)
        return sharing

    def rest(self, sharing: Sharing) -> int:
        """Steps until it pays again."""
        steps = 0
        while not sharing.pays():
            sharing.next()
            steps += 1
        return steps

    def test_it_pays_until_somebody_is_late_twice(self) -> None:
        sharing = self.sharing()
        for took in (self.IN_TIME, self.LATE, self.IN_TIME):
            sharing.waited(took)
            assert sharing.pays()
        sharing.waited(self.LATE)
        assert not sharing.pays()

    def test_rests_grow_and_end(self) -> None:
        sharing, rests = self.sharing(), []
        for _ in range(9):
            sharing.waited(self.LATE)
            sharing.waited(self.LATE)
            rests.append(self.rest(sharing))
        assert rests == [64, 128, 256, 512, 1024, 2048, 4096, 4096, 4096]

    def test_a_calm_time_is_a_new_beginning(self) -> None:
        sharing = self.sharing()
        for late in (2, 2, 1):
            for _ in range(late):
                sharing.waited(self.LATE)
            self.rest(sharing)
        for _ in range(256):
            sharing.waited(self.IN_TIME)
        sharing.waited(self.LATE)
        assert sharing.pays()
        sharing.waited(self.LATE)
        assert self.rest(sharing) == 64

    def test_a_machine_is_not_late_by_being_slow(self) -> None:
        sharing = Sharing()
        sharing.stepped(20_000)
        for _ in range(10):
            sharing.waited(60_000)
        assert sharing.pays()
