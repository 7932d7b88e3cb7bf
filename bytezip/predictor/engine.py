"""One interface, two engines: history in, probability of the next bit out.

Knows: which engines there are.  Does not know: how they work, coders, files.
"""

from __future__ import annotations

import os
from typing import TYPE_CHECKING, Protocol

import numpy as np
from numpy.typing import NDArray

from bytezip.errors import EngineError, MissingExtraError
from bytezip.predictor.weights import Model

if TYPE_CHECKING:
    from bytezip._native import Network

ENGINES = ("auto", "native", "torch")
DEVICES = ("auto", "cpu", "cuda", "mps")


class Predictor(Protocol):
    """K lanes that are predicted side by side, bit by bit, most significant bit first."""

    @property
    def lanes(self) -> int:
        """K."""

    def restart(self) -> None:
        """Forgets everything."""

    def predict(self) -> NDArray[np.float64]:
        """Probability that the next bit of each lane is 1: float64 [K], whole multiples of 2^-24, not 0, not 1."""

    def update(self, bits: NDArray[np.int32]) -> None:
        """Tells each lane its bit: int32 [K]. For a byte that was never predicted, the network does no work."""

    def replay(self, data: NDArray[np.uint8]) -> NDArray[np.float64]:
        """Predicts and updates with known bytes, uint8 [T, K]; returns the predictions, float64 [T, 8, K]."""


def open_predictor(model: Model, lanes: int, engine: str, device: str, threads: int) -> Predictor:
    """Lanes of a model on the chosen engine.

    Args:
        engine: "auto" takes native on a CPU, torch on a GPU.
        device: "auto" is the CPU; a GPU is used only when asked for.
        threads: 0 for one a processor; the torch engine has its own.

    Raises:
        EngineError: for an unknown or impossible combination.
        MissingExtraError: where torch is needed and not installed.
    """
    engine, device = choose(engine, device)
    if engine == "native":
        return _open_native(model, lanes, threads or len(os.sched_getaffinity(0)))
    try:
        from bytezip.predictor.torch_engine import TorchLanes  # noqa: PLC0415  torch takes seconds to load
    except ModuleNotFoundError as error:
        raise MissingExtraError("the torch engine", "torch") from error
    return TorchLanes(model, lanes, device)


def choose(engine: str, device: str) -> tuple[str, str]:
    """The engine and the device that "auto" stands for."""
    if engine not in ENGINES:
        raise EngineError(f"unknown engine {engine!r}: choose from {', '.join(ENGINES)}")
    if device not in DEVICES:
        raise EngineError(f"unknown device {device!r}: choose from {', '.join(DEVICES)}")
    device = "cpu" if device == "auto" else device
    engine = ("native" if device == "cpu" else "torch") if engine == "auto" else engine
    if engine == "native" and device != "cpu":
        raise EngineError(f"the native engine runs on the cpu, not on {device}: use --engine torch")
    return engine, device


def _open_native(model: Model, lanes: int, threads: int) -> Predictor:
    from bytezip._native import NetworkLanes  # noqa: PLC0415  so that torch alone works without a build

    return NetworkLanes(native_network(model), lanes, min(threads, lanes))


def native_network(model: Model, simd: str = "") -> Network:
    """The weights of a model packed for the native engine.

    Args:
        simd: one of `_native.simd_paths()`; "" takes the fastest, or what the variable BYTEZIP_SIMD says.

    Raises:
        EngineError: for a path that is unknown or not to be had on this processor.
    """
    from bytezip._native import Network  # noqa: PLC0415

    try:
        return Network(model.config.to_dict(), dict(model.tensors), simd)
    except ValueError as error:
        raise EngineError(str(error)) from error
