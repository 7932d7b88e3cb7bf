"""Rate of the trainer, of its parts, and the share it reaches of bare products.

    python benchmarks/trainer_rate.py [--threads N,...] [--rows N] [--length N] [--steps N] > trainer_rate.csv

A step is that of `python -m bytezip.train` with the standard shape, on random bytes, whose values cost what others do.
Parts are timed alone: `draw` (the batch), `forward` (with the loss), `backward`, `muon`, `adam`. `stock attention` is
a step with torch's own attention kernel in place of the blocked one. `products` multiplies matrices of the step's
shapes and does nothing else: `share` is a row's FLOP/s against that, with the same threads. FLOPs are those of
matrix products, attention's blocks as they are computed, twice as many backward as forward. Medians; the machine
should be at rest. It takes a minute or two.
"""

from __future__ import annotations

import argparse
import csv
import statistics
import sys
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import numpy as np
import stamps
import torch
import torch.nn.functional as F
from engine_rate import products_of_a_byte
from torch import Tensor

from bytezip.predictor import attention
from bytezip.predictor.config import PRESETS, ModelConfig
from bytezip.predictor.transformer import BytePredictor
from bytezip.train.corpus import Corpus, Shelf
from bytezip.train.loop import Run, TrainingPlan, loss_in_nats
from bytezip.train.precision import fastest_type, products_in

HEADING = ("threads", "part", "ms", "kb_s", "gflop_s", "share")
PASSES = 3  # FLOPs of a step in those of its forward pass


def attention_products(config: ModelConfig) -> int:
    """Multiplications of a byte in the attention of one pass, as `local_attention` computes its blocks."""
    seen = attention.columns(config.attention_window)
    return 2 * config.num_layers * config.num_query_heads * config.head_size * seen


def forward_flops(config: ModelConfig) -> int:
    """Of one byte."""
    return 2 * (products_of_a_byte(config) + attention_products(config))


def random_corpus() -> Corpus:
    data = np.random.Generator(np.random.PCG64(1)).integers(0, 256, 1 << 20, np.uint8)
    starts = np.arange(0, len(data) + 1, 1 << 14, dtype=np.int64)
    shelf = Shelf("text", data, starts, np.zeros(len(starts) - 1, np.int64))
    return Corpus([shelf], [shelf])


def seconds_of(work: Callable[[], object], times: int) -> float:
    """Median of some calls; the first one only warms up."""
    taken = []
    for _ in range(times + 1):
        start = time.perf_counter()
        work()
        taken.append(time.perf_counter() - start)
    return statistics.median(taken[1:])


def bare_products(config: ModelConfig, positions: int, times: int, precision: torch.dtype) -> float:
    """FLOP/s of products of a step's shapes in the trainer's precision, each weighted by how much of the step it is."""
    width, pairs = config.hidden_size, config.key_value_size
    shapes = {(width, width): 2, (width, pairs): 2, (width, config.mlp_size): 1, (config.mlp_size, width): 1}
    flops = seconds = 0.0
    for (inner, outer), count in shapes.items():
        left = torch.randn(positions, inner, dtype=precision)
        right = torch.randn(inner, outer, dtype=precision)
        flops += count * 2 * positions * inner * outer
        seconds += count * seconds_of(lambda left=left, right=right: left @ right, 3 * times)  # type: ignore[misc]
    return flops / seconds


def stock_attention(query: Tensor, key: Tensor, value: Tensor, window: int) -> Tensor:
    """What `local_attention` computes, by torch's kernel and a mask."""
    distance = torch.arange(query.shape[1])[:, None] - torch.arange(query.shape[1])
    mask = (distance >= 0) & (distance < window)
    query, key, value = (part.transpose(1, 2) for part in (query, key, value))
    mixed = F.scaled_dot_product_attention(query, key, value, attn_mask=mask, scale=1.0, enable_gqa=True)
    return mixed.transpose(1, 2).flatten(2)


class Parts:
    """The parts of a step, each to be called alone."""

    def __init__(self, run: Run) -> None:
        self.run = run
        self.batch = torch.from_numpy(run.batches.draw())
        self.loss = torch.zeros(())

    def draw(self) -> None:
        self.run.batches.draw()

    def forward(self) -> None:
        with products_in(self.run.precision):
            logits = self.run.model(self.batch[:, :-1])
        self.loss = loss_in_nats(logits, self.batch[:, 1:])

    def backward(self) -> None:
        self.loss.backward(retain_graph=True)  # type: ignore[no-untyped-call]

    def muon(self) -> None:
        self.run.optimisers[0].step()

    def adam(self) -> None:
        self.run.optimisers[1].step()


def measured(run: Run, times: int) -> Iterator[tuple[str, float, int]]:
    """(part, seconds, passes whose FLOPs it holds)."""
    yield "step", seconds_of(run.step, times), PASSES
    parts = Parts(run)
    yield "draw", seconds_of(parts.draw, times), 0
    yield "forward", seconds_of(parts.forward, times), 1
    yield "backward", seconds_of(parts.backward, times), PASSES - 1
    yield "muon", seconds_of(parts.muon, times), 0
    yield "adam", seconds_of(parts.adam, times), 0
    blocked = attention.local_attention
    attention.local_attention = stock_attention
    try:
        yield "stock attention", seconds_of(run.step, max(1, times // 2)), PASSES
    finally:
        attention.local_attention = blocked


def rows(config: ModelConfig, plan: TrainingPlan, threads: list[int], times: int) -> Iterator[tuple[object, ...]]:
    positions = plan.rows * plan.length
    torch.manual_seed(1)
    run = Run(BytePredictor(config), plan, random_corpus())
    for count in threads:
        torch.set_num_threads(count)
        peak = bare_products(config, positions, times, run.precision)
        yield count, "products", "", "", f"{peak / 1e9:.0f}", "1.000"
        for part, seconds, passes in measured(run, times):
            rate = passes * forward_flops(config) * positions / seconds
            figures = (f"{rate / 1e9:.0f}", f"{rate / peak:.3f}") if passes else ("", "")
            yield count, part, f"{1000 * seconds:.1f}", f"{positions / seconds / 1000:.2f}", *figures


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--threads", default="1,2", metavar="N,...")
    parser.add_argument("--preset", choices=PRESETS, default="standard")
    parser.add_argument("--rows", type=int, default=8)
    parser.add_argument("--length", type=int, default=1024)
    parser.add_argument("--steps", type=int, default=5, metavar="N", help="of which the median counts")
    parser.add_argument("--to", type=Path, metavar="FILE", help="in place of stdout")
    chosen = parser.parse_args()
    plan = TrainingPlan(1e9, rows=chosen.rows, length=chosen.length)
    name = str(fastest_type()).removeprefix("torch.")
    with chosen.to.open("w", newline="") if chosen.to else sys.stdout as out:
        print(
            f"# {stamps.machine()}; torch {torch.__version__}; {plan.rows} x {plan.length} bytes a step, {name}",
            file=out,
        )
        table = csv.writer(out, lineterminator="\n")
        table.writerow(HEADING)
        for row in rows(
            PRESETS[chosen.preset], plan, [int(count) for count in chosen.threads.split(",")], chosen.steps
        ):
            table.writerow(row)
            out.flush()


if __name__ == "__main__":
    main()
