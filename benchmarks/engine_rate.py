"""Rate of the network alone, native and torch, and the share it reaches of a bare int8 product of the same shapes.

    python benchmarks/engine_rate.py [--simd PATH] [--repetitions N] [MODEL.safetensors] > rate.csv

Each row is one case: `step` is predict and update, as when decoding; `replay` knows the bytes, as when encoding.
`bare` multiplies the matrices of the model with many columns at once (torch._int_mm) and does nothing else: the int8
rate within reach. Without torch these rows are left out. Rates are medians; the machine should be at rest.
"""

from __future__ import annotations

import argparse
import csv
import importlib
import importlib.util
import statistics
import sys
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import numpy as np

from bytezip._native import Network, NetworkLanes
from bytezip.predictor.config import ModelConfig
from bytezip.predictor.engine import native_network, open_torch
from bytezip.predictor.mixed import Predictor
from bytezip.predictor.weights import STANDARD, Model, load_model

LANES = (1, 4, 8, 16)
THREADS = (1, 2)
SECONDS = 0.5  # of one repetition, about
BARE_COLUMNS = 256


def matrix_shapes(config: ModelConfig) -> list[tuple[int, int]]:
    """(outputs, inputs) of every product of one step with weights."""
    width, pairs, mlp = config.hidden_size, config.key_value_size, config.mlp_size
    layer = [(width + 2 * pairs, width), (width, width), (mlp, width), (width, mlp)]
    return layer * config.num_layers + [(256, width)]


def products_of_a_byte(config: ModelConfig) -> int:
    """Multiplications of a byte with weights, without those of attention."""
    return sum(rows * columns for rows, columns in matrix_shapes(config))


def timed(work: Callable[[], int], repetitions: int) -> float:
    """Median of the bytes a second of work(), which returns the bytes it did; the first run only warms up."""
    rates = []
    for _ in range(repetitions + 1):
        start = time.perf_counter()
        done, until = 0, start + SECONDS
        while time.perf_counter() < until:
            done += work()
        rates.append(done / (time.perf_counter() - start))
    return statistics.median(rates[1:])


def step_work(lanes: Predictor) -> Callable[[], int]:
    bits = np.zeros(lanes.lanes, np.int32)

    def work() -> int:
        for _ in range(8):
            lanes.predict()
            lanes.update(bits)
        return lanes.lanes

    return work


def replay_work(lanes: Predictor) -> Callable[[], int]:
    data = np.random.default_rng(0).integers(0, 256, (1024 // lanes.lanes, lanes.lanes), dtype=np.uint8)

    def work() -> int:
        lanes.replay(data)
        return data.size

    return work


def bare_work(config: ModelConfig, threads: int) -> Callable[[], int]:
    torch: Any = importlib.import_module("torch")
    torch.set_num_threads(threads)
    pairs = [
        (torch.ones(BARE_COLUMNS, inputs, dtype=torch.int8), torch.ones(inputs, outputs, dtype=torch.int8))
        for outputs, inputs in matrix_shapes(config)
    ]

    def work() -> int:
        for activations, weights in pairs:
            torch._int_mm(activations, weights)
        return BARE_COLUMNS

    return work


def measure(model: Model, network: Network, repetitions: int) -> Iterator[tuple[str, int, int, float]]:
    """(kind, lanes, threads, bytes a second). torch comes last, for its threads linger."""
    for threads in THREADS:
        for count in LANES:
            for kind, make in (("step", step_work), ("replay", replay_work)):
                yield kind, count, threads, timed(make(NetworkLanes(network, count, threads)), repetitions)
    if importlib.util.find_spec("torch") is not None:
        for threads in THREADS:
            yield "bare", BARE_COLUMNS, threads, timed(bare_work(model.config, threads), repetitions)
        for count in LANES:
            for kind, make in (("torch step", step_work), ("torch replay", replay_work)):
                yield kind, count, THREADS[-1], timed(make(open_torch(model, count, "cpu")), repetitions)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("model", nargs="?", type=Path, default=STANDARD)
    parser.add_argument("--simd", default="")
    parser.add_argument("--repetitions", type=int, default=5)
    options = parser.parse_args()
    model = load_model(options.model)
    network = native_network(model, options.simd)
    rows = list(measure(model, network, options.repetitions))
    bare = {threads: rate for kind, _, threads, rate in rows if kind == "bare"}
    writer = csv.writer(sys.stdout, lineterminator="\n")
    writer.writerow(["simd", "kind", "lanes", "threads", "bytes_per_second", "gmac_per_second", "share_of_bare"])
    for kind, lanes, threads, rate in rows:
        share = f"{rate / bare[threads]:.3f}" if threads in bare else ""
        gmac = rate * products_of_a_byte(model.config) / 1e9
        writer.writerow([network.simd, kind, lanes, threads, f"{rate:.0f}", f"{gmac:.1f}", share])


if __name__ == "__main__":
    main()
