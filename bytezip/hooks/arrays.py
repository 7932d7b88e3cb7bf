"""A codec of numcodecs, by which zarr compresses the chunks of arrays. Needs the extra `hooks`.

numcodecs finds it by itself under the name "bytezip", through an entry point of the package.
"""

from __future__ import annotations

from typing import Any

from numcodecs.abc import Codec
from numcodecs.compat import ensure_contiguous_ndarray, ndarray_copy

from bytezip.codec import compress, decompress
from bytezip.levels import DEFAULT_LEVEL, profile_of


class Bytezip(Codec):  # type: ignore[misc]  # numcodecs has no type hints
    """Compresses each chunk into one member.

    Args:
        level: 1 (fastest) to 9 (smallest).
        model: the path of a model file; None takes the standard model. Reading needs the same one.
    """

    codec_id = "bytezip"

    def __init__(self, level: int = DEFAULT_LEVEL, model: str | None = None) -> None:
        profile_of(level)  # raises where it is none
        self.level = level
        self.model = model

    def encode(self, buf: Any) -> bytes:
        return compress(ensure_contiguous_ndarray(buf).tobytes(), self.level, model=self.model)

    def decode(self, buf: Any, out: Any = None) -> Any:
        content = decompress(ensure_contiguous_ndarray(buf).tobytes(), model=self.model)
        return ndarray_copy(content, None if out is None else ensure_contiguous_ndarray(out))
