"""Shapes, rates and inputs of the network compared: each trained from nothing for the same time, on the same data.

    python benchmarks/shapes.py CORPUS --minutes N [--only NAME,...] [--threads N] [--to FOLDER] [--list]

Fills `shapes.csv` row by row; what stands there, of the same minutes and threads, is not trained again. Figures are
float bits per byte on the held-out windows of modalities that are read often, and their mean. `minutes` are those of
the steps alone, by the processor time of a thread, so that others at work take nothing from a trial; evaluation takes
about half a minute more.

Not every input here could ship: those but `plain` would need a place in the integer form and in the model file.
"""

from __future__ import annotations

import argparse
import sys
import time
from collections.abc import Callable
from dataclasses import dataclass, field, replace
from pathlib import Path
from statistics import fmean
from typing import Any

import numpy as np
import torch
from numpy.typing import NDArray
from table import Table
from torch import Tensor, nn

from bytezip.predictor.config import PRESETS, START_TOKEN, ModelConfig
from bytezip.predictor.transformer import BytePredictor
from bytezip.train.corpus import Corpus, read_corpus
from bytezip.train.evaluate import bits_per_byte
from bytezip.train.loop import Run, TrainingPlan

HERE = Path(__file__).parent
OFTEN = ("text/moby-dick", "code", "docs", "json", "html", "xml", "lang", "elf", "log", "csv", "pe")  # kinds looked at
WARM_UP = 20  # steps: ten minutes of a thread are two or three hundred
HASHES, HASH_WIDTH = 1 << 14, 64  # of the tables of n-grams
NOTHING = START_TOKEN  # expected where a context is new


class Smeared(nn.Module):
    """The embedding of a byte and, channel by channel, some of that of the byte before it (modded-nanogpt's smear)."""

    def __init__(self, embedding: nn.Embedding) -> None:
        super().__init__()
        self.embedding = embedding
        self.share = nn.Parameter(torch.zeros(embedding.embedding_dim))

    def forward(self, tokens: Tensor) -> Tensor:
        own: Tensor = self.embedding(tokens)
        return own + self.share * shifted(own)


class Grams(nn.Module):
    """Hashed embeddings of the last two and three bytes besides (Byte Latent Transformer), nothing at first."""

    def __init__(self, embedding: nn.Embedding) -> None:
        super().__init__()
        self.embedding = embedding
        self.tables = nn.ModuleList(nn.Embedding(HASHES, HASH_WIDTH) for _ in range(2))
        self.up = nn.Linear(2 * HASH_WIDTH, embedding.embedding_dim, bias=False)
        nn.init.zeros_(self.up.weight)

    def forward(self, tokens: Tensor) -> Tensor:
        before = shifted(tokens)
        pair = tokens * 257 + before
        triple = pair * 257 + shifted(before)
        found = [table(key * 40503 % 65521 % HASHES) for table, key in zip(self.tables, (pair, triple), strict=True)]
        return self.embedding(tokens) + self.up(torch.cat(found, -1))  # type: ignore[no-any-return]


class Expecting(nn.Module):
    """Besides, the byte that last followed the same three bytes in this window: an expert's word as an input."""

    def __init__(self, embedding: nn.Embedding) -> None:
        super().__init__()
        self.embedding = embedding
        self.expected = nn.Embedding(NOTHING + 1, embedding.embedding_dim)
        nn.init.zeros_(self.expected.weight)

    def forward(self, tokens: Tensor) -> Tensor:
        word = np.stack([last_successors(row) for row in tokens.numpy()])
        return self.embedding(tokens) + self.expected(torch.from_numpy(word))  # type: ignore[no-any-return]


def shifted(rows: Tensor) -> Tensor:
    """[B, T, ...]: that of the position before, zero at the first one."""
    return torch.cat((torch.zeros_like(rows[:, :1]), rows[:, :-1]), 1)


def last_successors(row: NDArray[np.int64]) -> NDArray[np.int64]:
    """int64 [T]: what came after the last occurrence of the three tokens that end here; NOTHING where there is none."""
    found = np.full(len(row), NOTHING, np.int64)
    seen: dict[int, int] = {}
    last = -1  # no key
    tokens = row.tolist()
    for end in range(2, len(tokens)):
        key = (tokens[end - 2] * 257 + tokens[end - 1]) * 257 + tokens[end]
        seen[last] = tokens[end]
        found[end] = seen.get(key, NOTHING)
        last = key
    return found


INPUTS: dict[str, Callable[[nn.Embedding], nn.Module]] = {
    "plain": lambda embedding: embedding, "smeared": Smeared, "grams": Grams, "expecting": Expecting,
}  # fmt: skip


@dataclass(frozen=True)
class Trial:
    """What differs from the standard shape and plan."""

    shape: dict[str, int] = field(default_factory=dict)
    plan: dict[str, Any] = field(default_factory=dict)
    inputs: str = "plain"


