"""The trainer's profile: its two kinds of attention are one function, and each part is counted."""

import csv
import subprocess
import sys
from pathlib import Path

import pytest

sys.path.insert(0, str(Path(__file__).parent.parent / "benchmarks"))

torch = pytest.importorskip("torch", reason="the torch extra is not installed")

import trainer_rate  # noqa: E402

from bytezip.predictor.attention import local_attention  # noqa: E402
from bytezip.predictor.config import PRESETS  # noqa: E402


@pytest.mark.parametrize("groups", [1, 2])
def test_stock_attention_is_the_same_function(groups: int) -> None:
    torch.manual_seed(1)
    query, key, value = (torch.randn(2, 150, heads, 8) for heads in (4, groups, groups))
    ours, theirs = (form(query, key, value, 70) for form in (local_attention, trainer_rate.stock_attention))
    assert torch.allclose(ours, theirs, atol=1e-5)


def test_flops_of_the_standard_shape() -> None:
    layer = 2 * 256 * 256 + 2 * 256 * 64 + 2 * 256 * 1024
    attention = 2 * 4 * 64 * (64 + PRESETS["standard"].attention_window)  # a chunk and those before, keys and values
    assert trainer_rate.forward_flops(PRESETS["standard"]) == 2 * (6 * (layer + attention) + 256 * 256)


def test_each_part_has_its_row(tmp_path: Path) -> None:
    script = Path(trainer_rate.__file__)
    small = ["--preset", "tiny", "--threads", "1", "--rows", "2", "--length", "64", "--steps", "1"]
    subprocess.run([sys.executable, script, *small, "--to", tmp_path / "rate.csv"], check=True)
    heading, *lines = (tmp_path / "rate.csv").read_text().splitlines()
    assert heading.startswith("# ")
    rows = {row["part"]: row for row in csv.DictReader(lines)}
    assert list(rows) == [
        "products", "step", "draw", "forward", "backward", "muon", "adam", "stock attention",
    ]  # fmt: skip
    assert all(float(row["ms"]) >= 0 for name, row in rows.items() if name != "products")
    assert float(rows["step"]["share"]) > 0
