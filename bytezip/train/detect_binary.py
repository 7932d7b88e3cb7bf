"""Trains the networks of `bytezip.detect` for data that is no text: one where n-grams tell, one for what is packed.

    python -m bytezip.train.detect_binary TRAINING_SET [MORE...] --training-only MADE... --out bytezip/detect/model.npz

Writes `model_binary.npz` and `model_packed.npz` beside OUT. A window is labelled by what stands there, not by the file
that it is of, where that is certain (`detect_contents`): three quarters of it at least. One thread; the same seed gives
the same weights on the same machine.
"""

from __future__ import annotations

import argparse
import time
from collections import Counter, defaultdict
from collections.abc import Iterator
from dataclasses import dataclass
from functools import cache
from pathlib import Path

import numpy as np
import torch
import torch.nn.functional as F
from numpy.typing import NDArray

from bytezip.detect import binary
from bytezip.detect.classifier import beside
from bytezip.detect.features import SHORTEST, SMALLEST
from bytezip.detect.labels import READABLE, modality_of
from bytezip.train.descent import descend, parser_of, temperature_of
from bytezip.train.detect_contents import Content, contents_of, shares
from bytezip.train.detect_items import Item, collect, split, training_only
from bytezip.train.detect_train import LEFT_OUT, class_of, stretch
from bytezip.train.detect_weights import Weights, load, save

KINDS = (binary.BINARY, binary.PACKED)
# Steps, half of them where there is something to begin with, and hidden units.
_SIZES = {binary.BINARY: (800, 128), binary.PACKED: (1500, 192)}
_SAME_SAMPLES = {"gus-patch": "wav", "soundfont": "wav"}
_MOST_SOURCES = 3  # up to which a format is drawn the more often, the more sources it has
_RARER = 1.5  # how much more often than one that is packed in any case a format is drawn
_OF_A_FILE = 3  # windows drawn at once
_CERTAIN, _MIXED = 0.75, 0.25  # shares of a window: from the one on it is what it holds, between them it is left out
_FEWEST = 12  # windows of a class
_BOUND = 6.0  # standard deviations of a feature
_GRAM = 8.0  # by how much roots of shares of n-grams are enlarged
_SEED, _SEED_OF_PACKED = 7, 11
_NEW = 0.3  # by how much the words of units are lessened that stand beside those of a network that was begun with


@dataclass(frozen=True)
class Windows:
    """rows: float16 [N, F] features. names: N formats."""

    rows: NDArray[np.float16]
    names: list[str]


