"""What the host did to the floating-point state of its thread changes no bit of network or mixer."""

import ctypes
import ctypes.util
import platform
from collections.abc import Callable, Iterator

import numpy as np
import pytest
import torch

from bytezip import _native
from bytezip.predictor.engine import native_network
from bytezip.predictor.weights import STANDARD, load_model

DATA = np.random.Generator(np.random.PCG64(1)).integers(97, 105, (400, 2)).astype(np.uint8)
NETWORK = native_network(load_model(STANDARD))
UPWARD = {"x86_64": 0x800, "AMD64": 0x800, "aarch64": 0x400000, "arm64": 0x400000}  # FE_UPWARD of <fenv.h>
LIBM = ctypes.CDLL(ctypes.util.find_library("m"))


def flush_subnormals() -> None:
    if not torch.set_flush_denormal(True):
        pytest.skip("this processor cannot flush subnormals")


def round_upward() -> None:
    if platform.machine() not in UPWARD or LIBM.fesetround(UPWARD[platform.machine()]):
        pytest.skip("this platform is not known to round upward")


@pytest.fixture(autouse=True)
def _default_state() -> Iterator[None]:
    yield
    torch.set_flush_denormal(False)
    LIBM.fesetround(0)


def network() -> bytes:
    return _native.NetworkLanes(NETWORK, 2, 2).replay(DATA).tobytes()


def mixer() -> bytes:
    found = _native.Mixer(2, DATA.size, 1)
    found.begin_block(DATA.size, 256)
    return found.replay(None, DATA).tobytes()


def both() -> bytes:
    found = _native.MixedLanes(NETWORK, 2, 2, DATA.size, 1)
    found.begin_block(DATA.size, 256)
    found.begin_row()
    return found.replay(DATA[:256]).tobytes()


@pytest.mark.parametrize("disturb", [flush_subnormals, round_upward])
@pytest.mark.parametrize("work", [network, mixer, both])
def test_the_state_of_the_host_is_no_matter(work: Callable[[], bytes], disturb: Callable[[], None]) -> None:
    expected = work()
    disturb()
    assert work() == expected
