"""Bits per byte of a model on held-out shelves: summed nats over summed bytes, divided by ln 2.

Float and integer form are measured on the same windows, so that the two figures can be compared.
"""

from __future__ import annotations

import math

import numpy as np
import torch
import torch.nn.functional as F
from numpy.typing import NDArray
from torch import Tensor

from bytezip.predictor.config import START_TOKEN
from bytezip.predictor.integer import IntegerNetwork
from bytezip.predictor.transformer import BytePredictor
from bytezip.train.batches import Batches
from bytezip.train.corpus import Shelf

ROWS, LENGTH = 16, 1024
SAMPLE_ROWS = 2  # of a quick look: a curve, no figure


def bits_per_byte(model: BytePredictor, shelves: list[Shelf], rows: int = ROWS) -> dict[str, float]:
    """Float bits per byte of each shelf, by modality, on the first `rows` of its windows."""
    return {shelf.modality: float_bits(model, windows(shelf)[:rows]) for shelf in shelves}


def windows(shelf: Shelf) -> Tensor:
    """int64 [ROWS, LENGTH + 1], random windows of a shelf, the same each time."""
    return torch.from_numpy(Batches([shelf], ROWS, LENGTH, seed=0).draw())


@torch.no_grad()
def float_bits(model: BytePredictor, batch: Tensor) -> float:
    """Bits per byte of the trained form, in float32."""
    logits = model(batch[:, :-1])
    targets = batch[:, 1:]
    nats = F.cross_entropy(logits.flatten(0, 1), targets.flatten(), ignore_index=START_TOKEN, reduction="sum")
    return float(nats) / math.log(2) / _count(targets)


def integer_bits(network: IntegerNetwork, batch: Tensor) -> float:
    """Bits per byte of the exact integer form."""
    cache = network.empty_cache(len(batch))
    # In pieces as long as the window: attention over all positions at once takes many times as long.
    pieces = torch.split(batch[:, :-1].T.contiguous(), network.config.attention_window)
    weights = torch.cat([network.advance(cache, piece) for piece in pieces])
    targets = batch[:, 1:].T
    chosen = weights.gather(-1, targets.clamp(max=255)[..., None])[..., 0]
    bits: NDArray[np.float64] = np.log2(weights.sum(-1).numpy()) - np.log2(chosen.numpy())
    return float(bits[(targets != START_TOKEN).numpy()].sum()) / _count(targets)


def _count(targets: Tensor) -> int:
    return int((targets != START_TOKEN).sum())
