"""From a model file back to float weights, so that training can go on from any model: the mirror of `quantise.py`.

What comes back differs from what was trained by the rounding of the weights to int8, in which each matrix was also made
to suit rounded inputs (`rounding.py`).

Knows: the names of the integer tensors, the float model.  Does not know: files, engines.
"""

from __future__ import annotations

import math
from collections.abc import Mapping

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor

from bytezip.errors import ModelError
from bytezip.predictor.tables import LOGIT_STEP, SOFTMAX_OCTAVE
from bytezip.predictor.transformer import Block, BytePredictor
from bytezip.predictor.weights import Model, optional_tensors
from bytezip.train.quantise import TURNED_ONE, mixed_step


def restore(model: Model) -> BytePredictor:
    """The float model, float32, that the integer tensors of `model` were made from.

    Raises:
        ModelError: where the model file was written without what training needs.
    """
    network = BytePredictor(model.config)
    missing = [name for name, _, _ in optional_tensors(model.config) if name not in model.tensors]
    if missing:
        raise ModelError(f"this model cannot be trained on: it lacks {missing[0]}")
    source = _Source(model.tensors)
    with torch.no_grad():
        network.embedding.weight.copy_(source.tensor("embedding") * source.number("residual.step"))
        for layer, block in enumerate(network.blocks):
            assert isinstance(block, Block)
            _restore_block(block, source, f"layers.{layer}.")
        network.head.weight.copy_(source.matrix("head", source.norm_step("head.norm"), 1 / LOGIT_STEP))
    return network


class _Source:
    """Integer tensors, read as what they stand for."""

    def __init__(self, tensors: Mapping[str, NDArray[np.generic]]) -> None:
        self._tensors = tensors

    def tensor(self, name: str) -> Tensor:
        return torch.tensor(np.asarray(self._tensors[name]), dtype=torch.float32)

    def number(self, name: str) -> float:
        return float(self.tensor(name))

    def norm_step(self, name: str) -> Tensor:
        """What one int8 step of each channel of a norm's output stands for."""
        scale = self.tensor(name)
        return math.sqrt(len(scale)) * 2.0**-40 / scale

    def matrix(self, name: str, input_step: float | Tensor, output_step: float | Tensor) -> Tensor:
        """The weights that act on real inputs and give real outputs."""
        row_step = self.tensor(name + ".scale") * output_step
        return self.tensor(name + ".weight") * row_step[:, None] / input_step


def _restore_block(block: Block, source: _Source, name: str) -> None:
    config = block.config
    step = source.norm_step(name + "attention.norm")
    for part, projection in (("q", block.q_proj), ("k", block.k_proj)):
        projection.weight.copy_(source.matrix(name + part, step, source.number(f"{name}{part}.step")))
    value, square = source.tensor(name + "v.step"), source.tensor(name + "square.step")
    residual = source.number("residual.step")
    block.v_proj.weight.copy_(source.matrix(name + "v", step, value))
    block.o_proj.weight.copy_(source.matrix(name + "o", 1.0, residual) / mixed_step(value, config))
    nats = source.number(name + "attention.sharpness") / SOFTMAX_OCTAVE * math.log(2)
    block.sharpness.fill_(math.log2(nats * config.head_size * TURNED_ONE**2))
    step = source.norm_step(name + "mlp.norm")
    block.up_proj.weight.copy_(source.matrix(name + "up", step, torch.sqrt(square)))
    block.down_proj.weight.copy_(source.matrix(name + "down", 1.0, residual) / square)
