"""What each byte of some data costs: the bits that it takes, predicted by network and experts from those before it.

What is like the rest of its file, or like what the model was trained on, costs little; what is new costs much. That is
all that scanning for anomalies needs (`scan.py`).

Knows: predictors, one lane.  Does not know: coders, files, what is unusual.
"""

from __future__ import annotations

import os
from collections.abc import Iterator
from itertools import chain

import numpy as np
from numpy.typing import NDArray

from bytezip.levels import DEFAULT_LEVEL, profile_of
from bytezip.predictor.engine import open_mixed
from bytezip.predictor.mixed import MixedPredictor
from bytezip.predictor.weights import STANDARD, load_model
from bytezip.progress import Progress

_BLOCK = 1 << 20  # bytes; what was learnt runs on from block to block
_ROW = 4096  # bytes that are predicted at once
_MOST_CAPACITY = 1 << 24  # bytes that the tables of the experts are sized for, at most


def surprise(
    data: bytes,
    *,
    known: bytes = b"",
    model: str | os.PathLike[str] | None = None,
    engine: str = "auto",
    device: str = "auto",
    threads: int = 0,
    progress: Progress | None = None,
) -> NDArray[np.float32]:
    """Bits that each byte of `data` takes, float32 [len(data)], each above 0.

    Their sum is the length of what the default level would write, were it to take the time for one lane.

    Args:
        known: what the experts see first, such as an older file of the same kind: what is like it costs less.
        model: a model file; None takes the standard model.
        engine, device, threads: as for `compress`; they change nothing.
        progress: called every few KiB with the bytes that were looked at, those of `known` included, and those that
            they take when coded.

    Raises:
        ModelError, EngineError: where model or engine cannot be had.
    """
    if not data:
        return np.empty(0, np.float32)
    capacity = min(len(known) + len(data), _MOST_CAPACITY)
    predictor = open_mixed(
        load_model(model or STANDARD), 1, capacity, True,
        profile=profile_of(DEFAULT_LEVEL), engine=engine, device=device, threads=threads,
    )  # fmt: skip
    costs: list[NDArray[np.float32]] = []
    looked_at, coded = 0, 0.0
    for row in chain(_costs(known, predictor), _costs(data, predictor)):
        costs.append(row)
        looked_at, coded = looked_at + len(row), coded + float(row.sum()) / 8
        if progress:
            progress(looked_at, int(coded))
    return np.concatenate(costs)[len(known) :]


def _costs(data: bytes, predictor: MixedPredictor) -> Iterator[NDArray[np.float32]]:
    """Those of the bytes of each row, float32 [T]."""
    for first in range(0, len(data), _BLOCK):
        block = np.frombuffer(data, np.uint8, min(_BLOCK, len(data) - first), first)
        predictor.begin_block(len(block), _ROW)
        for start in range(0, len(block), _ROW):
            row = np.ascontiguousarray(block[start : start + _ROW, None])
            predictor.begin_row()
            yield byte_bits(predictor.replay(row)[:, :, 0], row[:, 0]).astype(np.float32)


def byte_bits(probabilities: NDArray[np.float64], data: NDArray[np.uint8]) -> NDArray[np.float64]:
    """Length in bits of the code of each byte: float64 [T], from the probability that each of its bits is 1, [T, 8]."""
    ones = np.unpackbits(data).reshape(-1, 8).astype(bool)
    bits: NDArray[np.float64] = -np.log2(np.where(ones, probabilities, 1.0 - probabilities)).sum(axis=1)
    return bits
