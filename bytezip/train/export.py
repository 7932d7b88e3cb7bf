"""From a checkpoint to what ships: the model file, from which training can also go on, and its card.

Use: python -m bytezip.train.export CHECKPOINT CORPUS OUTPUT_FOLDER [NAME] [--average] [--with CHECKPOINT...]
     [--contamination TABLE]
"""

from __future__ import annotations

import argparse
import csv
import hashlib
import json
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import torch
from torch import Tensor

from bytezip.predictor.config import ModelConfig
from bytezip.predictor.integer import IntegerNetwork
from bytezip.predictor.transformer import BytePredictor
from bytezip.predictor.weights import load_model, save_model
from bytezip.train.batches import Batches
from bytezip.train.corpus import Corpus, read_corpus
from bytezip.train.evaluate import float_bits, integer_bits, windows
from bytezip.train.quantise import quantise

TABLE = Path(__file__).parents[2] / "corpora/contamination_benchmarks.csv"
WINDOW = 32  # bytes of a shingle; see `corpora/shingles.py`
AVERAGED = "module."  # how torch's AveragedModel names the weights
_CALIBRATION_ROWS, _CALIBRATION_LENGTH = 4, 1024  # of each modality


@dataclass(frozen=True)
class Figure:
    """Bits per byte of one modality's held-out windows."""

    modality: str
    float_form: float
    integer_form: float


def export(
    checkpoint: Path,
    corpus: Corpus,
    folder: Path,
    name: str,
    *,
    average: bool = False,
    others: Sequence[Path] = (),
    contamination: Path = TABLE,
) -> None:
    """Writes NAME.safetensors and NAME.md, the card. What `warm.py` adds to the model comes after it.

    Args:
        checkpoint: of `loop.Run`.
        corpus: what the run was trained on: for ranges of activations, and for the card.
        folder: of both files.
        name: of the model.
        average: take the moving average of the weights in place of the last ones.
        others: checkpoints of the same shape: the mean of all weights is taken, which helps where the runs are of one
            line (model soups, Wortsman and others 2022). The card tells of `checkpoint` alone.
        contamination: what `corpora/contamination.py --benchmarks` wrote of that corpus.

    Raises:
        ValueError: for an average that the run did not keep.
        OSError: where a file cannot be read or written.
    """
    states = [torch.load(path, weights_only=True) for path in (checkpoint, *others)]
    state = states[0]
    model = BytePredictor(ModelConfig(**state["config"]))
    model.load_state_dict(mean_of([weights_of(one, average) for one in states]))
    path = folder / f"{name}.safetensors"
    save_model(path, model.config, quantise(model, calibration(corpus)), name)
    shipped = load_model(path)
    figures = measure(model, IntegerNetwork(model.config, shipped.tensors), corpus)
    (folder / f"{name}.md").write_text(
        card(name, shipped.sha256, state, figures, [told_of(corpus), shared_with(contamination)])
    )


def weights_of(state: dict[str, Any], average: bool) -> dict[str, Tensor]:
    """The last weights of a checkpoint, or their moving average."""
    if not average:
        found: dict[str, Tensor] = state["model"]
        return found
    if state["average"] is None:
        raise ValueError("the run kept no average: its plan needs average_decay")
    return {key.removeprefix(AVERAGED): value for key, value in state["average"].items() if key.startswith(AVERAGED)}


def mean_of(weights: Sequence[dict[str, Tensor]]) -> dict[str, Tensor]:
    """The mean of the weights of some models of one shape, each as much as the others."""
    return {key: torch.stack([one[key] for one in weights]).mean(0) for key in weights[0]}


def told_of(corpus: Corpus, what: str = "Trained on") -> str:
    """One line on what was read; its hash is that of all files, shelf by shelf in the order of their names."""
    files = sum(len(shelf.starts) - 1 for shelf in corpus.training)
    size = sum(len(shelf.data) for shelf in corpus.training)
    digest = hashlib.sha256()
    for shelf in corpus.training:
        digest.update(shelf.data.data)
    return f"- {what}: {files:,} files, {size:,} B, {len(corpus.training)} modalities; SHA-256 `{digest.hexdigest()}`"


