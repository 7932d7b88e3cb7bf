"""Ratio is a ledger: a change of the sizes of small samples must be declared in benchmarks/samples.csv."""

import sys
from pathlib import Path

import pytest

import bytezip
from bytezip.bench import samples

sys.path.insert(0, str(Path(__file__).parent.parent / "benchmarks"))

from table import read

LEDGER = read(Path(__file__).parent.parent / "benchmarks" / "samples.csv")


def test_the_ledger_has_every_sample() -> None:
    assert {row["sample"] for row in LEDGER} == set(samples.MODALITIES)
    assert {row["level"] for row in LEDGER} == {"1", "6", "9"}


@pytest.mark.parametrize("row", LEDGER, ids=lambda row: f"{row['sample']} -{row['level']}")
def test_no_size_changes_undeclared(row: dict[str, str]) -> None:
    """If this fails on purpose: python benchmarks/run.py CORPORA --only samples, and say in the commit why."""
    data = samples.make(row["sample"])
    assert len(data) == int(row["raw"])
    assert len(bytezip.compress(data, int(row["level"]))) == int(row["coded"])
