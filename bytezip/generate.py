"""Bytes that the network makes up: each is drawn from its probabilities, given those before.

The same network that compresses, in its exact form: no torch, and the experts have no say. `BytePredictor.generate` is
the same for the trained form.

Knows: one lane of the network.  Does not know: experts, files.
"""

from __future__ import annotations

import os
from collections.abc import Iterator

import numpy as np
from numpy.typing import NDArray

from bytezip.predictor.engine import open_network
from bytezip.predictor.mixed import Predictor
from bytezip.predictor.weights import STANDARD, load_model

_PIECE = 4096  # bytes of the prompt that are read at once


def generate(
    prompt_bytes: bytes = b"",
    max_new_tokens: int = 256,
    temperature: float = 1.0,
    *,
    seed: int | None = None,
    model: str | os.PathLike[str] | None = None,
    engine: str = "auto",
    device: str = "auto",
) -> bytes:
    """Continues a prompt, byte by byte.

    Args:
        prompt_bytes: what comes before; may be empty.
        max_new_tokens: how many bytes to add, >= 0.
        temperature: 0 takes the most probable byte each time, 1 samples from the network's probabilities; between them
            what is probable is preferred, above 1 what is not.
        seed: 0 or more; the same one gives the same bytes, with a temperature of 0 or 1 on every machine. None is
            different each time.
        model: a model file; None takes the standard model.
        engine, device: as for `compress`; they change nothing.

    Returns:
        The new bytes, without the prompt.

    Raises:
        ValueError: for a negative temperature, count or seed.
        ModelError, EngineError: where model or engine cannot be had.
    """
    if max_new_tokens < 0:
        raise ValueError("max_new_tokens must not be negative")
    network = open_network(load_model(model or STANDARD), 1, engine=engine, device=device)
    new = continuation(network, prompt_bytes, temperature, seed)
    return bytes(byte for _, byte in zip(range(max_new_tokens), new, strict=False))


def continuation(network: Predictor, prompt: bytes, temperature: float, seed: int | None) -> Iterator[int]:
    """Byte after byte, without an end.

    Args:
        network: one lane, at the start of a stream.
        prompt, temperature, seed: see `generate`.

    Raises:
        ValueError: for a negative temperature or seed.
    """
    if not temperature >= 0:
        raise ValueError("the temperature must not be negative")
    random = np.random.Generator(np.random.PCG64(seed))
    for start in range(0, len(prompt), _PIECE):
        network.replay(np.frombuffer(prompt[start : start + _PIECE], np.uint8)[:, None])
    return _drawn(network, temperature, random)


def _drawn(network: Predictor, temperature: float, random: np.random.Generator) -> Iterator[int]:
    while True:
        byte = _draw(network.weights()[0], temperature, random)
        yield byte
        for bit in range(7, -1, -1):
            network.update(np.array([byte >> bit & 1], np.int32))


def _draw(sums: NDArray[np.uint32], temperature: float, random: np.random.Generator) -> int:
    """A byte by its weight; sums: uint32 [257], of the weights of the values below each."""
    if temperature == 1:  # in integers, so that a seed means the same on every machine
        return int(np.searchsorted(sums, random.integers(int(sums[-1])), side="right")) - 1
    weights = np.diff(sums).astype(np.float64)
    if temperature == 0:
        return int(weights.argmax())
    shares = (weights / weights.max()) ** (1 / temperature)
    return int(random.choice(256, p=shares / shares.sum()))
