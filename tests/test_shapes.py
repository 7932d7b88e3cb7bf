"""The trials of shapes: they begin alike, an input looks at nothing that comes later, and a trial leaves a row."""

import sys
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

sys.path.insert(0, str(Path(__file__).parent.parent / "benchmarks"))

torch = pytest.importorskip("torch", reason="the torch extra is not installed")

import shapes  # noqa: E402
from table import read  # noqa: E402

from bytezip.predictor.config import PRESETS  # noqa: E402
from bytezip.train.loop import TrainingPlan  # noqa: E402

TINY = PRESETS["tiny"]


def test_what_followed_the_same_three_bytes() -> None:
    row = np.frombuffer(b"abcXabcYabcZ", np.uint8).astype(np.int64)
    found = shapes.last_successors(row)
    none = [shapes.NOTHING] * 4
    assert found.tolist() == [*none, *none[:2], ord("X"), *none[:3], ord("Y"), shapes.NOTHING]


@pytest.mark.parametrize("inputs", shapes.INPUTS)
def test_inputs_add_nothing_at_first_and_see_no_later_byte(inputs: str) -> None:
    plain, other = (shapes.build(shapes.Trial(inputs=name), TINY) for name in ("plain", inputs))
    tokens = torch.randint(0, 256, (2, 40)).repeat(1, 2)
    assert torch.allclose(plain(tokens), other(tokens), atol=1e-6)
    for parameter in other.embedding.parameters():
        torch.nn.init.normal_(parameter)
    changed = tokens.clone()
    changed[:, 50:] = 7
    assert torch.equal(other(tokens)[:, :50], other(changed)[:, :50])


@pytest.mark.parametrize("name", shapes.TRIALS)
def test_each_trial_is_a_shape_and_a_plan(name: str) -> None:
    trial = shapes.TRIALS[name]
    assert replace(PRESETS["standard"], **trial.shape).head_size <= 64
    assert replace(TrainingPlan(1.0), **trial.plan).seconds == 1.0
    assert trial.inputs in shapes.INPUTS


def test_a_trial_leaves_a_row(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    for source in range(5):
        (tmp_path / "corpus/code" / f"s{source}").mkdir(parents=True)
        (tmp_path / "corpus/code" / f"s{source}/a.c").write_bytes(b"int main(void) { return %d; }\n" % source * 200)
    trials = ["--minutes", "0.01", "--only", "standard,expecting", "--preset", "tiny", "--to", str(tmp_path)]
    monkeypatch.setattr(sys, "argv", ["shapes.py", str(tmp_path / "corpus"), *trials])
    for _ in range(2):  # the second time, both are there
        shapes.main()
    rows = read(tmp_path / "shapes.csv")
    assert [row["trial"] for row in rows] == ["standard", "expecting"]
    assert all(0 < float(row["mean"]) < 9 and row["modalities"].startswith("code ") for row in rows)
