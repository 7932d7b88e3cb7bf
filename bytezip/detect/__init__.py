"""What bytes are: `detect_modality` and `ModalityDetector`.

Four witnesses, each a module that does not know the others: the signature at the beginning (`signatures`, with
`libmagic` behind it) and the grammar of texts (`texts`), counting (`statistics`), and a trained classifier of windows
(`classifier`). The `judge` weighs them; `segments` finds where one kind of content ends and another begins.
"""

from __future__ import annotations

from bytezip.detect.detector import ModalityDetector, block_modality, detect_modality
from bytezip.detect.labels import LABELS, MODALITIES, Label
from bytezip.detect.result import Detection, Segment, Testimony
from bytezip.detect.statistics import is_packed

__all__ = [
    "LABELS",
    "MODALITIES",
    "Detection",
    "Label",
    "ModalityDetector",
    "Segment",
    "Testimony",
    "block_modality",
    "detect_modality",
    "is_packed",
]
