"""The measure of `scan`: what it puts into files, and what it makes of a ranking."""

import sys
from pathlib import Path

import numpy as np
import pytest

sys.path.insert(0, str(Path(__file__).parent.parent / "benchmarks"))

pytest.importorskip("torch", reason="the torch extra is not installed")

import anomalies


@pytest.mark.parametrize("replace", [False, True])
def test_foreign_places_are_where_they_are_said_to_be(replace: bool) -> None:
    own = [b"own %d\n" % number for number in range(60)]
    foreign = [b"foreign %d\n" % number for number in range(20)]
    found = anomalies.trial(own, foreign, replace, np.random.Generator(np.random.PCG64(1)))
    assert len(found.places) == len(own) + (0 if replace else anomalies.FOREIGN)
    assert [place in foreign for place in found.places] == found.is_foreign.tolist()
    assert found.is_foreign.sum() == anomalies.FOREIGN
    rest = [place for place in found.places if place in own]
    assert rest == [place for place in own if place in rest]


def test_the_figures_of_a_ranking() -> None:
    wanted = np.array([False, True, True, False])
    assert anomalies.average_precision(np.array([0.0, 3.0, 2.0, 1.0]), wanted) == 1
    assert anomalies.average_precision(np.array([3.0, 1.0, 2.0, 0.0]), wanted) == pytest.approx((1 / 2 + 2 / 3) / 2)
    many = np.zeros(40, bool)
    many[[0, 39]] = True
    assert anomalies.among_first(-np.arange(40.0), many) == 0.5


def test_rare_words_and_bytes_rank_high() -> None:
    places = [b"all is well\n"] * 30 + [b"~ panic ~\n"]
    assert anomalies.by_words(places).argmax() == anomalies.by_bytes(places).argmax() == 30
    assert anomalies.by_words([b"?!\n", b"a\n"])[0] == 0
