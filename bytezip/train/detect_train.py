"""Trains the network of `bytezip.detect` for text: windows of 512 to 4096 bytes from items, held out by source.

    python -m bytezip.train.detect_train TRAINING_SET [MORE...] --out bytezip/detect/model.npz --steps 1800

Sampled by format, then by source, then by file, so that neither a large package nor a frequent format rules; windows
that are no text are for the other networks (`detect_binary`). `--turn 1` to 3 hold out other sources of what is trained
on, to choose by. One thread; the same seed gives the same weights on the same machine.
"""

from __future__ import annotations

import argparse
import time
from collections import Counter, defaultdict
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import torch
import torch.nn.functional as F
from numpy.typing import NDArray

from bytezip.detect.binary import TEXT, kind_of
from bytezip.detect.features import FEATURES, HISTOGRAM, MEASURES, SHORTEST, SMALLEST, WINDOW, features_of
from bytezip.train.descent import descend, parser_of, temperature_of
from bytezip.train.detect_items import Item, collect, split, training_only
from bytezip.train.detect_weights import Weights, load, save

MERGED = {  # formats whose bytes are those of another one, wherever no header is in sight
    **dict.fromkeys(
        ("gzip", "bzip2", "xz", "lzma", "zlib", "zstd", "brotli", "lz4", "zip", "7z", "jar", "woff", "woff2", "npz",
         "docx", "xlsx", "pptx", "odt", "ods", "odp", "epub", "bam", "wheel", "apk", "deb", "rpm", "rar", "squashfs"),
        "compressed",
    ),
    "m4a": "aac", "mov": "mp4", "mkv": "mp4", "opus": "opus",
}  # fmt: skip
LEFT_OUT = frozenset(
    {
        *("tar", "ar", "iso9660", "cpio"),  # of other content, between headers
        *("soundfont", "gus-patch", "ico"),  # alike with frequent ones
    }
)
_MOST_SOURCES = 3  # up to which a format is drawn the more often, the more sources it has
_FEWEST = 12  # windows that a format needs to be a class
_FULL = 256  # a count of all bytes of a window, in a table
_TESTED = 6000  # windows that are drawn
_FOREIGN = 0.1  # share of characters beyond ASCII from which on a window may be written in an older encoding
_OLDER = ("koi8-r", "cp1251", "iso8859-7", "cp1253", "shift_jis", "euc_jp", "euc_kr", "big5", "gb18030", "cp1252",
          "iso8859-2", "cp1256", "cp1255", "tis-620")  # fmt: skip
_SEED = 7


@dataclass(frozen=True)
class Pool:
    """Contents of a format by source: uint8 [N] each."""

    name: str
    sources: list[list[NDArray[np.uint8]]]


class Network(torch.nn.Module):
    def __init__(self, hidden: int, classes: int) -> None:
        super().__init__()
        self.inner = torch.nn.Parameter(torch.randn(HISTOGRAM, hidden) * 0.3)
        self.measures = torch.nn.Parameter(torch.randn(MEASURES, hidden) * 0.05)
        self.bias = torch.nn.Parameter(torch.zeros(hidden))
        self.outer = torch.nn.Parameter(torch.randn(hidden, classes) * hidden**-0.5)
        self.outer_bias = torch.nn.Parameter(torch.zeros(classes))

    def begin(self, weights: Weights, classes: tuple[str, ...]) -> None:
        """From another network's weights."""
        with torch.no_grad():
            self.inner.copy_(weights.histogram)
            self.measures.copy_(weights.measures)
            self.bias.copy_(weights.bias)
        weights.begin(classes, self.outer, self.outer_bias)

    def forward(self, histogram: torch.Tensor, measures: torch.Tensor, dropout: float = 0.0) -> torch.Tensor:
        """[B, C] from uint8 [B, HISTOGRAM] and [B, MEASURES]."""
        sums = (histogram.bfloat16() @ (self.inner / _FULL).bfloat16()).float()
        hidden = F.relu(sums + measures @ self.measures + self.bias)
        return F.dropout(hidden, dropout, dropout > 0) @ self.outer + self.outer_bias


