"""The file of a network of `bytezip.detect`: the mirror of `bytezip.detect.classifier.Network`.

Knows: the layout.  Does not know: how the weights came about.
"""

from __future__ import annotations

import json
from pathlib import Path

import numpy as np
from torch import Tensor


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
