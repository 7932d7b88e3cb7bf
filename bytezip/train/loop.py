"""One training run, from top to bottom.

Muon (Jordan 2024, kellerjordan.github.io/posts/muon) for the matrices of the blocks, Adam for embedding, head and
scales; bfloat16 autocast where the processor has it; linear warm-up and a long linear cool-down to zero over a budget
of training time.
Training through the rounding of the integer form (the straight-through estimator) was tried and is out: it cost 30 % of
the speed and closed no gap (benchmarks/LOG.md); finer integers did.

Knows: everything in this package.  Does not know: integers, the compressor.
"""

from __future__ import annotations

import math
import os
import signal
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import Any

import torch
import torch.nn.functional as F
from torch import Tensor
from torch.optim.swa_utils import AveragedModel, get_ema_multi_avg_fn

from bytezip.predictor.config import START_TOKEN
from bytezip.predictor.transformer import BytePredictor
from bytezip.train.batches import Batches
from bytezip.train.corpus import Corpus
from bytezip.train.evaluate import SAMPLE_ROWS, bits_per_byte
from bytezip.train.muon import Float32Muon
from bytezip.train.precision import fastest_type, products_in


@dataclass(frozen=True)
class TrainingPlan:
    """What a run does; stored in each checkpoint.

    seconds: training time in all, evaluation and pauses left out.
    rows, length: shape of a batch; a step sums the gradients of `accumulate` batches.
    short_share: first share of the run, whose batches have four times as many rows, each a quarter as long.
    sample_seconds: between two looks at a few held-out windows of each modality, for the curves; 0 takes none.
    average_decay: of the moving average of the weights that is kept beside them, a step; 0 keeps none. With a cool-down
        to zero the last weights are averaged already, by the optimiser itself.
    """

    seconds: float
    rows: int = 8
    length: int = 1024
    accumulate: int = 1
    short_share: float = 0.0
    average_decay: float = 0.0
    muon_rate: float = 0.02
    adam_rate: float = 0.003
    warm_up_steps: int = 100
    cool_down_share: float = 0.6
    checkpoint_seconds: float = 600.0
    sample_seconds: float = 0.0
    seed: int = 1


Note = Callable[[dict[str, Any]], None]
"""Called with each line of a run's log: step, seconds, bytes, and what was measured."""


@dataclass
class Progress:
    step: int = 0
    seconds: float = 0.0
    bytes_read: int = 0
    log: list[dict[str, Any]] = field(default_factory=list)


LOG_STEPS = 20  # steps between two lines of the log
SHORT_CUT = 4  # of the batches in the short share


