"""One interface, two engines: history in, probability of the next bit out.

Knows: which engines there are.  Does not know: how they work, coders, files.
"""

from __future__ import annotations

import os
from collections.abc import Callable
from functools import partial
from importlib import import_module
from types import ModuleType
from typing import TYPE_CHECKING, Any, cast

from bytezip.errors import EngineError, MissingExtraError, ModelError
from bytezip.predictor import experience
from bytezip.predictor.mixed import MixedLanes, MixedPredictor, Predictor
from bytezip.predictor.weights import Model, expected_tensors

if TYPE_CHECKING:
    from bytezip._native import Network

ENGINES = ("auto", "native", "torch")
DEVICES = ("auto", "cpu", "cuda", "mps")


def open_mixed(
    model: Model,
    lanes: int,
    capacity: int,
    network: bool,
    *,
    profile: int,
    engine: str,
    device: str,
    threads: int,
) -> MixedPredictor:
    """Lanes of a model on the chosen engine, mixed with the adaptive experts.

    Args:
        capacity, profile: see `_native.Mixer`.
        network: whether it will be asked at first: the experience is then that of a mixer with a network.
        engine: "auto" takes native on a CPU, torch on a GPU.
        device: "auto" is the CPU; a GPU is used only when asked for.
        threads: 0 for one a processor; the torch engine has its own.

    Raises:
        EngineError: for an unknown or impossible combination.
        ModelError: where the model has experience for other experts than these.
        MissingExtraError: where torch is needed and not installed.
    """
    engine, device = choose(engine, device)
    native = native_core()
    if engine == "native":
        threads = threads or len(os.sched_getaffinity(0))
        make = partial(native.MixedLanes, native_network(model), lanes, threads, capacity, profile)
        return cast(MixedPredictor, _with_experience(model, make, profile, network))
    mixer = _with_experience(model, partial(native.Mixer, lanes, capacity, profile), profile, network)
    return MixedLanes(open_torch(model, lanes, device), mixer)


def _with_experience(model: Model, make: Callable[..., Any], profile: int, network: bool) -> Any:
    known = experience.unpack(model.tensors, profile, alone=not network)
    phrases = model.phrases if profile else None  # in a hurry, no expert asks it
    try:
        return make(known, phrases)
    except ValueError as error:
        raise ModelError(f"model {model.name}: {error}") from error


def open_network(model: Model, lanes: int, *, engine: str, device: str) -> Predictor:
    """Lanes of the network alone, on the chosen engine and one thread.

    Raises:
        EngineError, MissingExtraError: as `open_mixed`.
    """
    engine, device = choose(engine, device)
    if engine == "native":
        return cast(Predictor, native_core().NetworkLanes(native_network(model), lanes))
    return open_torch(model, lanes, device)


def open_torch(model: Model, lanes: int, device: str) -> Predictor:
    """Lanes of the network alone, on the torch engine.

    Raises:
        MissingExtraError: where torch is not installed.
    """
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


def native_network(model: Model, simd: str = "") -> Network:
    """The weights of a model packed for the native engine.

    Args:
        simd: one of `_native.simd_paths()`; "" takes the fastest, or what the variable BYTEZIP_SIMD says.

    Raises:
        EngineError: for a path that is unknown or not to be had on this processor.
    """
    wanted = {name for name, _, _ in expected_tensors(model.config)}
    tensors = {name: array for name, array in model.tensors.items() if name in wanted}
    try:
        network: Network = native_core().Network(model.config.to_dict(), tensors, simd)
    except ValueError as error:
        raise EngineError(str(error)) from error
    return network


def simd_paths() -> list[str]:
    """The instruction sets that the native engine can use on this machine, the one that it takes first.

    Raises:
        EngineError: where this installation has no native engine, or BYTEZIP_SIMD names no such path.
    """
    native = native_core()
    try:
        taken = native.simd_path()
    except ValueError as error:
        raise EngineError(str(error)) from error
    return sorted(native.simd_paths(), key=lambda path: bool(path != taken))


def native_core() -> ModuleType:
    """The compiled core, loaded where it is needed first: what only lists archives does without.

    Raises:
        EngineError: where this installation has none.
    """
    try:
        return import_module("bytezip._native")
    except ModuleNotFoundError as error:
        raise EngineError("the compiled core of bytezip is missing: install it again with pip") from error
