"""The mixed predictor: native and by way of Python, stepped and replayed, for any thread count, all to the bit."""

import numpy as np
import pytest
from numpy.typing import NDArray

from bytezip import _native
from bytezip.lanes import Striping
from bytezip.predictor.engine import native_network
from bytezip.predictor.mixed import MixedLanes, MixedPredictor
from bytezip.predictor.weights import STANDARD, load_model

MODEL = load_model(STANDARD)
NETWORK = native_network(MODEL)
PHRASES = MODEL.phrases
CAPACITY = 1 << 16


def data_of(steps: int, lanes: int) -> NDArray[np.uint8]:
    """Letters, then a long run of zeros that the long match copies."""
    random = np.random.Generator(np.random.PCG64(steps))
    data = random.integers(97, 105, (steps, lanes)).astype(np.uint8)
    data[steps // 4 :] = 0
    return data


def by_python(lanes: int, profile: int = 1) -> MixedPredictor:
    return MixedLanes(_native.NetworkLanes(NETWORK, lanes, 1), _native.Mixer(lanes, CAPACITY, profile, None, PHRASES))


def native(lanes: int, threads: int = 1, profile: int = 1) -> MixedPredictor:
    return _native.MixedLanes(NETWORK, lanes, threads, CAPACITY, profile, None, PHRASES)


def replayed(predictor: MixedPredictor, data: NDArray[np.uint8], stripe: int) -> NDArray[np.float64]:
    striping = Striping(data.size, predictor.lanes, stripe)
    predictor.begin_block(data.size, stripe)
    rows = []
    for first, count in striping.rows():
        predictor.begin_row()
        rows.append(predictor.replay(data[first : first + count]))
    return np.concatenate(rows)


def stepped(predictor: MixedPredictor, data: NDArray[np.uint8], stripe: int) -> NDArray[np.float64]:
    striping = Striping(data.size, predictor.lanes, stripe)
    predictor.begin_block(data.size, stripe)
    found = np.empty((len(data), 8, predictor.lanes))
    for first, count in striping.rows():
        predictor.begin_row()
        for step in range(first, first + count):
            for bit in range(8):
                predictor.predict(found[step, bit])
                predictor.update((data[step] >> (7 - bit) & 1).astype(np.int32))
    return found


# Stripes of 256 over lanes of zeros: some rows begin with every lane in a copy, where the network rests.
@pytest.mark.parametrize(("lanes", "steps", "profile"), [(1, 3000, 1), (3, 1500, 1), (8, 1024, 1), (2, 1500, 2)])
def test_all_ways_agree(lanes: int, steps: int, profile: int) -> None:
    data = data_of(steps, lanes)
    expected = replayed(by_python(lanes, profile), data, 256)
    assert np.array_equal(stepped(by_python(lanes, profile), data, 256), expected)
    assert np.array_equal(stepped(native(lanes, 1, profile), data, 256), expected)
    for threads in (1, 2, 3):
        assert np.array_equal(replayed(native(lanes, threads, profile), data, 256), expected)


def test_stepping_and_replaying_may_alternate() -> None:
    data = data_of(512, 2)
    mixed, plain = native(2, 2), native(2)
    expected = np.concatenate([replayed(plain, data, 256), replayed(plain, data, 256)])
    found = np.concatenate([stepped(mixed, data, 256), replayed(mixed, data, 256)])
    assert np.array_equal(found, expected)


def test_misuse_is_refused() -> None:
    predictor = native(2)
    with pytest.raises(ValueError, match="has ended"):
        predictor.predict(np.empty(2))
    predictor.begin_block(10, 256)
    with pytest.raises(ValueError, match="not ended"):
        predictor.begin_block(10, 256)
    with pytest.raises(ValueError, match="room"):
        predictor.predict(np.empty(3))
    with pytest.raises(ValueError, match="0 or 1"):
        predictor.update(np.array([0, 2], np.int32))
    with pytest.raises(ValueError, match="one element a lane"):
        predictor.update(np.zeros(3, np.int32))
    with pytest.raises(ValueError, match="one column a lane"):
        predictor.replay(np.zeros((5, 3), np.uint8))
    with pytest.raises(ValueError, match="has ended"):
        predictor.replay(np.zeros((6, 2), np.uint8))


@pytest.mark.parametrize(("lanes", "capacity", "profile"), [(0, 1, 0), (33, 1, 0), (1, 1 << 25, 0), (1, 1, 3)])
def test_numbers_out_of_range(lanes: int, capacity: int, profile: int) -> None:
    with pytest.raises(ValueError, match="must be"):
        _native.MixedLanes(NETWORK, lanes, 1, capacity, profile)