TRIALS: dict[str, Trial] = {
    "standard": Trial(),
    "smeared": Trial(inputs="smeared"),
    "expecting": Trial(inputs="expecting"),
    "grams": Trial(inputs="grams"),
    "deep and narrow": Trial({"num_layers": 10, "hidden_size": 192, "num_query_heads": 3, "mlp_size": 768}),
    "shallow and wide": Trial({"num_layers": 4, "hidden_size": 320, "num_query_heads": 5, "mlp_size": 1024}),
    "small": Trial({"num_layers": 4, "hidden_size": 192, "num_query_heads": 3, "mlp_size": 768}),
    "window 64": Trial({"attention_window": 64}),
    "window 256": Trial({"attention_window": 256}),
    "8 heads of 32": Trial({"num_query_heads": 8}),
    "2 key heads": Trial({"num_key_value_heads": 2}),
    "mlp 2 times": Trial({"mlp_size": 512}),
    "mlp 3 times": Trial({"mlp_size": 768}),
    "muon 0.01": Trial(plan={"muon_rate": 0.01}),
    "muon 0.04": Trial(plan={"muon_rate": 0.04}),
    "adam 0.0015": Trial(plan={"adam_rate": 0.0015}),
    "adam 0.006": Trial(plan={"adam_rate": 0.006}),
    "4 rows": Trial(plan={"rows": 4}),
    "16 rows": Trial(plan={"rows": 16}),
    "short rows first": Trial(plan={"short_share": 0.3}),
    "cool-down 0.9": Trial(plan={"cool_down_share": 0.9}),
}


def build(trial: Trial, base: ModelConfig) -> BytePredictor:
    """A new network, of the same seed each time."""
    torch.manual_seed(1)
    model = BytePredictor(replace(base, **trial.shape))
    model.embedding = INPUTS[trial.inputs](model.embedding)  # type: ignore[assignment]
    return model


def train(trial: Trial, base: ModelConfig, corpus: Corpus, minutes: float) -> Run | None:
    """Trains; None where it was stopped by a signal."""
    plan = replace(TrainingPlan(60 * minutes, warm_up_steps=WARM_UP), **trial.plan)
    run = Run(build(trial, base), plan, corpus, clock=lambda: time.process_time() / torch.get_num_threads())
    with run.stopping_on_signals():
        while not run.done:
            run.timed_step()
    return None if run.stopping else run


def figures(run: Run) -> list[str]:
    """Values of a row, as VALUES names them."""
    found = bits_per_byte(run.model, run.corpus.held_out)
    return [
        str(sum(parameter.numel() for parameter in run.model.parameters())), str(run.progress.step),
        f"{run.progress.bytes_read / 1e6:.2f}", f"{fmean(found.values()):.4f}",
        " ".join(f"{modality} {bits:.3f}" for modality, bits in found.items()),
    ]  # fmt: skip


KEYS, VALUES = ("trial", "minutes", "threads"), ("parameters", "steps", "read_mb", "mean", "modalities")


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("corpus", type=Path, nargs="?")
    parser.add_argument("--minutes", type=float, default=10.0)
    parser.add_argument("--only", default=",".join(TRIALS), metavar="NAME,...")
    parser.add_argument("--threads", type=int, default=1)
    parser.add_argument("--preset", choices=PRESETS, default="standard")
    parser.add_argument("--to", type=Path, default=HERE, metavar="FOLDER")
    parser.add_argument("--list", action="store_true", help="show the names and what differs")
    chosen = parser.parse_args()
    if chosen.list:
        print(*(f"{name}: {trial}" for name, trial in TRIALS.items()), sep="\n")
        return
    names = chosen.only.split(",")
    if chosen.corpus is None or not set(names) <= TRIALS.keys():
        parser.error("CORPUS is needed, and --only takes names that --list shows")
    torch.set_num_threads(chosen.threads)
    table = Table(chosen.to / "shapes.csv", KEYS, VALUES)
    release = f"torch {torch.__version__} {chosen.preset}"
    every = read_corpus(chosen.corpus)
    corpus = Corpus(every.training, [shelf for shelf in every.held_out if shelf.modality in OFTEN])
    if not corpus.held_out:
        parser.error(f"{chosen.corpus} holds out none of {', '.join(OFTEN)}")
    for name in names:
        key = (name, f"{chosen.minutes:g}", chosen.threads)
        if table.has(key, release):
            continue
        run = train(TRIALS[name], PRESETS[chosen.preset], corpus, chosen.minutes)
        if run is None:
            raise SystemExit(1)
        table.add(key, figures(run), release)
        print(f"{name}: {run.progress.step} steps", file=sys.stderr, flush=True)


if __name__ == "__main__":
    main()
