"""The rounding of the integer form within the float forward pass: what the last part of a run trains through.

Rounding has no gradient of use, so each one passes its gradient on as if it were not there (the straight-through
estimator, Bengio et al. 2013, arXiv:1308.3432; for whole networks Jacob et al. 2018, arXiv:1712.05877). Only
activations are rounded: int8 weights cost nothing measurable after training.

Knows: the steps that `quantise.py` chooses.  Does not know: optimisers, integer tensors.
"""

from __future__ import annotations

import torch
from torch import Tensor

from bytezip.predictor.config import ModelConfig
from bytezip.predictor.integer import BYTE_LIMIT
from bytezip.predictor.tables import SOFTMAX_ONE
from bytezip.train.quantise import TURNED_ONE, Ranges, mixed_step, norm_step, square_step, value_step


class Rounding:
    """A tap (see `transformer.Tap`) that rounds each activation to the steps of the integer form.

    Args:
        ranges: what calibration saw; steps follow from it as they do in the export.
        config: shape of the model.
    """

    def __init__(self, ranges: Ranges, config: ModelConfig) -> None:
        self._steps: dict[str, float | Tensor] = {}
        for name in ranges.seen:
            if name.endswith("norm"):
                self._steps[name] = norm_step(ranges, name)
            elif name.endswith(".v"):
                self._steps[name] = value_step(ranges, name)
                self._steps[name.removesuffix("v") + "mixed"] = mixed_step(value_step(ranges, name), config)
            elif name.endswith(".square"):
                self._steps[name] = square_step(ranges, name)

    def __call__(self, name: str, activation: Tensor) -> Tensor:
        if name.endswith(".numerators"):
            return _round_numerators(activation)
        if name.endswith(".turned"):
            return straight_through(activation, 1 / TURNED_ONE)
        step = self._steps.get(name)
        return activation if step is None else straight_through(activation, step)


def straight_through(activation: Tensor, step: float | Tensor) -> Tensor:
    """`activation` rounded to int8 multiples of `step`; its gradient is that of `activation`."""
    with torch.no_grad():
        rounded = (activation / step).round_().clamp_(-BYTE_LIMIT, BYTE_LIMIT).mul_(step)
    return activation + (rounded - activation).detach()


def _round_numerators(weights: Tensor) -> Tensor:
    """Softmax numerators as the integer form has them: 0..SOFTMAX_ONE relative to the largest of each row."""
    with torch.no_grad():
        unit = weights.amax(-1, keepdim=True).clamp_(min=1e-30) / SOFTMAX_ONE
        rounded = (weights / unit).round_().mul_(unit)
    return weights + (rounded - weights).detach()
