"""What mostly followed in the training set, as a tensor of a model file: some millions of contexts and their bytes.

The network has read the training set once and forgets the most of it; this table was counted from all of it (see
`bytezip.train.phrases`). Its layout is the business of the native core; bytezip(5) tells of it. A model without one
compresses, too.

Knows: numbers, the name of the tensor.  Does not know: files, contexts.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

if TYPE_CHECKING:
    from bytezip._native import Phrases

NAME = "phrases"
LINE = 64  # bytes: a cache line
MOST_LINES = 1 << 22


def open_phrases(tensors: Mapping[str, NDArray[np.generic]]) -> Phrases | None:
    """The table of a model, uint8 [lines, 64], ready to be asked; None where the model has none."""
    from bytezip._native import Phrases  # noqa: PLC0415  what only lists archives does without the core

    return Phrases(np.ascontiguousarray(tensors[NAME])) if NAME in tensors else None


def well_formed(lines: NDArray[np.generic]) -> bool:
    """Whether this can be a table; any contents will do, and bad ones cost size alone."""
    return lines.dtype == np.uint8 and lines.ndim == 2 and lines.shape[1] == LINE and 1 <= len(lines) <= MOST_LINES
