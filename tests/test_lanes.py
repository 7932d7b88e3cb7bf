"""Stripes deal each byte to exactly one lane and step, and bring it home."""

from random import Random

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from bytezip.lanes import Striping

stripings = st.builds(
    Striping, st.integers(0, 3000), st.sampled_from([1, 2, 4, 8, 32]), st.sampled_from([1, 3, 16, 256, 1024])
)


@given(stripings, st.randoms())
def test_gather_undoes_spread(striping: Striping, random: Random) -> None:
    block = random.randbytes(striping.size)
    lanes = striping.spread(np.frombuffer(block, np.uint8), 0, striping.steps)
    assert striping.gather(lanes) == block


@given(stripings)
def test_every_position_is_dealt_once(striping: Striping) -> None:
    positions = striping.positions(0, striping.steps)
    present = striping.active(0, striping.steps)
    assert sorted(positions[present]) == list(range(striping.size))


@given(stripings)
def test_lanes_without_a_byte_are_the_last_ones(striping: Striping) -> None:
    present = striping.active(0, striping.steps).astype(int)
    assert (np.diff(present, axis=1) <= 0).all()
    assert present[:, 0].all()


@given(stripings, st.integers(0, 400), st.integers(1, 50))
def test_pieces_are_cuts_of_the_whole(striping: Striping, first: int, count: int) -> None:
    first, count = min(first, striping.steps), min(count, max(0, striping.steps - first))
    whole = striping.positions(0, striping.steps)
    assert np.array_equal(striping.positions(first, count), whole[first : first + count])


def test_the_layout_of_the_manual() -> None:
    # 2 lanes, stripe 3: a row of "abcdef", then a last row of five bytes in stripes of three.
    striping = Striping(11, 2, 3)
    lanes = striping.spread(np.frombuffer(b"abcdefghijk", np.uint8), 0, striping.steps)
    assert [bytes(row) for row in lanes] == [b"ad", b"be", b"cf", b"gj", b"hk", b"i\0"]


@pytest.mark.parametrize("size", [0, 1])
def test_tiny_blocks(size: int) -> None:
    assert Striping(size, 8, 256).steps == size
