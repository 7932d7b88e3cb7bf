"""Rounding of matrices: what they give on rounded inputs stays nearest to what it was."""

from __future__ import annotations

import pytest

torch = pytest.importorskip("torch", reason="training needs torch")

from torch import Tensor  # noqa: E402

from bytezip.train.rounding import Inputs  # noqa: E402

LIMIT = 7  # coarse, so that rounding is felt


def related(rows: int, columns: int) -> Tensor:
    """Inputs that go together, float [rows, columns]."""
    generator = torch.Generator().manual_seed(1)
    inputs: Tensor = torch.randn(rows, 3, generator=generator) @ torch.randn(3, columns, generator=generator)
    return inputs


def lost(weight: Tensor, matrix: Tensor, given: Tensor, rounded: Tensor) -> float:
    return float((given @ weight.T - rounded @ matrix.T).pow(2).sum())


def test_rounded_rows_act_better_than_the_nearest_ones() -> None:
    given = related(500, 24)
    step = torch.full((24,), 0.001)  # inputs are as good as exact
    weight = torch.randn(10, 24, generator=torch.Generator().manual_seed(2))
    inputs = Inputs(step, 1 << 20)
    inputs.note(given)
    rounded, row_step = inputs.round_matrix(weight, LIMIT)
    assert rounded.abs().max() <= LIMIT
    assert torch.equal(rounded, rounded.round())
    nearest_step = (weight * step).abs().amax(1) / LIMIT
    nearest = (weight * step / nearest_step[:, None]).round() * nearest_step[:, None]
    counts = given / step
    assert lost(weight, rounded * row_step[:, None], given, counts) < 0.3 * lost(weight, nearest, given, counts)


def test_what_rounding_of_inputs_takes_is_given_back() -> None:
    """Values below half a step are lost; where larger ones go with them, these speak for them."""
    large = torch.rand(500, 1, generator=torch.Generator().manual_seed(3)) * 100
    given = torch.cat((large, large * 0.004), dim=1)  # of the second, nothing is left
    weight = torch.tensor([[1.0, 50.0]])
    inputs = Inputs(torch.ones(2), 127)
    inputs.note(given)
    rounded, row_step = inputs.round_matrix(weight, 127)
    counts = given.round()
    plain = weight
    assert lost(weight, rounded * row_step[:, None], given, counts) < 0.1 * lost(weight, plain, given, counts)


def test_inputs_that_were_never_seen_are_rounded_to_the_nearest() -> None:
    inputs = Inputs(torch.ones(4), 127)
    inputs.note(torch.zeros(3, 4))
    weight = torch.tensor([[1.0, -0.5, 0.26, 0.0]])
    rounded, row_step = inputs.round_matrix(weight, 100)
    assert torch.allclose(rounded, torch.tensor([[100.0, -50.0, 26.0, 0.0]]))
    assert torch.allclose(row_step, torch.tensor([0.01]))
