"""The file of a network of `bytezip.detect`: the mirror of `bytezip.detect.classifier.Network`.

Knows: the layout.  Does not know: how the weights came about.
"""

from __future__ import annotations

import json
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import torch
from torch import Tensor

from bytezip.detect.classifier import Network


@dataclass(frozen=True)
class Weights:
    """Those of a file, as `save` takes them; outer and outer_bias by class, [H] and a number, tempered."""

    histogram: Tensor
    measures: Tensor
    bias: Tensor
    outer: dict[str, Tensor]
    outer_bias: dict[str, Tensor]

    def begin(self, classes: tuple[str, ...], outer: Tensor, outer_bias: Tensor) -> None:
        """Puts the columns of the classes that it knows into [H, C] and [C]; the others stay as they are."""
        with torch.no_grad():
            for number, name in enumerate(classes):
                if name in self.outer:
                    outer[:, number] = self.outer[name]
                    outer_bias[number] = self.outer_bias[name]


def load(path: Path) -> Weights:
    """Of a network of which another one may begin."""
    read = Network(path)
    outer = torch.from_numpy(read.outer.T / read.temperature)
    outer_bias = torch.from_numpy(read.outer_bias / read.temperature)
    return Weights(
        torch.from_numpy(read.inner.astype(np.float32) * read.scale),
        torch.from_numpy(read.measures),
        torch.from_numpy(read.bias),
        dict(zip(read.classes, outer, strict=True)),
        dict(zip(read.classes, outer_bias, strict=True)),
    )


def save(
    path: Path,
    classes: tuple[str, ...],
    temperature: float,
    *,
    histogram: Tensor,
    measures: Tensor,
    bias: Tensor,
    outer: Tensor,
    outer_bias: Tensor,
) -> None:
    """Writes a network of F shares, M measures, H hidden units and C classes.

    Args:
        histogram: float [F, H]; kept as int8 with a scale a column.
        measures: float [M, H]; kept in 16 bits.
        bias: float [H].
        outer: float [H, C]; kept in 16 bits.
        outer_bias: float [C].
    """
    scale = histogram.abs().amax(0) / 127
    np.savez_compressed(
        path,
        classes=np.frombuffer(json.dumps(classes).encode(), np.uint8),
        scale=scale.numpy(),
        inner=(histogram / scale).round().char().numpy(),
        measures=measures.half().numpy(),
        bias=bias.numpy(),
        outer=outer.half().numpy(),
        outer_bias=outer_bias.numpy(),
        temperature=np.float32(temperature),
    )
