"""The table of the training's curves: what a log's lines become."""

import json
import subprocess
import sys
from pathlib import Path

import pytest

sys.path.insert(0, str(Path(__file__).parent.parent / "benchmarks"))

import curves
import pictures
from table import read

BENCHMARKS = Path(__file__).parent.parent / "benchmarks"


def line(step: int, **measured: object) -> str:
    return json.dumps({"step": step, "seconds": 2 * step, "bytes": 1000 * step} | measured)


LOG = [
    *(line(step, loss_bits=float(step)) for step in (20, 40, 60, 80, 100, 120)),
    "a library says something",
    line(40, loss_bits=46.0),  # anew, from a checkpoint
    line(120, held_out={"code": 2.0, "text": 3.0}),
]


def test_losses_are_means_and_runs_count_on(tmp_path: Path) -> None:
    for name in ("a", "b"):
        (tmp_path / f"{name}.log").write_text("\n".join(LOG))
    rows = curves.tabulate([tmp_path / "a.log", tmp_path / "b.log"])
    assert rows[:4] == [
        ("a", 100, 200, "0.10", "batch", f"{(20 + 46 + 60 + 80 + 100) / 5:.4f}"),
        ("a", 120, 240, "0.12", "batch", "120.0000"),
        ("a", 120, 240, "0.12", "code", "2.0000"),
        ("a", 120, 240, "0.12", "text", "3.0000"),
    ]
    assert rows[4][:5] == ("b", 100, 200, "0.22", "batch")


def test_the_command_and_its_picture(tmp_path: Path) -> None:
    pytest.importorskip("matplotlib")
    (tmp_path / "a.log").write_text("\n".join(LOG))
    (tmp_path / "empty.log").write_text("nothing\n")
    command = [sys.executable, str(BENCHMARKS / "curves.py"), "--to", str(tmp_path)]
    assert subprocess.run([*command, tmp_path / "a.log"], capture_output=True, check=False).returncode == 0
    assert len(read(tmp_path / "training.csv")) == 4
    assert pictures.source(tmp_path / "training.csv") in (tmp_path / "training.svg").read_text()
    failed = subprocess.run([*command, tmp_path / "empty.log"], capture_output=True, text=True, check=False)
    assert (failed.returncode, failed.stderr) == (1, f"error: {tmp_path / 'empty.log'} holds no measurements\n")
