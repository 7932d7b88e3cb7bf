"""The trained witness: windows of bytes -> how probable each format is.

One hidden layer over hashed n-grams. Trained by `bytezip.train.detect_train`; its card is `model.md` beside this file.

Knows: features, its weights.  Does not know: files, other witnesses.
"""

from __future__ import annotations

import json
from collections.abc import Sequence
from functools import cache
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from bytezip.detect.features import FEATURES, HISTOGRAM, SHORTEST, features_of
from bytezip.detect.labels import LABELS

MODEL = Path(__file__).parent / "model.npz"


class Classifier:
    """classes: the formats it knows, in the order of its outputs."""

    def __init__(self, path: Path) -> None:
        with np.load(path, allow_pickle=False) as file:
            self.classes: tuple[str, ...] = tuple(json.loads(bytes(file["classes"]).decode()))
            self._scale = file["scale"].astype(np.float32)  # [H], of the integers in `inner`
            self._inner = file["inner"]  # int8 [HISTOGRAM, H]
            self._measures = file["measures"].astype(np.float32)  # [MEASURES, H]
            self._bias = file["bias"].astype(np.float32)  # [H]
            self._outer = file["outer"].astype(np.float32)  # [H, C]
            self._outer_bias = file["outer_bias"].astype(np.float32)  # [C]
            self._temperature = float(file["temperature"])
        assert all(name in LABELS for name in self.classes)

    def probabilities(self, windows: Sequence[bytes]) -> NDArray[np.float32]:
        """float32 [B, C]; rows sum to 1. Windows of up to 4096 bytes."""
        return softmax(self.logits(windows))

    def logits(self, windows: Sequence[bytes]) -> NDArray[np.float32]:
        """float32 [B, C], tempered: their softmax is calibrated for one window."""
        features = features_of([window.ljust(SHORTEST, b"\0") for window in windows])
        assert features.shape[1] == FEATURES
        hidden = np.stack([self._hidden(row) for row in features])
        outputs = np.einsum("bh,hc->bc", np.maximum(hidden, 0), self._outer) + self._outer_bias
        return np.asarray(outputs / self._temperature, np.float32)

    def _hidden(self, row: NDArray[np.float32]) -> NDArray[np.float32]:
        """float32 [H] of one row of features, most of which are zero.

        By einsum, not by a matrix product: for so small a one, the threads of a BLAS cost far more than they give.
        """
        present = np.flatnonzero(row[:HISTOGRAM])
        sums = np.einsum("f,fh->h", row[present], self._inner[present].astype(np.float32))
        measures = np.einsum("m,mh->h", row[HISTOGRAM:], self._measures)
        return np.asarray(sums * self._scale + measures + self._bias, np.float32)


def softmax(logits: NDArray[np.float32]) -> NDArray[np.float32]:
    powers = np.exp(logits - logits.max(-1, keepdims=True))
    return np.asarray(powers / powers.sum(-1, keepdims=True), np.float32)


@cache
def shipped() -> Classifier:
    """The one in the package, read once."""
    return Classifier(MODEL)
