"""Trains the classifier of `bytezip.detect`: windows of 512 to 4096 bytes from items, held out by source.

    python -m bytezip.train.detect_train TRAINING_SET [MORE...] --out bytezip/detect/model.npz --steps 1400

Sampled by format, then by source, then by file, so that neither a large package nor a frequent format rules. One
thread; the same seed gives the same weights on the same machine.
"""

from __future__ import annotations

import argparse
import json
import time
from collections import defaultdict
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import torch
import torch.nn.functional as F
from numpy.typing import NDArray

from bytezip.detect.features import BUCKETS, FEATURES, HISTOGRAM, MEASURES, SMALLEST, WINDOW, features_of
from bytezip.train.detect_items import Item, collect, split

MERGED = {  # formats whose bytes are those of another one, wherever no header is in sight
    **dict.fromkeys(
        ("gzip", "bzip2", "xz", "lzma", "zlib", "zstd", "brotli", "lz4", "zip", "7z", "jar", "woff", "woff2", "npz",
         "docx", "xlsx", "odt", "bam", "wheel", "deb"),
        "compressed",
    ),
    "m4a": "aac", "mov": "mp4", "mkv": "mp4", "opus": "opus",
}  # fmt: skip
LEFT_OUT = frozenset(
    {
        *("tar", "ar"),  # of other content, between headers
        *("pcf", "type1", "soundfont", "gus-patch", "ico", "onnx"),  # of one source, and alike with frequent ones
    }
)
_MOST_SOURCES = 3  # up to which a format is drawn the more often, the more sources it has
_FEWEST = 4  # files that a format needs to be a class
_SEED = 7

Features = NDArray[np.float32]


@dataclass(frozen=True)
class Pool:
    """Contents of a class by source: uint8 [N] each."""

    name: str
    sources: list[list[NDArray[np.uint8]]]


class Network(torch.nn.Module):
    def __init__(self, hidden: int, classes: int) -> None:
        super().__init__()
        self.inner = torch.nn.Parameter(torch.randn(HISTOGRAM, hidden) * 0.3)
        self.measures = torch.nn.Parameter(torch.randn(MEASURES, hidden) * 0.1)
        self.bias = torch.nn.Parameter(torch.zeros(hidden))
        self.outer = torch.nn.Parameter(torch.randn(hidden, classes) * hidden**-0.5)
        self.outer_bias = torch.nn.Parameter(torch.zeros(classes))

    def forward(self, features: torch.Tensor, dropout: float = 0.0) -> torch.Tensor:
        """[B, C] from [B, FEATURES]."""
        inner = _rounded(self.inner)
        hidden = F.relu(features[:, :HISTOGRAM] @ inner + features[:, HISTOGRAM:] @ self.measures + self.bias)
        return F.dropout(hidden, dropout, dropout > 0) @ self.outer + self.outer_bias


def _rounded(weight: torch.Tensor) -> torch.Tensor:
    """As the file holds it, int8 with a scale a column; the gradient goes through."""
    scale = weight.detach().abs().amax(0) / 127
    return weight + ((weight / scale).round() * scale - weight).detach()


def class_of(name: str) -> str:
    return MERGED.get(name, name)


def pools_of(items: list[Item], classes: tuple[str, ...]) -> list[Pool]:
    by_class: dict[str, dict[str, list[NDArray[np.uint8]]]] = defaultdict(lambda: defaultdict(list))
    for item in items:
        content = item.read()
        if len(content) >= SMALLEST // 2:
            by_class[class_of(item.format)][item.source].append(np.frombuffer(content, np.uint8))
    return [Pool(name, list(by_class[name].values())) for name in classes]


def sample(pools: list[Pool], size: int, random: np.random.Generator) -> tuple[list[bytes], NDArray[np.int64]]:
    """Windows and their classes."""
    weights = np.array([min(len(pool.sources), _MOST_SOURCES) for pool in pools], np.float64)
    labels = random.choice(len(pools), size, p=weights / weights.sum())
    windows = []
    for label in labels:
        source = pools[label].sources[random.integers(len(pools[label].sources))]
        content = source[random.integers(len(source))]
        length = min(int(SMALLEST * 2 ** random.uniform(0, 3)), len(content), WINDOW)
        start = int(random.integers(len(content) - length + 1))
        if random.random() < 0.1:
            start = 0  # the beginning is what short data shows
        windows.append(content[start : start + length].tobytes())
    return windows, labels


