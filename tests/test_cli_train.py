"""bytezip train: from records to a model that compresses them better, and what is refused."""

import json
import sys
from pathlib import Path

import pytest
from conftest import Command, Run

from bytezip.cli.train import parse_time
from bytezip.predictor.config import PRESETS

torch = pytest.importorskip("torch", reason="the torch extra is not installed")

from bytezip.predictor.transformer import BytePredictor  # noqa: E402
from bytezip.predictor.weights import save_model  # noqa: E402
from bytezip.train.quantise import quantise  # noqa: E402


@pytest.fixture(scope="module")
def base(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """An untrained model of the smallest preset."""
    torch.manual_seed(1)
    model = BytePredictor(PRESETS["tiny"])
    path = tmp_path_factory.mktemp("model") / "base.model"
    save_model(path, model.config, quantise(model, torch.randint(0, 256, (2, 256))), "base")
    return path


def records(first: int, count: int) -> bytes:
    return b"".join(
        b'{"id": %d, "state": "ready", "unit": "kelvin", "value": %d}\n' % (n, n * 7919 % 1000)
        for n in range(first, first + count)
    )


def run(bytezip: Command, *arguments: str | Path) -> Run:
    """The command without a model of its own."""
    return bytezip.run([sys.executable, "-m", "bytezip", *map(str, arguments)])


def test_a_model_of_ones_own(bytezip: Command, base: Path, tmp_path: Path) -> None:
    (tmp_path / "logs").mkdir()
    for part in range(4):
        (tmp_path / "logs" / f"{part}.jsonl").write_bytes(records(500 * part, 500))
    own, fresh = tmp_path / "own.model", tmp_path / "fresh.jsonl"
    fresh.write_bytes(records(2000, 3))
    log, curves = tmp_path / "own.jsonl", tmp_path / "own.svg"
    trained = run(
        bytezip, "train", tmp_path / "logs", "-o", own, "--from", base, "--time", "6s", "-T", "1",
        "--log", log, "--plot", curves,
    )  # fmt: skip
    assert (trained.code, trained.out) == (0, b"")
    lines = [json.loads(line) for line in log.read_text().splitlines()]
    held_out = [line["held_out"]["own"] for line in lines if "held_out" in line]
    assert min(held_out) < held_out[0]
    assert any("loss_bits" in line for line in lines)
    assert curves.read_text().startswith("<?xml")
    assert "bits per byte on the newest" in trained.err
    sizes = [len(run(bytezip, "compress", "-c", "--model", model, fresh).out) for model in (base, own)]
    assert sizes[1] < sizes[0]
    packed = run(bytezip, "compress", "--model", own, fresh)
    assert packed.code == 0
    without = run(bytezip, "decompress", "-c", f"{fresh}.bytz")
    assert without.code == 1
    assert "model" in without.err
    assert run(bytezip, "decompress", "-c", "--model", own, f"{fresh}.bytz").out == fresh.read_bytes()


def test_what_is_refused(bytezip: Command, base: Path, tmp_path: Path) -> None:
    little, there = tmp_path / "little", tmp_path / "there"
    little.write_bytes(bytes(100))
    there.write_bytes(b"mine")
    for arguments, said in (
        ((little, "-o", tmp_path / "new", "--from", base), "too few to train on"),
        ((little, "-o", there, "--from", base), "already exists"),
        ((little, "-o", tmp_path / "new", "--from", base, "--log", there), "there already exists"),
        ((little, "-o", tmp_path / "new", "--from", base, "--plot", there), "there already exists"),
        ((little, "-o", tmp_path / "new", "--from", base, "--plot", tmp_path / "x.gif"), "a picture is called"),
        ((little, "-o", tmp_path / "new", "--from", base, "--log", tmp_path / "log"), "too few to train on"),
        ((tmp_path / "absent", "-o", tmp_path / "new", "--from", base), "no such file"),
        ((little, "-o", tmp_path / "new", "--time", "soon"), "--time takes a time"),
    ):
        done = run(bytezip, "train", *arguments)
        assert (done.code, done.out) == (1, b"")
        assert said in done.err
    assert there.read_bytes() == b"mine"
    assert not (tmp_path / "new").exists()
    assert not (tmp_path / "log").exists()


@pytest.mark.parametrize(("text", "seconds"), [("90", 90), ("90s", 90), ("30m", 1800), ("1.5h", 5400)])
def test_times(text: str, seconds: float) -> None:
    assert parse_time(text) == seconds
