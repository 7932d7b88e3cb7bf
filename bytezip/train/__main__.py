"""A training run from the shell: python -m bytezip.train CORPUS CHECKPOINT --seconds 7200

Goes on from CHECKPOINT where it is there. Prints its log to stdout, one JSON object a line.
"""

from __future__ import annotations

import argparse
import json
from pathlib import Path

import torch

from bytezip.predictor.config import PRESETS, ModelConfig
from bytezip.predictor.transformer import BytePredictor
from bytezip.predictor.weights import load_model
from bytezip.train.corpus import read_corpus
from bytezip.train.loop import Run, TrainingPlan
from bytezip.train.restore import restore

PLAN_OPTIONS = (
    "rows", "length", "accumulate", "short_share", "average_decay", "muon_rate", "adam_rate", "warm_up_steps",
    "cool_down_share", "checkpoint_seconds", "sample_seconds", "seed",
)  # fmt: skip
"""Fields of TrainingPlan that are options of the same name; see there."""


def main() -> None:
    arguments = parse()
    if arguments.threads:
        torch.set_num_threads(arguments.threads)
    torch.manual_seed(arguments.seed)
    model = beginning(arguments.start, PRESETS[arguments.preset])
    plan = TrainingPlan(arguments.seconds, **{name: getattr(arguments, name) for name in PLAN_OPTIONS})
    run = Run(model, plan, read_corpus(arguments.corpus), lambda line: print(json.dumps(line), flush=True))
    if arguments.checkpoint.exists():
        run.load(arguments.checkpoint)
    run.go(arguments.checkpoint)


def beginning(start: Path | None, shape: ModelConfig) -> BytePredictor:
    """A new model of a shape; or the weights of a model file, which may have attended to fewer or more positions.

    Raises:
        RuntimeError: where the file's weights are not of that shape.
    """
    model = BytePredictor(shape)
    if start:
        model.load_state_dict(restore(load_model(start)).state_dict())
    return model


def parse() -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="python -m bytezip.train", description="Train a BytePredictor.")
    parser.add_argument("corpus", type=Path, help="folder of <modality>/<source>/ folders with files")
    parser.add_argument("checkpoint", type=Path, help="written every ten minutes; continued where it is there")
    parser.add_argument("--seconds", type=float, required=True, help="training time in all, pauses left out")
    parser.add_argument("--preset", choices=PRESETS, default="standard", help="shape of the model")
    parser.add_argument("--from", dest="start", type=Path, help="model file whose weights to start from")
    parser.add_argument("--threads", type=int, default=0, help="0 leaves the choice to torch")
    for name in PLAN_OPTIONS:
        default = getattr(TrainingPlan, name)
        parser.add_argument(f"--{name.replace('_', '-')}", type=type(default), default=default)
    return parser.parse_args()


if __name__ == "__main__":
    main()
