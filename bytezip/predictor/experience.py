"""What a mixer learnt on other data, as tensors of a model file: a stream then starts warm.

A mixer's experience is three flat arrays for each profile, with the network and again without it (alone), where the
same weights would miss its voice: the weights of its layers, how often each weight vector was trained, and the maps
from bit histories, expectations and forecasts to probabilities. What stands where in them is the business of the native
core, which refuses arrays of another length. A model without them starts every stream cold.

Knows: numbers, names of tensors.  Does not know: files, mixers.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping

import numpy as np
from numpy.typing import NDArray

PROFILES = 3
DTYPES = {"weights": "int16", "updates": "uint16", "probabilities": "uint16"}

Experience = tuple[NDArray[np.float32], NDArray[np.uint32], NDArray[np.uint32]]
"""weights [N]; updates [V]; probabilities [M], 22 bits above a 10-bit count of corrections."""

_WEIGHT_STEPS = 1 << 12  # int16 then reaches from -8 to 8
_MOST_UPDATES = 1000  # a vector's learning rate begins no lower than after so many: a file must be able to overrule it
_CONFIDENCE = 128  # corrections that a shipped probability counts for: likewise


def names(profile: int, alone: bool = False) -> dict[str, str]:
    """Name and dtype of the tensors of a profile, for mixers with the network, or for those that are alone."""
    place = f"experience.{profile}.alone" if alone else f"experience.{profile}"
    return {f"{place}.{part}": dtype for part, dtype in DTYPES.items()}


def every_names() -> Iterator[dict[str, str]]:
    """The names of each experience that a model may have: all of them or none."""
    for profile in range(PROFILES):
        for alone in (False, True):
            yield names(profile, alone)


def pack(experience: Experience, profile: int, alone: bool = False) -> dict[str, NDArray[np.generic]]:
    """The tensors of one profile, rounded."""
    weights, updates, probabilities = experience
    arrays: list[NDArray[np.generic]] = [
        np.clip(np.rint(weights * _WEIGHT_STEPS), -32768, 32767).astype(np.int16),
        np.minimum(updates, _MOST_UPDATES).astype(np.uint16),
        (probabilities >> 16).astype(np.uint16),
    ]
    return dict(zip(names(profile, alone), arrays, strict=True))


def unpack(tensors: Mapping[str, NDArray[np.generic]], profile: int, alone: bool = False) -> Experience | None:
    """The experience of one profile, the same numbers on every machine; None where the model has none.

    alone: that of a mixer without the network, but with it where the model knows no other.
    """
    wanted = names(profile, alone)
    if not wanted.keys() <= tensors.keys():
        return unpack(tensors, profile) if alone else None
    weights, updates, probabilities = (tensors[name] for name in wanted)
    words = probabilities.astype(np.uint32)
    return (
        weights.astype(np.float32) * np.float32(1 / _WEIGHT_STEPS),
        updates.astype(np.uint32),
        words << np.uint32(16) | np.uint32(1 << 15 | _CONFIDENCE),
    )


def experience_of(tensors: Mapping[str, NDArray[np.generic]]) -> dict[str, NDArray[np.generic]]:
    """Those of the tensors of a model that are experience."""
    every = {name for of_one in every_names() for name in of_one}
    return {name: tensors[name] for name in every & tensors.keys()}
