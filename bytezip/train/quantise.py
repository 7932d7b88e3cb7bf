"""From a trained float model to the integer tensors of a model file.

Activations int8 with static scales, from the largest magnitude seen on a calibration set (clipping at a percentile
measured worse, DESIGN section 4). What a scale can be folded into costs nothing at run time: norms, values and squares
get one scale a channel, taken back in the next matrix. Weights int8 with one scale an output row, rounded so that each
matrix gives most nearly the same on the rounded inputs (`rounding.py`).

Knows: the float model, the names of the integer tensors.  Does not know: files, engines.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor

from bytezip.predictor.config import MAX_HEAD_SIZE, MAX_TERMS, MAX_WINDOW, ModelConfig
from bytezip.predictor.integer import BYTE_LIMIT, RESIDUAL_LIMIT, SQUARE_LIMIT
from bytezip.predictor.tables import LOGIT_STEP, SOFTMAX_OCTAVE, build_tables
from bytezip.predictor.transformer import Block, BytePredictor
from bytezip.train.rounding import Inputs

_HEAD_RANGE = 1 << 13  # largest query or key component before its norm, of 2^15 that fit
TURNED_ONE = 16  # int8 steps that stand for 1.0 in a normed and turned query or key
_CALIBRATION_ROWS = 32  # at a time
_RESIDUAL_ROOM = 1.25  # the residual stream may grow so much beyond what calibration saw
_SQUARE_ROOM = 1.5  # and the squares


class Ranges:
    """Largest magnitudes seen while the calibration set went through a model, by name.

    Norms, values and squares keep one range a channel, the others one in all.
    """

    def __init__(self) -> None:
        self.seen: dict[str, Tensor] = {}

    def note(self, name: str, magnitudes: Tensor) -> None:
        self.seen[name] = torch.maximum(self.seen[name], magnitudes) if name in self.seen else magnitudes

    def one(self, name: str) -> float:
        return float(self.seen[name].max())

    def channels(self, name: str, floor: float) -> Tensor:
        """One range a channel, none below `floor` times the largest."""
        return self.seen[name].clamp(min=floor * self.one(name))


def quantise(model: BytePredictor, calibration: Tensor) -> dict[str, NDArray[np.generic]]:
    """Integer tensors of a model, ready for a model file.

    Args:
        model: trained, float32.
        calibration: int64 [B, T], tokens of all the kinds of data to come: an activation beyond theirs is clipped.

    Returns:
        Tensors by name, as `man/bytezip.5` lists them.

    Raises:
        ValueError: where the shape is beyond what integer arithmetic holds exactly.
    """
    check_bounds(model.config)
    ranges = calibrate(model, calibration)
    inputs = rounded_inputs(model, calibration, input_steps(model.config, ranges))
    unit = max(
        float(model.embedding.weight.detach().abs().max()) / np.iinfo(np.int16).max,
        _RESIDUAL_ROOM * ranges.one("residual") / RESIDUAL_LIMIT,
    )
    tensors: dict[str, NDArray[np.generic]] = {
        "embedding": torch.round(model.embedding.weight.detach() / unit).numpy().astype(np.int16),
        "residual.step": _numbers(unit),
    }
    for layer, block in enumerate(model.blocks):
        assert isinstance(block, Block)
        tensors |= _quantise_block(block, f"layers.{layer}.", ranges, inputs, unit)
    tensors["head.norm"] = _norm_scale(inputs["head.norm"].step)
    tensors |= _matrix("head", model.head.weight, inputs["head.norm"], 1 / LOGIT_STEP)
    return tensors | build_tables(model.config)


def check_bounds(config: ModelConfig) -> None:
    """Raises ValueError where an integer sum could leave what float32 holds exactly."""
    terms = max(config.hidden_size, config.mlp_size)
    if terms > MAX_TERMS:
        raise ValueError(f"exact inference allows at most {MAX_TERMS} terms in a sum; this shape has {terms}")
    if config.attention_window > MAX_WINDOW:
        raise ValueError(f"exact inference allows a window of {MAX_WINDOW}; this shape has {config.attention_window}")
    if config.head_size > MAX_HEAD_SIZE:
        raise ValueError(f"exact inference allows heads of at most {MAX_HEAD_SIZE}; this shape has {config.head_size}")


def calibrate(model: BytePredictor, tokens: Tensor) -> Ranges:
    """Runs the float model over `tokens` and keeps the largest magnitude of each activation."""
    ranges = Ranges()

    def see(name: str, activation: Tensor) -> None:
        by_channel = name.endswith((".norm", ".v", ".square"))
        magnitudes = activation.abs()
        ranges.note(name, magnitudes.amax((0, 1)) if by_channel else magnitudes.amax())

    watch(model, tokens, see)
    return ranges


@torch.no_grad()
def watch(model: BytePredictor, tokens: Tensor, see: Callable[[str, Tensor], None]) -> None:
    """Runs the float model over `tokens` and shows each activation, with its name."""

    def tap(name: str, activation: Tensor) -> Tensor:
        see(name, activation)
        return activation

    for rows in torch.split(tokens, _CALIBRATION_ROWS):
        model(rows, tap)


def input_steps(config: ModelConfig, ranges: Ranges) -> dict[str, Tensor]:
    """What one integer step of each channel of what enters a matrix stands for, by the name of the activation."""
    steps = {"head.norm": norm_step(ranges, "head.norm")}
    for layer in range(config.num_layers):
        name = f"layers.{layer}."
        steps |= {name + norm: norm_step(ranges, name + norm) for norm in ("attention.norm", "mlp.norm")}
        steps[name + "mixed"] = mixed_step(value_step(ranges, name + "v"), config)
        steps[name + "square"] = square_step(ranges, name + "square")
    return steps


def rounded_inputs(model: BytePredictor, tokens: Tensor, steps: Mapping[str, Tensor]) -> dict[str, Inputs]:
    """Runs the float model over `tokens`, and tells how what enters each matrix is rounded by steps of this size."""
    inputs = {
        name: Inputs(step, SQUARE_LIMIT if name.endswith(".square") else BYTE_LIMIT) for name, step in steps.items()
    }

    def see(name: str, activation: Tensor) -> None:
        if name in inputs:
            inputs[name].note(activation.flatten(0, -2))

    watch(model, tokens, see)
    return inputs


def _quantise_block(
    block: Block, name: str, ranges: Ranges, inputs: Mapping[str, Inputs], unit: float
) -> dict[str, NDArray[np.generic]]:
    tensors: dict[str, NDArray[np.generic]] = {}
    entering = inputs[name + "attention.norm"]
    tensors[name + "attention.norm"] = _norm_scale(entering.step)
    for part, projection in (("q", block.q_proj), ("k", block.k_proj)):
        head_step = ranges.one(name + part) / _HEAD_RANGE
        tensors |= _matrix(name + part, projection.weight, entering, head_step)
        tensors[f"{name}{part}.step"] = _numbers(head_step)
    value = value_step(ranges, name + "v")
    tensors |= _matrix(name + "v", block.v_proj.weight, entering, value)
    tensors |= _matrix(name + "o", block.o_proj.weight, inputs[name + "mixed"], unit)
    nats = (
        2.0 ** float(block.sharpness.detach()) / block.config.head_size / TURNED_ONE**2
    )  # a step of the integer score, in nats
    tensors[name + "attention.sharpness"] = _numbers(nats / math.log(2) * SOFTMAX_OCTAVE)
    entering, squares = inputs[name + "mlp.norm"], inputs[name + "square"]
    tensors[name + "mlp.norm"] = _norm_scale(entering.step)
    tensors |= {name + "v.step": value.numpy(), name + "square.step": squares.step.numpy()}
    tensors |= _matrix(name + "up", block.up_proj.weight, entering, torch.sqrt(squares.step))
    tensors |= _matrix(name + "down", block.down_proj.weight, squares, unit)
    return tensors


def norm_step(ranges: Ranges, name: str) -> Tensor:
    """What one int8 step of each channel of a norm's output stands for.

    Between the channel's own range and the largest, for what is taken from the norm's rounding is added to the rounding
    of the matrix behind it (SmoothQuant, Xiao and others 2022, alpha 0.5).
    """
    return torch.sqrt(ranges.channels(name, floor=0.02) * ranges.one(name)) / BYTE_LIMIT


def value_step(ranges: Ranges, name: str) -> Tensor:
    """What one int8 step of each channel of the values stands for."""
    return ranges.channels(name, floor=0.05) / BYTE_LIMIT


def mixed_step(value: Tensor, config: ModelConfig) -> Tensor:
    """The steps of the attention's output, [hidden_size], from those of the values: a mean keeps its steps."""
    group = config.num_query_heads // config.num_key_value_heads
    return value.view(-1, 1, config.head_size).expand(-1, group, -1).reshape(-1)


def square_step(ranges: Ranges, name: str) -> Tensor:
    """What one step of each channel of the ReLU^2 outputs stands for.

    They have the longest tails of all, and to cut one costs more than to round all the others more coarsely.
    """
    return _SQUARE_ROOM * ranges.channels(name, floor=0.07) / SQUARE_LIMIT


def _norm_scale(step: Tensor) -> NDArray[np.float32]:
    return (math.sqrt(len(step)) * 2.0**-40 / step).numpy().astype(np.float32)


def _matrix(name: str, weight: Tensor, inputs: Inputs, output_step: float | Tensor) -> dict[str, NDArray[np.generic]]:
    """One matrix as int8 and its scales: round(scale * (W x)) counts output steps, where x counts input steps."""
    rounded, row_step = inputs.round_matrix(weight.detach(), BYTE_LIMIT)
    return {
        f"{name}.weight": rounded.numpy().astype(np.int8),
        f"{name}.scale": (row_step / output_step).numpy().astype(np.float32),
    }


def _numbers(value: float) -> NDArray[np.float32]:
    return np.array([value], np.float32)