@dataclass(frozen=True)
class Table:
    """Features of windows as they are kept while training.

    histogram: uint8 [N, HISTOGRAM], 256 times the square roots of shares, at most 255. measures: float16 [N, MEASURES].
    labels: int64 [N].
    """

    histogram: NDArray[np.uint8]
    measures: NDArray[np.float16]
    labels: NDArray[np.int64]

    def at(self, chosen: NDArray[np.int64] | slice) -> tuple[torch.Tensor, torch.Tensor]:
        return torch.from_numpy(self.histogram[chosen]), torch.from_numpy(self.measures[chosen].astype(np.float32))


def table_of(windows: list[bytes], labels: NDArray[np.int64]) -> Table:
    histogram = np.empty((len(windows), HISTOGRAM), np.uint8)
    measures = np.empty((len(windows), MEASURES), np.float16)
    for start in range(0, len(windows), 500):
        rows = features_of([window.ljust(SHORTEST, b"\0") for window in windows[start : start + 500]])
        histogram[start : start + 500] = np.minimum(255, np.rint(rows[:, :HISTOGRAM] * _FULL))
        measures[start : start + 500] = rows[:, HISTOGRAM:]
    return Table(histogram, measures, labels)


def class_of(name: str) -> str:
    return MERGED.get(name, name)


def pools_of(items: list[Item]) -> list[Pool]:
    """By format."""
    by_format: dict[str, dict[str, list[NDArray[np.uint8]]]] = defaultdict(lambda: defaultdict(list))
    for item in items:
        if item.format not in LEFT_OUT:
            content = item.read()
            if len(content) >= SMALLEST // 2:
                by_format[item.format][item.source].append(np.frombuffer(content, np.uint8))
    return [Pool(name, list(sources.values())) for name, sources in sorted(by_format.items())]


def stretch(size: int, random: np.random.Generator) -> tuple[int, int]:
    """Where a window of `size` bytes begins, and its length: short ones as often as long ones, anywhere."""
    length = min(int(SMALLEST * 2 ** random.uniform(0, 3.3)), size, WINDOW)
    return int(random.integers(size - length + 1)), length


def sample(pools: list[Pool], size: int, random: np.random.Generator) -> tuple[list[bytes], list[str]]:
    """Windows of text and the names of their classes: of `size` drawn ones, formats alike but for those of few sources.

    So the chances that are learnt are those of a world where each format is as frequent as another.
    """
    weights = np.array([min(len(pool.sources), _MOST_SOURCES) for pool in pools], np.float64)
    windows, names = [], []
    for number in random.choice(len(pools), size, p=weights / weights.sum()):
        source = pools[number].sources[random.integers(len(pools[number].sources))]
        content = source[random.integers(len(source))]
        start, length = stretch(len(content), random)
        if random.random() < 0.1:
            start = 0  # the beginning is what short data shows
        window = content[start : start + length].tobytes()
        if kind_of(window) == TEXT:
            windows.append(recoded(window, random) if random.random() < 0.5 else window)
            names.append(class_of(pools[number].name))
    return windows, names


def recoded(window: bytes, random: np.random.Generator) -> bytes:
    """Text of another script, in an encoding of its own where there is one; any other as it is."""
    text = window.decode("utf-8", "ignore")
    if len(text) - len(text.encode("ascii", "ignore")) < _FOREIGN * len(text):
        return window
    known = [coded for coded in (_encoded(text, name) for name in _OLDER) if coded and kind_of(coded) == TEXT]
    return known[int(random.integers(len(known)))] if known else window


def _encoded(text: str, encoding: str) -> bytes | None:
    try:
        return text.encode(encoding)
    except UnicodeEncodeError:
        return None


