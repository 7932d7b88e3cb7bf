"""Trains the classifier of `bytezip.kinds`: beginnings, middles and wholes of items, held out by source.

    python -m bytezip.train.kinds_train TRAINING_SET [MORE...] --out bytezip/kinds.npy

The square roots of shares go through the very integers of `bytezip.kinds`; one thread.
"""

from __future__ import annotations

import argparse
from collections import Counter

import numpy as np
import torch
import torch.nn.functional as F
from numpy.typing import NDArray

from bytezip.detect.labels import modality_of
from bytezip.kinds import BUCKETS, CLEAR, FULL, HIDDEN, KINDS, UNIT, features_of, scores_of, unpacked
from bytezip.train.descent import descend, parser_of
from bytezip.train.detect_items import Item, collect, split

_EACH = 3  # blocks of an item: all of it, and parts
_SMALLEST = 4096  # bytes of a part
_ENOUGH = 80  # rows of a format, from which on it counts in full
_SEED = 7


def blocks_of(items: list[Item], random: np.random.Generator) -> tuple[NDArray[np.int16], NDArray[np.int64], list[str]]:
    """Features, kinds, and the formats that they are of."""
    rows, kinds, formats = [], [], []
    for item in items:
        content = item.read()
        if len(content) < 512:
            continue
        for number in range(_EACH if len(content) > 2 * _SMALLEST else 1):
            start = int(random.integers(len(content) - _SMALLEST)) if number else 0
            end = len(content) if number == 0 else int(random.integers(start + _SMALLEST, len(content) + 1))
            rows.append(features_of(content[start:end]).astype(np.int16))
            kinds.append(KINDS.index(modality_of(item.format)))
            formats.append(item.format)
    return np.array(rows), np.array(kinds), formats


def main() -> None:
    parser = parser_of(__doc__, steps=2000, rate=0.02, decay=0.05, dropout=0.3)
    arguments = parser.parse_args()
    torch.set_num_threads(1)
    torch.manual_seed(_SEED)
    training, held, _ = split(collect(arguments.training_set, *arguments.more), arguments.turn)
    random = np.random.default_rng(_SEED)
    table, kinds, formats = blocks_of(training, random)
    weights = train(table, kinds, chances_of(formats), arguments)
    np.save(arguments.out, weights)
    table, kinds, formats = blocks_of(held, random)
    report(table, kinds, formats, weights)


def chances_of(formats: list[str]) -> NDArray[np.float64]:
    """Of each row to be drawn: kinds alike, formats of a kind alike, but for those of few rows."""
    counts = Counter(formats)
    weights = {name: min(count, _ENOUGH) for name, count in counts.items()}
    by_kind: Counter[str] = Counter()
    for name, weight in weights.items():
        by_kind[modality_of(name)] += weight
    chances = np.array([weights[name] / counts[name] / by_kind[modality_of(name)] for name in formats])
    return np.asarray(chances / chances.sum())


def train(
    table: NDArray[np.int16], kinds: NDArray[np.int64], chances: NDArray[np.float64], arguments: argparse.Namespace
) -> NDArray[np.int8]:
    """int8, as `bytezip.kinds.unpacked` takes it."""
    random = np.random.default_rng(_SEED)
    inner = torch.nn.Parameter(torch.randn(BUCKETS, HIDDEN) * 0.3)
    outer = torch.nn.Parameter(torch.randn(HIDDEN, len(KINDS)) * HIDDEN**-0.5)
    biases = torch.nn.Parameter(torch.zeros(HIDDEN)), torch.nn.Parameter(torch.zeros(len(KINDS)))

    def loss_of() -> torch.Tensor:
        chosen = random.choice(len(kinds), 256, p=chances)
        features = torch.from_numpy(table[chosen].astype(np.float32)) / FULL
        hidden = F.relu(features @ _rounded(inner) + _rounded(biases[0]))
        scores = F.dropout(hidden, arguments.dropout) @ _rounded(outer) + _rounded(biases[1])
        return F.cross_entropy(scores, torch.from_numpy(kinds[chosen]), label_smoothing=0.02)

    for step, loss in enumerate(descend([inner, outer, *biases], arguments, loss_of), 1):
        if step % 500 == 0:
            print(f"step {step}: loss {loss:.3f}", flush=True)
    packed = np.zeros((BUCKETS + HIDDEN + 2, HIDDEN), np.int8)
    parts = unpacked(packed)  # views
    for part, weight in zip(parts, (inner, biases[0], outer, biases[1]), strict=True):
        part[:] = (_rounded(weight.detach()) * UNIT).numpy().astype(np.int8)
    return packed


def _rounded(weight: torch.Tensor) -> torch.Tensor:
    """As the file holds it; the gradient goes through."""
    return weight + ((weight * UNIT).round().clamp(-127, 127) / UNIT - weight).detach()


def report(table: NDArray[np.int16], kinds: NDArray[np.int64], formats: list[str], weights: NDArray[np.int8]) -> None:
    scores = scores_of(table.astype(np.int32), unpacked(weights))
    order = np.sort(scores, 1)
    clear = order[:, -1] - order[:, -2] >= CLEAR
    right = scores.argmax(1) == kinds
    chances = chances_of(formats)
    print(f"right {(chances * right).sum():.4f}; clear {(chances * clear).sum():.4f}, of these right "
          f"{(chances * (right & clear)).sum() / (chances * clear).sum():.4f}")  # fmt: skip
    for number, name in enumerate(KINDS):
        of_kind = kinds == number
        if of_kind.any():
            told = np.where(clear, scores.argmax(1), 0)[of_kind]
            counts = sorted(((int((told == other).sum()), KINDS[other]) for other in set(told.tolist())), reverse=True)
            print(name, ", ".join(f"{other} {count}" for count, other in counts[:5]))


if __name__ == "__main__":
    main()