def shared_with(table: Path) -> str:
    """One line on what benchmark files have in common with the training set."""
    if not table.exists():
        return "- Contamination: not looked for"
    with table.open(newline="") as stream:
        rows = list(csv.DictReader(stream))
    windows = sum(max(0, int(row["bytes"]) - WINDOW + 1) for row in rows)
    shared = sum(int(row["shared"]) for row in rows)
    return (
        f"- Contamination: of {windows:,} windows of {WINDOW} bytes of {len(rows)} benchmark files, {shared:,} stood "
        f"in the training set of `corpora/{table.name}` ({shared / windows:.2%}); see `corpora/CONTAMINATION.md`"
    )


def calibration(corpus: Corpus) -> Tensor:
    """int64 [B, T]: a few windows of each modality, however rare, since each has outliers of its own."""
    rows = [Batches([shelf], _CALIBRATION_ROWS, _CALIBRATION_LENGTH, seed=2).draw() for shelf in corpus.training]
    return torch.from_numpy(np.concatenate(rows))


def measure(model: BytePredictor, network: IntegerNetwork, corpus: Corpus) -> list[Figure]:
    return [
        Figure(shelf.modality, float_bits(model, batch), integer_bits(network, batch))
        for shelf in corpus.held_out
        for batch in [windows(shelf)]
    ]


def card(name: str, sha256: bytes, state: dict[str, Any], figures: list[Figure], data: list[str]) -> str:
    """The model card: shape, hash, training, data, figures. What a person must add to it is in `models/README.md`."""
    progress, config = state["progress"], state["config"]
    shape = ", ".join(f"{key} {value}" for key, value in config.items())
    floats = float(np.mean([figure.float_form for figure in figures]))
    integers = float(np.mean([figure.integer_form for figure in figures]))
    lines = [
        f"# {name}",
        "",
        f"- SHA-256: `{sha256.hex()}`",
        f"- Shape: {shape}",
        f"- Training: {progress['step']} steps, {progress['bytes_read'] / 1e6:.1f} MB read, "
        f"{progress['seconds'] / 60:.0f} minutes; plan {json.dumps(state['plan'])}",
        *data,
        "- Integers: weights and activations int8 within 127; sums of at most "
        f"{max(config['hidden_size'], config['mlp_size'])} products, below 2^24",
        "",
        "Bits per byte on held-out windows (16 of 1,024 bytes each; see `bytezip/train/corpus.py` for the split):",
        "",
        "| modality | float | integer | difference |",
        "|---|---|---|---|",
        *(_row(figure.modality, figure.float_form, figure.integer_form) for figure in figures),
        _row("mean", floats, integers),
    ]
    return "\n".join(lines) + "\n"


def _row(label: str, float_form: float, integer_form: float) -> str:
    return f"| {label} | {float_form:.4f} | {integer_form:.4f} | {integer_form / float_form - 1:+.2%} |"


def main() -> None:
    parser = argparse.ArgumentParser(prog="python -m bytezip.train.export", description="From a checkpoint to a model.")
    parser.add_argument("checkpoint", type=Path)
    parser.add_argument("corpus", type=Path, help="what it was trained on")
    parser.add_argument("folder", type=Path, help="where the model and its card go")
    parser.add_argument("name", nargs="?", default="standard")
    parser.add_argument("--average", action="store_true", help="take the moving average of the weights")
    parser.add_argument("--with", dest="others", type=Path, nargs="+", default=[], metavar="CHECKPOINT",
                        help="take the mean of the weights, of these, too")  # fmt: skip
    parser.add_argument("--contamination", type=Path, default=TABLE, metavar="TABLE")
    chosen = parser.parse_args()
    export(
        chosen.checkpoint, read_corpus(chosen.corpus), chosen.folder, chosen.name,
        average=chosen.average, others=chosen.others, contamination=chosen.contamination,
    )  # fmt: skip


if __name__ == "__main__":
    main()
