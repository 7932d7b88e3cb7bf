"""The benchmark of a model of one's own: its records and its split."""

import json
import sys
from pathlib import Path

import pytest

pytest.importorskip("zstandard", reason="the bench extra is not installed")
pytest.importorskip("torch", reason="the torch extra is not installed")
sys.path.insert(0, str(Path(__file__).parent.parent / "benchmarks"))

import own_model
import telemetry


def test_the_same_seed_gives_the_same_records() -> None:
    family = list(telemetry.records(20))
    assert family == list(telemetry.records(20))
    assert family != list(telemetry.records(20, seed=2))


def test_records_are_json_of_the_sizes_that_are_said_in_the_order_of_time() -> None:
    family = list(telemetry.records(60))
    assert all(telemetry.SIZES[0] <= len(record) <= telemetry.SIZES[1] + 512 for record in family)
    sent = [json.loads(record)["sent"] for record in family]
    assert sent == sorted(sent)


def test_later_records_are_measured_and_none_of_them_is_trained_on() -> None:
    family = [b"%d" % number for number in range(1000)]
    known, later = own_model.split(family)
    assert known == family[:900]
    assert set(later) <= set(family[900:])
    assert own_model.MEASURED <= len(later) <= 2 * own_model.MEASURED


def test_a_log_is_cut_after_lines() -> None:
    log = b"".join(b"line %d\n" % number for number in range(1000)) + b"an end"
    records = list(own_model.pieces(log, 100))
    assert b"".join(records) == log
    assert all(record.endswith(b"\n") and 100 <= len(record) < 110 for record in records[:-1])
    assert list(own_model.pieces(b"", 100)) == []
