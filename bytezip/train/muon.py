"""Muon for processors without bfloat16: torch's own has its products in bfloat16 on any machine; here they are float32.

Muon (Jordan 2024, kellerjordan.github.io/posts/muon) moves a matrix by its gradient with all singular values brought
near one; the iteration that does it is theirs, its settings are those of torch's optimiser.

Knows: torch.  Does not know: models, runs.
"""

from __future__ import annotations

import math
from typing import Any

import torch
from torch import Tensor


def orthogonalised(matrix: Tensor, group: dict[str, Any]) -> Tensor:
    """A matrix of the same singular vectors, whose singular values are about one (0.7 to 1.2), by Newton-Schulz.

    Args:
        matrix: float32 [rows, columns].
        group: of torch.optim.Muon: the coefficients and the number of iterations, the smallest norm.
    """
    a, b, c = group["ns_coefficients"]
    wide = matrix.mT if matrix.shape[0] > matrix.shape[1] else matrix
    found: Tensor = wide / wide.norm().clamp(min=group["eps"])
    for _ in range(group["ns_steps"]):
        gram = found @ found.mT
        found = torch.addmm(found, torch.addmm(gram, gram, gram, beta=b, alpha=c), found, beta=a)
    return found.mT if matrix.shape[0] > matrix.shape[1] else found


class Float32Muon(torch.optim.Muon):
    """torch.optim.Muon with its state, its Nesterov momentum, its weight decay and its original rates."""

    @torch.no_grad()
    def step(self, closure: None = None) -> None:  # type: ignore[override]
        for group in self.param_groups:
            for weights in group["params"]:
                self._move(weights, group)

    def _move(self, weights: Tensor, group: dict[str, Any]) -> None:
        gradient = weights.grad
        if gradient is None:
            return
        state = self.state[weights]
        if "momentum_buffer" not in state:
            state["momentum_buffer"] = torch.zeros_like(gradient)
        momentum = state["momentum_buffer"]
        momentum.lerp_(gradient, 1 - group["momentum"])
        update = orthogonalised(gradient.lerp(momentum, group["momentum"]), group)
        rows, columns = weights.shape
        weights.mul_(1 - group["lr"] * group["weight_decay"])
        weights.add_(update, alpha=-group["lr"] * math.sqrt(max(1.0, rows / columns)))