class Run:
    """A training run that can stop at any step and go on from its last checkpoint, data order included."""

    def __init__(
        self,
        model: BytePredictor,
        plan: TrainingPlan,
        corpus: Corpus,
        note: Note = lambda line: None,
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        """clock: seconds, by which the plan's time passes; `time.process_time` where others are at work, too."""
        self.plan = plan
        self.clock = clock
        self.corpus = corpus
        self.model = model
        self.note = note
        self.precision = fastest_type()  # of the products
        self.optimisers = build_optimisers(self.model, plan, self.precision)
        self.average = average_of(model, plan.average_decay)
        self.batches = Batches(corpus.training, plan.rows, plan.length, plan.seed)
        self.progress = Progress()
        self.stopping = False

    def go(self, checkpoint: Path) -> None:
        """Trains until the plan's time is used up, or SIGINT or SIGTERM asks for a clean stop."""
        with self.stopping_on_signals():
            self._train(checkpoint)

    @contextmanager
    def stopping_on_signals(self) -> Iterator[None]:
        """Within it, SIGINT and SIGTERM let the step in hand end and then make the run `done`."""
        before = {name: signal.signal(name, self._ask_to_stop) for name in (signal.SIGINT, signal.SIGTERM)}
        try:
            yield
        finally:
            for name, handler in before.items():
                signal.signal(name, handler)

    def _train(self, checkpoint: Path) -> None:
        last_saved = self.progress.seconds
        while not self.done:
            before = self.progress.seconds
            self.timed_step()
            if self._sample_is_due(before):
                self.log(held_out_sample=bits_per_byte(self.model, self.corpus.held_out, SAMPLE_ROWS))
            if self.progress.seconds - last_saved >= self.plan.checkpoint_seconds:
                self.save(checkpoint)
                last_saved = self.progress.seconds
        self.log(held_out=bits_per_byte(self.model, self.corpus.held_out))
        if self.averaged is not None:
            self.log(held_out_of_average=bits_per_byte(self.averaged, self.corpus.held_out))
        self.save(checkpoint)

    @property
    def averaged(self) -> BytePredictor | None:
        """The model of the averaged weights; None where the plan keeps none."""
        if self.average is None:
            return None
        assert isinstance(self.average.module, BytePredictor)
        return self.average.module

    @property
    def done(self) -> bool:
        return self.stopping or self.progress.seconds >= self.plan.seconds

    def timed_step(self) -> float:
        """One batch, counted and now and then logged; returns its loss in bits a byte."""
        began = self.clock()
        loss = self.step() / math.log(2)
        self.progress.seconds += self.clock() - began
        if self.progress.step % LOG_STEPS == 0:
            self.log(loss_bits=round(loss, 4))
        return loss

    def step(self) -> float:
        """One batch; returns its loss in nats a byte."""
        rate = self.rate()
        for optimiser in self.optimisers:
            for group in optimiser.param_groups:
                group["lr"] = group["initial_lr"] * rate
        loss = sum(self._backward() for _ in range(self.plan.accumulate))
        for optimiser in self.optimisers:
            optimiser.step()
            optimiser.zero_grad(set_to_none=True)
        if self.average is not None:
            self.average.update_parameters(self.model)
        self.progress.step += 1
        self.progress.bytes_read += self.plan.accumulate * self.plan.rows * self.plan.length
        return loss

    def _backward(self) -> float:
        """Adds the gradients of one batch to those that are there; returns its share of the step's loss."""
        short = self.progress.seconds < self.plan.short_share * self.plan.seconds
        batch = torch.from_numpy(self.batches.draw(SHORT_CUT if short else 1))
        with products_in(self.precision):
            logits = self.model(batch[:, :-1])
        loss = loss_in_nats(logits, batch[:, 1:]) / self.plan.accumulate
        loss.backward()  # type: ignore[no-untyped-call]
        return loss.item()

    def rate(self) -> float:
        """Learning rate now, as a share of its peak."""
        warm = min(1.0, (self.progress.step + 1) / self.plan.warm_up_steps)
        left = 1.0 - self.progress.seconds / self.plan.seconds
        return warm * min(1.0, max(left, 0.0) / self.plan.cool_down_share)

    def save(self, path: Path) -> None:
        """Writes a checkpoint beside the old one, then takes its place: there is always a whole one."""
        state = {
            "config": self.model.config.to_dict(),
            "plan": asdict(self.plan),
            "model": self.model.state_dict(),
            "average": None if self.average is None else self.average.state_dict(),
            "optimisers": [optimiser.state_dict() for optimiser in self.optimisers],
            "random": self.batches.random.bit_generator.state,
            "progress": asdict(self.progress),
        }
        partial = path.with_suffix(".partial")
        torch.save(state, partial)
        os.replace(partial, path)

    def load(self, path: Path) -> None:
        state = torch.load(path, weights_only=True)
        self.model.load_state_dict(state["model"])
        for optimiser, kept in zip(self.optimisers, state["optimisers"], strict=True):
            optimiser.load_state_dict(kept)
        if self.average is not None:
            self.average.load_state_dict(state["average"])
        self.batches.random.bit_generator.state = state["random"]
        self.progress = Progress(**state["progress"])

    def _sample_is_due(self, before: float) -> bool:
        """Whether the step that began at `before` passed a time for a sample: the same times after a pause."""
        every = self.plan.sample_seconds
        return every > 0 and self.progress.seconds // every > before // every

    def log(self, **what: Any) -> None:
        """Adds a line to the run's log: where it is, and what was measured there."""
        line = {"step": self.progress.step, "seconds": round(self.progress.seconds), "bytes": self.progress.bytes_read}
        self.progress.log.append(line | what)
        self.note(line | what)

    def _ask_to_stop(self, *_: object) -> None:
        self.stopping = True


def build_optimisers(model: BytePredictor, plan: TrainingPlan, precision: torch.dtype) -> list[torch.optim.Optimizer]:
    matrices = [p for p in model.blocks.parameters() if p.ndim == 2]
    others = [p for p in model.parameters() if not any(p is matrix for matrix in matrices)]
    muon = torch.optim.Muon if precision == torch.bfloat16 else Float32Muon
    optimisers: list[torch.optim.Optimizer] = [
        muon(matrices, lr=plan.muon_rate, momentum=0.95, weight_decay=0.0),
        torch.optim.Adam(others, lr=plan.adam_rate, betas=(0.9, 0.98), eps=1e-10),
    ]
    for optimiser in optimisers:
        for group in optimiser.param_groups:
            group["initial_lr"] = group["lr"]
    return optimisers


_moving_average: Callable[[float], Callable[..., None]] = get_ema_multi_avg_fn


def average_of(model: BytePredictor, decay: float) -> AveragedModel | None:
    """The exponential moving average of a model's weights (Polyak averaging); None without decay."""
    return AveragedModel(model, multi_avg_fn=_moving_average(decay)) if decay else None


def loss_in_nats(logits: Tensor, targets: Tensor) -> Tensor:
    """Mean cross-entropy in nats a byte; the start token is never a target."""
    return F.cross_entropy(logits.flatten(0, 1), targets.flatten(), ignore_index=START_TOKEN)