def main() -> None:
    parser = parser_of(__doc__, steps=900, rate=0.01, decay=0.2, dropout=0.4)
    parser.add_argument("--windows", type=int, default=90000, help="drawn once, and gone through again and again")
    parser.add_argument("--begin", type=Path, help="a model to begin with, in place of chance; of the same shape")
    parser.add_argument("--batch", type=int, default=256)
    parser.add_argument("--hidden", type=int, default=112)
    arguments = parser.parse_args()
    torch.set_num_threads(1)
    torch.manual_seed(_SEED)
    training, held, single = split(collect(arguments.training_set, *arguments.more), arguments.turn)
    training += training_only(arguments.training_only, held)
    print(f"{len(training)} items, {len(held)} held out; of one source: {sorted(single)}", flush=True)
    began = time.monotonic()
    windows, names = sample(pools_of(training), arguments.windows, np.random.default_rng(_SEED))
    classes = tuple(sorted(name for name, count in Counter(names).items() if count >= _FEWEST))
    data = known(windows, names, classes)
    test = known(*sample(pools_of(held), min(_TESTED, arguments.windows), np.random.default_rng(1)), classes)
    print(f"{len(classes)} classes, {len(data.labels)} windows, {time.monotonic() - began:.0f} s", flush=True)
    network = Network(arguments.hidden, len(classes))
    if arguments.begin:
        network.begin(load(arguments.begin), classes)
    train(network, data, test, arguments)
    temperature = temperature_of(torch.from_numpy(predict(network, test)), torch.from_numpy(test.labels))
    assert FEATURES == HISTOGRAM + MEASURES
    save(
        arguments.out,
        classes,
        temperature,
        histogram=network.inner.detach(),
        measures=network.measures.detach(),
        bias=network.bias.detach(),
        outer=network.outer.detach(),
        outer_bias=network.outer_bias.detach(),
    )
    print(f"temperature {temperature:.2f}")
    _report(network, test, classes)


def known(windows: list[bytes], names: list[str], classes: tuple[str, ...]) -> Table:
    """Of the windows whose class is among these."""
    chosen = [number for number, name in enumerate(names) if name in classes]
    labels = np.array([classes.index(names[number]) for number in chosen])
    return table_of([windows[number] for number in chosen], labels)


def train(network: Network, data: Table, test: Table, arguments: argparse.Namespace) -> None:
    random = np.random.default_rng(_SEED)
    began, losses = time.monotonic(), []

    def loss_of() -> torch.Tensor:
        chosen = random.integers(len(data.labels), size=arguments.batch)
        outputs = network(*data.at(chosen), arguments.dropout)
        return F.cross_entropy(outputs, torch.from_numpy(data.labels[chosen]), label_smoothing=0.05)

    for step, loss in enumerate(descend(network.parameters(), arguments, loss_of), 1):
        losses.append(loss)
        if step % 250 == 0:
            right = float((predict(network, test).argmax(1) == test.labels).mean())
            print(
                f"step {step}: loss {np.mean(losses[-250:]):.3f}, held-out windows {right:.4f}, "
                f"{time.monotonic() - began:.0f} s",
                flush=True,
            )


def predict(network: Network, table: Table) -> NDArray[np.float32]:
    """Logits [N, C]."""
    with torch.no_grad():
        rows = [network(*table.at(slice(i, i + 500))).numpy() for i in range(0, len(table.measures), 500)]
    return np.concatenate(rows).astype(np.float32)


def _report(network: Network, test: Table, classes: tuple[str, ...]) -> None:
    chosen = predict(network, test).argmax(1)
    for number, name in enumerate(classes):
        of_class = test.labels == number
        if of_class.any():
            wrong = [classes[other] for other in chosen[of_class] if other != number]
            usual = sorted(set(wrong), key=wrong.count, reverse=True)[:3]
            mistakes = ", ".join(f"{other} {wrong.count(other)}" for other in usual)
            print(f"{name:16} {1 - len(wrong) / of_class.sum():.2f} of {of_class.sum()}: {mistakes}")


if __name__ == "__main__":
    main()