def main() -> None:
    parser = parser_of(__doc__, steps=0, rate=0.003, decay=0.05, dropout=0.4)
    parser.add_argument("--windows", type=int, default=60000)
    parser.add_argument("--packed", type=int, default=0, help="windows of packed data that are drawn beside these")
    parser.add_argument(
        "--begin", type=Path, help="a model to begin with, in place of chance; of as many units or fewer"
    )
    parser.add_argument("--batch", type=int, default=256)
    parser.add_argument("--hidden", type=int, default=0, help="units; 0, as for --steps: those of `_SIZES`")
    arguments = parser.parse_args()
    torch.set_num_threads(1)
    torch.manual_seed(_SEED)
    training, held, _ = split(collect(arguments.training_set, *arguments.more), arguments.turn)
    training += training_only(arguments.training_only, held)
    began = time.monotonic()
    data = drawn(training, arguments.windows, _SEED)
    if arguments.packed:
        more = drawn(training, arguments.packed, _SEED_OF_PACKED, (binary.PACKED,))[binary.PACKED]
        first = data[binary.PACKED]
        data[binary.PACKED] = Windows(np.concatenate([first.rows, more.rows]), first.names + more.names)
    test = drawn(held, arguments.windows // 8, 1)
    print(
        f"{sum(len(windows.names) for windows in data.values())} windows, {time.monotonic() - began:.0f} s", flush=True
    )
    for kind in KINDS:
        classes = classes_of(data[kind])
        network = train(data[kind], classes, chosen_for(kind, arguments))
        temperature = report(network, test[kind], classes)
        keep(beside(arguments.out, kind), network, classes, temperature, binary.HISTOGRAMS[kind])


def chosen_for(kind: str, arguments: argparse.Namespace) -> argparse.Namespace:
    """The arguments for one of the networks: its sizes, where none are asked for, and the file that it begins with."""
    chosen = argparse.Namespace(**vars(arguments))
    steps, hidden = _SIZES[kind]
    chosen.steps = arguments.steps or (steps // 2 if arguments.begin else steps)
    chosen.hidden = arguments.hidden or hidden
    chosen.begin = beside(arguments.begin, kind) if arguments.begin else None
    return chosen


def drawn(items: list[Item], count: int, seed: int, kinds: tuple[str, ...] = KINDS) -> dict[str, Windows]:
    """Windows by kind, of these kinds: formats nearly alike, then sources, then files."""
    random = np.random.default_rng(seed)
    rows: dict[str, list[NDArray[np.float16]]] = {kind: [] for kind in KINDS}
    names: dict[str, list[str]] = {kind: [] for kind in KINDS}
    left = count
    for item in _chosen(items, random):
        for window, name in _windows_of(item, random):
            kind = binary.kind_of(window)
            if kind in kinds:
                rows[kind].append(binary.features_of([window], kind)[0].astype(np.float16))
                names[kind].append(name)
                left -= 1
        if left <= 0:
            break
    lengths = {kind: binary.HISTOGRAMS[kind] + binary.MEASURES[kind] for kind in KINDS}
    return {kind: Windows(np.array(rows[kind]).reshape(-1, lengths[kind]), names[kind]) for kind in KINDS}


def _chosen(items: list[Item], random: np.random.Generator) -> Iterator[Item]:
    """Without an end; of formats that are text in any case nothing."""
    formats: dict[str, dict[str, list[Item]]] = defaultdict(lambda: defaultdict(list))
    for item in items:
        if modality_of(item.format) not in READABLE:
            formats[item.format][item.source].append(item)
    names = sorted(formats)
    rarer = [_RARER if modality_of(name) != "archive" else 1.0 for name in names]
    weights = np.array([min(len(formats[name]), _MOST_SOURCES) for name in names]) * rarer
    while names:
        sources = formats[names[random.choice(len(names), p=weights / weights.sum())]]
        files = sources[sorted(sources)[random.integers(len(sources))]]
        yield files[random.integers(len(files))]


def _windows_of(item: Item, random: np.random.Generator) -> Iterator[tuple[bytes, str]]:
    data, contents = _opened(item)
    for _ in range(_OF_A_FILE if len(data) >= SMALLEST // 2 else 0):
        start, length = stretch(len(data), random)
        name = name_at(contents, item.format, start, start + length)
        if name:
            yield data[start : start + length].ljust(SHORTEST, b"\0"), name


@cache
def _opened(item: Item) -> tuple[bytes, list[Content]]:
    data = item.read()
    return data, contents_of(data, item.format)


def name_at(contents: list[Content], kind: str, start: int, end: int) -> str | None:
    """The class of the bytes from `start` to before `end` of a file of format `kind`; None where it is not certain."""
    inside = max(shares(contents, start, end).items(), key=lambda pair: pair[1], default=("", 0.0))
    if inside[1] > _MIXED:
        kind = inside[0] if inside[1] >= _CERTAIN else ""
    elif kind in LEFT_OUT and kind not in _SAME_SAMPLES:
        kind = ""
    return _SAME_SAMPLES.get(kind, class_of(kind)) or None


def classes_of(data: Windows) -> tuple[str, ...]:
    counts = Counter(data.names)
    return tuple(sorted(name for name, count in counts.items() if count >= _FEWEST))


class Network(torch.nn.Module):
    """One hidden layer over features that it brings to a mean of 0 and a deviation of 1, but for n-grams."""

    def __init__(self, rows: NDArray[np.float16], grams: int, hidden: int, classes: int) -> None:
        super().__init__()
        measures = rows[:, grams:].astype(np.float32)
        self.mean = torch.from_numpy(np.concatenate([np.zeros(grams, np.float32), measures.mean(0)]))
        deviations = measures.std(0) + 1e-3
        self.deviation = torch.from_numpy(np.concatenate([np.full(grams, 1 / _GRAM, np.float32), deviations]))
        self.inner = torch.nn.Linear(rows.shape[1], hidden)
        self.outer = torch.nn.Linear(hidden, classes)
        with torch.no_grad():
            self.inner.weight.mul_(0.3)

    def begin(self, weights: Weights, classes: tuple[str, ...]) -> None:
        """From another network's weights, which have its means and deviations in them: see `keep`.

        Units that it has not remain those of chance, and speak softly.
        """
        inner = torch.cat([weights.histogram, weights.measures])
        known = inner.shape[1]
        with torch.no_grad():
            self.inner.weight[:known] = inner.T * self.deviation
            self.inner.bias[:known] = weights.bias + self.mean @ inner
            self.outer.weight[:, known:] *= _NEW
        weights.begin(classes, self.outer.weight[:, :known].T, self.outer.bias)

    def prepared(self, rows: NDArray[np.float16]) -> torch.Tensor:
        scaled = (torch.from_numpy(rows.astype(np.float32)) - self.mean) / self.deviation
        return scaled.clamp(-_BOUND, _BOUND).bfloat16()

    def forward(self, prepared: torch.Tensor, dropout: float = 0.0) -> torch.Tensor:
        """[B, C]; dropout: of the hidden layer, a third of it of the features."""
        prepared = F.dropout(prepared, dropout / 3, dropout > 0)
        sums = (prepared @ self.inner.weight.bfloat16().T).float()
        hidden = F.relu(sums + self.inner.bias)
        outputs: torch.Tensor = self.outer(F.dropout(hidden, dropout, dropout > 0))
        return outputs


def train(data: Windows, classes: tuple[str, ...], arguments: argparse.Namespace) -> Network:
    known = [number for number, name in enumerate(data.names) if name in classes]
    labels = torch.tensor([classes.index(data.names[number]) for number in known])
    kind = next(kind for kind in KINDS if data.rows.shape[1] == binary.HISTOGRAMS[kind] + binary.MEASURES[kind])
    grams = binary.HISTOGRAMS[kind] if kind == binary.BINARY else 0
    network = Network(data.rows[known], grams, arguments.hidden, len(classes))
    if arguments.begin:
        network.begin(load(arguments.begin), classes)
    prepared = network.prepared(data.rows[known])
    random = np.random.default_rng(_SEED)

    def loss_of() -> torch.Tensor:
        chosen = torch.from_numpy(random.integers(len(labels), size=arguments.batch))
        outputs = network(prepared[chosen], arguments.dropout)
        return F.cross_entropy(outputs, labels[chosen], label_smoothing=0.05)

    for _ in descend(network.parameters(), arguments, loss_of):
        pass
    return network


def report(network: Network, test: Windows, classes: tuple[str, ...]) -> float:
    """Prints how much is right of held-out windows; gives the temperature of the smallest cross-entropy on them."""
    known = [number for number, name in enumerate(test.names) if name in classes]
    if not known:
        return 1.0
    labels = torch.tensor([classes.index(test.names[number]) for number in known])
    with torch.no_grad():
        logits = network(network.prepared(test.rows[known]))
    kinds = [modality_of(name) for name in classes]
    told = logits.argmax(1).tolist()
    modalities = np.mean([kinds[one] == kinds[other] for one, other in zip(told, labels.tolist(), strict=True)])
    heat = temperature_of(logits, labels)
    right = float((logits.argmax(1) == labels).float().mean())
    print(
        f"{len(classes)} classes: format {right:.4f}, modality {modalities:.4f} of {len(known)}; temperature {heat:.2f}"
    )
    return heat


def keep(path: Path, network: Network, classes: tuple[str, ...], temperature: float, histogram: int) -> None:
    """With means and deviations folded into the weights."""
    weights = (network.inner.weight.detach() / network.deviation).T
    save(
        path,
        classes,
        temperature,
        histogram=weights[:histogram],
        measures=weights[histogram:],
        bias=network.inner.bias.detach() - network.mean @ weights,
        outer=network.outer.weight.detach().T,
        outer_bias=network.outer.bias.detach(),
    )


if __name__ == "__main__":
    main()
