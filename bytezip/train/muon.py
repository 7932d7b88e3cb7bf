"""Muon for processors without bfloat16: torch's own has its products in bfloat16 on any machine; here they are float32.

Muon (Jordan 2024, kellerjordan.github.io/posts/muon) moves a matrix by its gradient with all singular values brought
near one; the iteration that does it, and its coefficients, are theirs, as torch has them.

Knows: torch.  Does not know: models, runs.
"""

from __future__ import annotations

import math
from typing import Any

import torch
from torch import Tensor

_COEFFICIENTS = (3.4445, -4.775, 2.0315)
_ITERATIONS = 5
_SMALLEST_NORM = 1e-7


def orthogonalised(matrix: Tensor) -> Tensor:
    """A matrix of the same singular vectors, whose singular values are about one (0.7 to 1.2), by Newton-Schulz."""
    a, b, c = _COEFFICIENTS
    wide = matrix.mT if matrix.shape[0] > matrix.shape[1] else matrix
    found: Tensor = wide / wide.norm().clamp(min=_SMALLEST_NORM)
    for _ in range(_ITERATIONS):
        gram = found @ found.mT
        found = torch.addmm(found, torch.addmm(gram, gram, gram, beta=b, alpha=c), found, beta=a)
    return found.mT if matrix.shape[0] > matrix.shape[1] else found


class Float32Muon(torch.optim.Muon):
    """torch.optim.Muon with its Nesterov momentum and its rates, of the same state; without weight decay."""

    @torch.no_grad()
    def step(self, closure: None = None) -> None:  # type: ignore[override]
        for group in self.param_groups:
            for weights in group["params"]:
                self._move(weights, group)

    def _move(self, weights: Tensor, group: dict[str, Any]) -> None:
        gradient = weights.grad
        if gradient is None:
            return
        momentum = self.state[weights].setdefault("momentum_buffer", torch.zeros_like(gradient))
        momentum.lerp_(gradient, 1 - group["momentum"])
        update = orthogonalised(gradient.lerp(momentum, group["momentum"]))
        rows, columns = weights.shape
        weights.add_(update, alpha=-group["lr"] * math.sqrt(max(1.0, rows / columns)))
