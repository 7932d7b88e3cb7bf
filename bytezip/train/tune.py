"""Fine-tuning on a user's own data: from a model file and some files to a model file that knows them.

The last tenth of the data is held out, by the order in which the files are given: for logs and records that is the
newest part, as it will be in use. The state that does best on it is kept (early stopping), so that a small set is not
learnt by heart.

Knows: everything in this package.  Does not know: the command line.
"""

from __future__ import annotations

import copy
import math
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import torch

from bytezip.errors import ModelError
from bytezip.predictor.integer import IntegerNetwork
from bytezip.predictor.transformer import BytePredictor
from bytezip.predictor.weights import Model, save_model
from bytezip.train.batches import Batches
from bytezip.train.corpus import Corpus, Shelf
from bytezip.train.evaluate import float_bits, integer_bits, windows
from bytezip.train.loop import Note, Run, TrainingPlan
from bytezip.train.quantise import quantise
from bytezip.train.restore import restore
from bytezip.train.warm import beside_network, warm

HELD_OUT_SHARE = 0.1
MIN_BYTES = 1 << 16  # fewer teach nothing that the adaptive experts would not learn on their own
CHECKS = 12  # looks at the held-out part in a run
_CALIBRATION_ROWS, _LENGTH = 32, 1024
# Small batches and high rates, since minutes are few steps: benchmarks/LOG.md has what was tried.
_PLAN: dict[str, Any] = {"rows": 4, "length": 512, "muon_rate": 0.012, "adam_rate": 0.002, "warm_up_steps": 10}
_PIECES = {1 << 11: 16, 1 << 13: 12}  # for the mixer's experience; see `warm.PIECES`

Report = Callable[[float, float, float], None]
"""Called with seconds of training done, loss of the last batch, best held-out figure so far, both in bits per byte."""


@dataclass(frozen=True)
class Tuned:
    """What a tuning run reached. before, after: bits per byte of the network alone on the held-out part."""

    before: float
    after: float
    training_bytes: int
    held_out_bytes: int


def tune(
    contents: Sequence[bytes],
    base: Model,
    output: Path,
    seconds: float,
    *,
    report: Report = lambda *_: None,
    note: Note = lambda line: None,
) -> Tuned:
    """Trains `base` further on `contents` and writes the result to `output`.

    Args:
        contents: files or records, oldest first.
        base: a model file that training can go on from (see `restore.restore`).
        output: name of the new model file; its stem becomes the model's name.
        seconds: training time; SIGINT and SIGTERM end it earlier, with what was reached.
        report: called every few seconds.
        note: called with each line of the log (see `plot`): losses, and the held-out figure of the float form.

    Raises:
        ModelError: where there is too little data, or `base` cannot be trained on.
        OSError: where the file cannot be written.
    """
    corpus = divide(contents)
    held_out = windows(corpus.held_out[0])
    before = integer_bits(IntegerNetwork(base.config, base.tensors), held_out)
    model = best_of(restore(base), corpus, seconds, report, note)
    calibration = Batches(corpus.training, _CALIBRATION_ROWS, _LENGTH, seed=2).draw()
    tensors = quantise(model, torch.from_numpy(calibration)) | beside_network(base.tensors)
    tuned = Model(model.config, tensors, b"", output.stem)
    # The held-out part again: on data that it was trained on, the network would seem better than it is.
    tensors |= warm(tuned, corpus.held_out, sizes=_PIECES)
    save_model(output, model.config, tensors, output.stem)
    after = integer_bits(IntegerNetwork(model.config, tensors), held_out)
    return Tuned(before, after, len(corpus.training[0].data), len(corpus.held_out[0].data))


def best_of(model: BytePredictor, corpus: Corpus, seconds: float, report: Report, note: Note) -> BytePredictor:
    """Trains for `seconds`; returns the state that did best on the held-out part, the first one included."""
    held_out = windows(corpus.held_out[0])
    plan = TrainingPlan(seconds, **_PLAN)
    best, best_figure = copy.deepcopy(model), math.inf
    run = Run(model, plan, corpus, note)

    def check() -> None:
        nonlocal best, best_figure
        figure = float_bits(run.model, held_out)
        run.log(held_out={corpus.held_out[0].modality: figure})
        if figure < best_figure:
            best, best_figure = copy.deepcopy(run.model), figure

    check()
    with run.stopping_on_signals():
        next_check = seconds / CHECKS
        while not run.done:
            loss = run.timed_step()
            if run.progress.seconds >= next_check:
                check()
                next_check += seconds / CHECKS
            report(run.progress.seconds, loss, best_figure)
    check()
    return best


def divide(contents: Sequence[bytes]) -> Corpus:
    """One shelf of training data, and one of the last tenth; a lone file is cut in two.

    Raises:
        ModelError: for less than MIN_BYTES.
    """
    total = sum(map(len, contents))
    if total < MIN_BYTES:
        raise ModelError(f"{total:,} bytes are too few to train on: give at least {MIN_BYTES:,}")
    kept: list[bytes] = []
    room = int(total * (1 - HELD_OUT_SHARE))
    rest = list(contents)
    while rest and len(rest[0]) <= room:
        room -= len(rest[0])
        kept.append(rest.pop(0))
    if room > total * HELD_OUT_SHARE:  # the next file is too large to fall on one side
        kept.append(rest[0][:room])
        rest[0] = rest[0][room:]
    return Corpus([_shelf(kept)], [_shelf(rest)])


def _shelf(contents: Sequence[bytes]) -> Shelf:
    filled = [content for content in contents if content]
    starts = np.cumsum([0, *map(len, filled)]).astype(np.int64)
    return Shelf("own", np.frombuffer(b"".join(filled), np.uint8), starts, np.zeros(len(filled), np.int64))
