"""Lanes in stripes: how the bytes of a block are dealt to lanes that are predicted side by side.

The block is cut into rows of `lanes * stripe` bytes; in each row, lane i takes bytes [i * stripe, (i + 1) * stripe).
The last row is shared out evenly by a shorter stripe. At each step every lane takes one byte.

Knows: positions.  Does not know: what the bytes mean, predictors, coders.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray


@dataclass(frozen=True)
class Striping:
    """The deal of one block of `size` bytes to `lanes` lanes, `stripe` bytes at a time."""

    size: int
    lanes: int
    stripe: int

    @property
    def steps(self) -> int:
        rows, rest = divmod(self.size, self.lanes * self.stripe)
        return rows * self.stripe + -(-rest // self.lanes)

    def rows(self) -> list[tuple[int, int]]:
        """First step and count of steps of each row."""
        return [(first, min(self.stripe, self.steps - first)) for first in range(0, self.steps, self.stripe)]

    def positions(self, first: int, count: int) -> NDArray[np.int64]:
        """Offset in the block of each lane's byte, int64 [count, lanes], for the steps from `first` on.

        An offset >= `size` says that the lane has no byte at this step; it is then fed a zero, and only lanes after
        it can be without one, too.
        """
        full_steps = self.size // (self.lanes * self.stripe) * self.stripe
        step = np.arange(first, first + count)[:, None]
        lane = np.arange(self.lanes)
        row, place = np.divmod(step, self.stripe)
        last_stripe = self.steps - full_steps
        stripe = np.where(step < full_steps, self.stripe, last_stripe)
        offsets = row * self.lanes * self.stripe + lane * stripe + place
        beyond = (step >= full_steps) & (lane * stripe + place >= self.size - full_steps * self.lanes)
        return np.where(beyond, self.size, offsets)

    def spread(self, data: NDArray[np.uint8], first: int, count: int) -> NDArray[np.uint8]:
        """The bytes of the steps from `first` on, uint8 [count, lanes], zeros where a lane has none."""
        positions = self.positions(first, count)
        row = data[np.minimum(positions, self.size - 1)]  # what is done for a row must not grow with the block
        row[positions >= self.size] = 0
        return row

    def active(self, first: int, count: int) -> NDArray[np.bool_]:
        """Which lanes have a byte, bool [count, lanes]."""
        return self.positions(first, count) < self.size

    def gather(self, lanes: NDArray[np.uint8]) -> bytes:
        """The block again, from the bytes of all its steps, uint8 [steps, lanes]."""
        block = np.zeros(self.size + 1, np.uint8)
        block[self.positions(0, self.steps)] = lanes
        return block[: self.size].tobytes()
