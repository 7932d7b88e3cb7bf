"""From a float matrix to an int8 one, so that it gives most nearly the same on inputs that are rounded, too.

The best matrix for the rounded inputs is found by least squares; then its columns are rounded one after another, the
error of each made up for by those that are still to come, as far as their inputs go together (GPTQ, Frantar and others
2022, arXiv:2210.17323).

Knows: torch.  Does not know: models, what the columns are.
"""

from __future__ import annotations

import torch
from torch import Tensor

_DAMPING = 0.01  # of the mean square of an input: those to come are not quite those that were seen


class Inputs:
    """What enters a matrix: how it is rounded, and what that does to inputs that were seen.

    step: float [C], what one step of each input stands for.
    """

    def __init__(self, step: Tensor, limit: int) -> None:
        """limit: magnitude of a rounded input at most."""
        self.step = step
        self._limit = limit
        self._moments = torch.zeros(len(step), len(step), dtype=torch.float64)  # of q q^T, q the rounded inputs
        self._lost = torch.zeros_like(self._moments)  # of what rounding takes from an input, times q^T

    def note(self, inputs: Tensor) -> None:
        """inputs: float [N, C], as the float model has them."""
        exact = inputs / self.step
        rounded = exact.round().clamp(-self._limit, self._limit)
        self._moments += rounded.T @ rounded
        self._lost += (exact - rounded).T @ rounded

    def round_matrix(self, weight: Tensor, limit: int) -> tuple[Tensor, Tensor]:
        """Whole numbers and a step for each row, which act on rounded inputs as `weight` does on exact ones.

        Args:
            weight: float [R, C].
            limit: magnitude of the result at most.

        Returns:
            float32 [R, C] that holds integers, and float32 [R].
        """
        moments = self._damped()
        weight = (weight * self.step).double()
        fitted = weight + torch.linalg.solve(moments, (weight @ self._lost).T).T
        row_step = fitted.abs().amax(1).clamp(min=1e-12) / limit
        rounded = _round_columns(fitted / row_step[:, None], moments, limit)
        return rounded.float(), row_step.float()

    def _damped(self) -> Tensor:
        diagonal = self._moments.diagonal()
        return self._moments + torch.diag((_DAMPING * diagonal.mean()).clamp(min=1e-6).expand_as(diagonal))


def _round_columns(weight: Tensor, moments: Tensor, limit: int) -> Tensor:
    inverse = torch.cholesky_inverse(torch.linalg.cholesky(moments))
    factor = torch.linalg.cholesky(inverse, upper=True)
    left, rounded = weight.clone(), torch.empty_like(weight)
    for column in range(left.shape[1]):
        rounded[:, column] = left[:, column].round().clamp(-limit, limit)
        error = (left[:, column] - rounded[:, column]) / factor[column, column]
        left[:, column + 1 :] -= error[:, None] * factor[column, column + 1 :]
    return rounded
