"""bytezip: a lossless compressor with a neural network inside, exact on every machine.

    >>> import bytezip
    >>> bytezip.decompress(bytezip.compress(b"hello"))
    b'hello'

Importing it loads neither torch nor what the command line needs; `BytePredictor` brings torch in when first used.
`detect_modality` tells what bytes are, `find_anomalies` which of them are unusual, `generate` makes some up.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from bytezip.codec import Compressor as BytezipCompressor
from bytezip.codec import Decompressor as BytezipDecompressor
from bytezip.codec import compress, decompress
from bytezip.container.layout import Origin
from bytezip.errors import BytezipError, MissingExtraError
from bytezip.file import BytezipFile, open
from bytezip.generate import generate
from bytezip.inspect import inspect
from bytezip.predictor.config import ModelConfig
from bytezip.scan import Anomaly, find_anomalies
from bytezip.surprise import surprise

if TYPE_CHECKING:
    from bytezip.detect import Detection, ModalityDetector, detect_modality
    from bytezip.predictor.transformer import BytePredictor

__version__ = "0.1.0.dev0"

__all__ = [
    "Anomaly",
    "BytePredictor",
    "BytezipCompressor",
    "BytezipDecompressor",
    "BytezipError",
    "BytezipFile",
    "Detection",
    "MissingExtraError",
    "ModalityDetector",
    "ModelConfig",
    "Origin",
    "__version__",
    "compress",
    "decompress",
    "detect_modality",
    "find_anomalies",
    "generate",
    "inspect",
    "open",
    "surprise",
]


def __getattr__(name: str) -> Any:
    if name in ("Detection", "ModalityDetector", "detect_modality"):
        from bytezip import detect  # noqa: PLC0415  its tables and its model are of no use to a compressor's user

        return getattr(detect, name)
    if name != "BytePredictor":
        raise AttributeError(f"module 'bytezip' has no attribute {name!r}")
    try:
        from bytezip.predictor.transformer import BytePredictor  # noqa: PLC0415  torch takes seconds to load
    except ModuleNotFoundError as error:
        raise MissingExtraError("BytePredictor", "torch") from error
    return BytePredictor
