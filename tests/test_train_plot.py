"""The curves of a training log."""

import json
import subprocess
import sys
from pathlib import Path

import pytest

from bytezip.train.plot import draw, read_log, smoothed

LOG = [
    json.dumps({"step": 20, "seconds": 10, "bytes": 100, "loss_bits": 4.0}),
    "some library says something",
    json.dumps({"step": 40, "seconds": 20, "bytes": 200, "loss_bits": 3.0}),
    json.dumps({"step": 40, "seconds": 20, "bytes": 200, "held_out": {"text": 3.5, "code": 3.1}}),
    json.dumps({"step": 40, "seconds": 21, "bytes": 200, "loss_bits": 2.5}),
    json.dumps([1, 2]),
    json.dumps({"step": 60, "seconds": 30, "bytes": 300, "held_out": {"text": 3.0, "code": 2.9}}),
]


def test_each_step_counts_once_and_the_later_line_wins() -> None:
    curves = read_log(LOG)
    assert curves.losses == [(10.0, 4.0), (21.0, 2.5)]
    assert curves.held_out == {"text": [(20.0, 3.5), (30.0, 3.0)], "code": [(20.0, 3.1), (30.0, 2.9)]}


def test_a_few_windows_are_a_series_of_their_own() -> None:
    curves = read_log([*LOG, json.dumps({"step": 50, "seconds": 25, "held_out_sample": {"text": 3.3}})])
    assert curves.samples == {"text": [(25.0, 3.3)]}
    assert curves.end == 30.0


@pytest.mark.parametrize("lines", [[], ["text"], ['{"step": 1, "seconds": 2}']])
def test_a_log_without_measurements_is_refused(lines: list[str]) -> None:
    with pytest.raises(ValueError, match="no line with"):
        read_log(lines)


def test_the_running_mean_begins_with_the_first_value() -> None:
    assert smoothed([4.0, 4.0, 4.0]) == pytest.approx([4.0, 4.0, 4.0])
    assert 3.0 < smoothed([4.0, 3.0])[1] < 4.0


def test_the_same_log_gives_the_same_picture(tmp_path: Path) -> None:
    pytest.importorskip("matplotlib")
    for suffix in ("png", "svg"):
        for name in ("a", "b"):
            draw(read_log(LOG), tmp_path / f"{name}.{suffix}")
        assert (tmp_path / f"a.{suffix}").read_bytes() == (tmp_path / f"b.{suffix}").read_bytes()
        assert (tmp_path / f"a.{suffix}").stat().st_size > 5000


def test_a_log_that_is_not_there_is_an_error_without_a_traceback(tmp_path: Path) -> None:
    done = subprocess.run(
        [sys.executable, "-m", "bytezip.train.plot", str(tmp_path / "none"), str(tmp_path / "o.svg")],
        capture_output=True, text=True, check=False,
    )  # fmt: skip
    assert done.returncode == 1
    assert done.stderr.startswith("error: ")
    assert not (tmp_path / "o.svg").exists()