def main() -> None:
    parser = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    parser.add_argument("training_set", type=Path)
    parser.add_argument("more", type=Path, nargs="*")
    parser.add_argument("--out", type=Path, required=True)
    parser.add_argument("--steps", type=int, default=1400)
    parser.add_argument("--windows", type=int, default=32000, help="drawn once, and gone through again and again")
    parser.add_argument("--batch", type=int, default=128)
    parser.add_argument("--hidden", type=int, default=48)
    parser.add_argument("--rate", type=float, default=0.01)
    parser.add_argument("--decay", type=float, default=0.05)
    parser.add_argument("--dropout", type=float, default=0.3)
    arguments = parser.parse_args()
    torch.set_num_threads(1)
    torch.manual_seed(_SEED)
    training, held, single = split(collect(arguments.training_set, *arguments.more))
    classes = _classes(training)
    print(
        f"{len(training)} items, {len(held)} held out, {len(classes)} classes; of one source: {sorted(single)}",
        flush=True,
    )
    pools, held_pools = pools_of(training, classes), pools_of(held, classes)
    present = [pool for pool in held_pools if pool.sources]
    test, truth = sample(present, 3000, np.random.default_rng(1))
    truth = np.array([classes.index(present[label].name) for label in truth])
    table = features_of(test)
    network = train(pools, len(classes), arguments, table, truth)
    temperature = _calibrate(network, table, truth)
    save(arguments.out, network, classes, temperature)
    print(f"temperature {temperature:.2f}")
    _report(network, table, truth, classes)


def train(
    pools: list[Pool], classes: int, arguments: argparse.Namespace, test: Features, truth: NDArray[np.int64]
) -> Network:
    random = np.random.default_rng(_SEED)
    network = Network(arguments.hidden, classes)
    optimiser = torch.optim.AdamW(network.parameters(), arguments.rate, weight_decay=arguments.decay)
    schedule = torch.optim.lr_scheduler.OneCycleLR(optimiser, arguments.rate, arguments.steps, pct_start=0.1)
    began, losses = time.monotonic(), []
    windows, drawn = sample(pools, arguments.windows, random)
    table = np.concatenate([features_of(windows[i : i + 500]).astype(np.float16) for i in range(0, len(windows), 500)])
    print(f"{len(table)} windows, {time.monotonic() - began:.0f} s", flush=True)
    for step in range(arguments.steps):
        chosen = random.integers(len(table), size=arguments.batch)
        outputs = network(torch.from_numpy(table[chosen].astype(np.float32)), arguments.dropout)
        labels = drawn[chosen]
        loss = F.cross_entropy(outputs, torch.from_numpy(labels), label_smoothing=0.02)
        optimiser.zero_grad()
        loss.backward()  # type: ignore[no-untyped-call]
        optimiser.step()
        schedule.step()
        losses.append(float(loss.detach()))
        if step % 250 == 249:
            right = float((predict(network, test).argmax(1) == truth).mean())
            print(
                f"step {step + 1}: loss {np.mean(losses[-250:]):.3f}, held-out windows {right:.4f}, "
                f"{time.monotonic() - began:.0f} s",
                flush=True,
            )
    return network


def predict(network: Network, table: Features) -> Features:
    """Logits [B, C]."""
    with torch.no_grad():
        return np.asarray(network(torch.from_numpy(table)).numpy(), np.float32)


def _classes(items: list[Item]) -> tuple[str, ...]:
    counts: dict[str, int] = defaultdict(int)
    for item in items:
        counts[class_of(item.format)] += 1
    return tuple(sorted(name for name, count in counts.items() if count >= _FEWEST and name not in LEFT_OUT))


def _calibrate(network: Network, table: Features, truth: NDArray[np.int64]) -> float:
    """The temperature of the smallest cross-entropy on held-out windows."""
    logits = torch.from_numpy(predict(network, table))
    tried = np.geomspace(0.5, 4, 60)
    losses = [float(F.cross_entropy(logits / float(heat), torch.from_numpy(truth))) for heat in tried]
    return float(tried[int(np.argmin(losses))])


def _report(network: Network, table: Features, truth: NDArray[np.int64], classes: tuple[str, ...]) -> None:
    chosen = predict(network, table).argmax(1)
    for number, name in enumerate(classes):
        of_class = truth == number
        if of_class.any():
            wrong = [classes[other] for other in chosen[of_class] if other != number]
            usual = sorted(set(wrong), key=wrong.count, reverse=True)[:3]
            mistakes = ", ".join(f"{other} {wrong.count(other)}" for other in usual)
            print(f"{name:16} {1 - len(wrong) / of_class.sum():.2f} of {of_class.sum()}: {mistakes}")


def save(path: Path, network: Network, classes: tuple[str, ...], temperature: float) -> None:
    inner = network.inner.detach()
    scale = inner.abs().amax(0) / 127
    np.savez_compressed(
        path,
        classes=np.frombuffer(json.dumps(classes).encode(), np.uint8),
        scale=scale.numpy(),
        inner=(inner / scale).round().to(torch.int8).numpy(),
        measures=network.measures.detach().numpy(),
        bias=network.bias.detach().numpy(),
        outer=network.outer.detach().numpy().astype(np.float16),
        outer_bias=network.outer_bias.detach().numpy(),
        temperature=np.float32(temperature),
        buckets=np.array(BUCKETS),
    )
    assert FEATURES == HISTOGRAM + MEASURES


if __name__ == "__main__":
    main()
