"""What a mixer learnt on other data, as tensors of a model file: a stream then starts warm.

A mixer's experience is three flat arrays for each profile: the weights of its layers, how often each weight vector
was trained, and the maps from bit histories, expectations and forecasts to probabilities. What stands where in them is
the business of the native core, which refuses arrays of another length. A model without them starts every stream cold.

Knows: numbers, names of tensors.  Does not know: files, mixers.
"""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np
from numpy.typing import NDArray

PROFILES = 3
DTYPES = {"weights": "int16", "updates": "uint16", "probabilities": "uint16"}

Experience = tuple[NDArray[np.float32], NDArray[np.uint32], NDArray[np.uint32]]
"""weights [N]; updates [V]; probabilities [M], 22 bits above a 10-bit count of corrections."""

_WEIGHT_STEPS = 1 << 12  # int16 then reaches from -8 to 8
_MOST_UPDATES = 1000  # a vector's learning rate begins no lower than after so many: a file must be able to overrule it
_CONFIDENCE = 128  # corrections that a shipped probability counts for: likewise


def names(profile: int) -> dict[str, str]:
    """Name and dtype of the tensors of a profile."""
    return {f"experience.{profile}.{part}": dtype for part, dtype in DTYPES.items()}


def pack(experience: Experience, profile: int) -> dict[str, NDArray[np.generic]]:
    """The tensors of one profile, rounded."""
    weights, updates, probabilities = experience
    arrays: list[NDArray[np.generic]] = [
        np.clip(np.rint(weights * _WEIGHT_STEPS), -32768, 32767).astype(np.int16),
        np.minimum(updates, _MOST_UPDATES).astype(np.uint16),
        (probabilities >> 16).astype(np.uint16),
    ]
    return dict(zip(names(profile), arrays, strict=True))


def unpack(tensors: Mapping[str, NDArray[np.generic]], profile: int) -> Experience | None:
    """The experience of one profile, the same numbers on every machine; None where the model has none."""
    if not set(names(profile)) <= tensors.keys():
        return None
    weights, updates, probabilities = (tensors[name] for name in names(profile))
    words = probabilities.astype(np.uint32)
    return (
        weights.astype(np.float32) * np.float32(1 / _WEIGHT_STEPS),
        updates.astype(np.uint32),
        words << np.uint32(16) | np.uint32(1 << 15 | _CONFIDENCE),
    )


def experience_of(tensors: Mapping[str, NDArray[np.generic]]) -> dict[str, NDArray[np.generic]]:
    """Those of the tensors of a model that are experience."""
    every = {name for profile in range(PROFILES) for name in names(profile)}
    return {name: tensors[name] for name in every & tensors.keys()}
