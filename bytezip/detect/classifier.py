"""The trained witness: windows of bytes -> how probable each format is.

Three networks of one hidden layer: over hashed n-grams and words for text, over n-grams and measures for other data,
over patterns of bits and measures for data that is packed. Trained by `bytezip.train.detect_train` and
`bytezip.train.detect_binary`; their card is `model.md` beside this file.

Knows: features, its weights, that there are proofs.  Does not know: files, other witnesses.
"""

from __future__ import annotations

import json
from collections.abc import Sequence
from functools import cache
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from bytezip.detect import binary, features
from bytezip.detect.features import SHORTEST, SMALLEST
from bytezip.detect.labels import LABELS
from bytezip.detect.proofs import SURELY, proof_of

MODEL = Path(__file__).parent / "model.npz"
_PACKED = "compressed"
_UNFAMILIAR = 0.34  # nats: of sources that it never saw, a network takes too many windows of packed data for another's
_UNKNOWN = -9.0  # nats of a format that the network of a window does not know


class Network:
    """The weights of a file, as `train.detect_weights.save` wrote them, and what they say.

    classes: the formats it knows, in the order of its outputs.
    """

    def __init__(self, path: Path) -> None:
        with np.load(path, allow_pickle=False) as file:
            self.classes: tuple[str, ...] = tuple(json.loads(bytes(file["classes"]).decode()))
            self.scale = file["scale"].astype(np.float32)  # [H], of the integers in `inner`
            self.inner = file["inner"]  # int8 [F, H], F the length of the histogram
            self.measures = file["measures"].astype(np.float32)  # [MEASURES, H]
            self.bias = file["bias"].astype(np.float32)  # [H]
            self.outer = file["outer"].astype(np.float32)  # [H, C]
            self.outer_bias = file["outer_bias"].astype(np.float32)  # [C]
            self.temperature = float(file["temperature"])
        assert all(name in LABELS for name in self.classes)

    def logits(self, rows: NDArray[np.float32]) -> NDArray[np.float32]:
        """float32 [B, C], tempered: their softmax is calibrated for one window."""
        assert rows.shape[1] == len(self.inner) + len(self.measures)
        hidden = np.stack([self._hidden(row) for row in rows])
        outputs = np.einsum("bh,hc->bc", np.maximum(hidden, 0), self.outer) + self.outer_bias
        return np.asarray(outputs / self.temperature, np.float32)

    def _hidden(self, row: NDArray[np.float32]) -> NDArray[np.float32]:
        """float32 [H] of one row of features, most of which are zero.

        By einsum, not by a matrix product: for so small a one, the threads of a BLAS cost far more than they give.
        """
        histogram = len(self.inner)
        present = np.flatnonzero(row[:histogram])
        sums = np.einsum("f,fh->h", row[present], self.inner[present].astype(np.float32))
        measures = np.einsum("m,mh->h", row[histogram:], self.measures)
        return np.asarray(sums * self.scale + measures + self.bias, np.float32)


def beside(path: Path, kind: str) -> Path:
    """The file of the network for data of this kind, where that of text is at `path`."""
    return path.with_stem(f"{path.stem}_{kind}")


class Classifier:
    """The network at a path, and those beside it for what is no text, where there are any.

    classes: the formats that any of them knows, in the order of its outputs.
    """

    def __init__(self, path: Path) -> None:
        self._networks = {binary.TEXT: Network(path)}
        for kind in (binary.BINARY, binary.PACKED):
            if beside(path, kind).exists():
                self._networks[kind] = Network(beside(path, kind))
        self.classes: tuple[str, ...] = tuple(
            sorted({name for network in self._networks.values() for name in network.classes})
        )
        self._places = {
            kind: np.array([self.classes.index(name) for name in network.classes])
            for kind, network in self._networks.items()
        }

    def probabilities(self, windows: Sequence[bytes]) -> NDArray[np.float32]:
        """float32 [B, C]; rows sum to 1. Windows of up to 4096 bytes."""
        return softmax(self.logits(windows))

    def logits(self, windows: Sequence[bytes]) -> NDArray[np.float32]:
        """float32 [B, C], logarithms of chances, but for a constant a row; calibrated for one window."""
        return np.stack([self._of_one(window.ljust(SHORTEST, b"\0")) for window in windows])

    def _of_one(self, window: bytes) -> NDArray[np.float32]:
        kind = binary.kind_of(window)
        if kind not in self._networks:
            kind = binary.TEXT
        row = np.full(len(self.classes), _UNKNOWN, np.float32)
        proof = proof_of(window, kind)
        left = [self.classes.index(name) for name in proof.formats if name in self.classes] if proof else []
        if proof and len(left) == 1 and proof.nats == SURELY:  # no network is asked
            row[left] = 0.0
            return row
        rows = features.features_of([window]) if kind == binary.TEXT else binary.features_of([window], kind)
        logits = self._networks[kind].logits(rows)[0]
        if kind != binary.TEXT:  # they saw no shorter ones, and measures of a few bytes are extreme
            logits = logits * min(1.0, len(window) / SMALLEST)
        row[self._places[kind]] = np.log(softmax(logits) + 1e-9)
        if kind == binary.PACKED and _PACKED in self.classes:
            row[self.classes.index(_PACKED)] += _UNFAMILIAR
        if proof and left:
            row[np.setdiff1d(np.arange(len(row)), left)] -= proof.nats
        return row


def softmax(logits: NDArray[np.float32]) -> NDArray[np.float32]:
    powers = np.exp(logits - logits.max(-1, keepdims=True))
    return np.asarray(powers / powers.sum(-1, keepdims=True), np.float32)


@cache
def shipped() -> Classifier:
    """The one in the package, read once."""
    return Classifier(MODEL)
