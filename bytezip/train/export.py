"""From a checkpoint to what ships: the model file, from which training can also go on, and its card.

Use: python -m bytezip.train.export CHECKPOINT CORPUS OUTPUT_FOLDER [NAME]
"""

from __future__ import annotations

import json
import sys
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

_CALIBRATION_ROWS, _CALIBRATION_LENGTH = 4, 1024  # of each modality


@dataclass(frozen=True)
class Figure:
    """Bits per byte of one modality's held-out windows."""

    modality: str
    float_form: float
    integer_form: float


def export(checkpoint: Path, corpus: Corpus, folder: Path, name: str) -> None:
    """Writes NAME.safetensors and NAME.md, the card. What `warm.py` adds to the model comes after it."""
    state = torch.load(checkpoint, weights_only=True)
    model = BytePredictor(ModelConfig(**state["config"]))
    model.load_state_dict(state["model"])
    path = folder / f"{name}.safetensors"
    save_model(path, model.config, quantise(model, calibration(corpus)), name)
    shipped = load_model(path)
    figures = measure(model, IntegerNetwork(model.config, shipped.tensors), corpus)
    (folder / f"{name}.md").write_text(card(name, shipped.sha256, state, figures))


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


def card(name: str, sha256: bytes, state: dict[str, Any], figures: list[Figure]) -> str:
    """The model card: shape, hash, training, figures. What a person must add to it is in `models/README.md`."""
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


if __name__ == "__main__":
    _checkpoint, _corpus, _folder, *_name = sys.argv[1:]
    export(Path(_checkpoint), read_corpus(Path(_corpus)), Path(_folder), *(_name or ["standard"]))
