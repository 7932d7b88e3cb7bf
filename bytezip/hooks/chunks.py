"""A codec of zarr 3, which compresses each chunk of an array: `zarr.create_array(..., compressors=BytezipCodec())`.

Needs zarr 3. zarr finds it by its name in stored arrays, through an entry point of the package. Arrays of zarr's format
2 take the codec of numcodecs in place of it, see `arrays.py`.
"""

from __future__ import annotations

import asyncio
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Self

from zarr.abc.codec import BytesBytesCodec

from bytezip.codec import compress, decompress
from bytezip.levels import DEFAULT_LEVEL, profile_of

if TYPE_CHECKING:
    from zarr.core.array_spec import ArraySpec
    from zarr.core.buffer import Buffer

NAME = "bytezip"


@dataclass(frozen=True)
class BytezipCodec(BytesBytesCodec):
    """Compresses each chunk into one member.

    Args:
        level: 1 (fastest) to 9 (smallest).
        model: the path of a model file; None takes the standard model. Reading needs the same one.
        threads: for one chunk; zarr works on several of them at once by itself.

    Raises:
        ValueError: for a level other than 1 to 9.
    """

    is_fixed_size = False

    level: int = DEFAULT_LEVEL
    model: str | None = None
    threads: int = 1

    def __post_init__(self) -> None:
        profile_of(self.level)

    @classmethod
    def from_dict(cls, data: dict[str, Any]) -> Self:
        return cls(**data.get("configuration", {}))

    def to_dict(self) -> dict[str, Any]:
        """What the metadata of an array say of it; threads are nothing that an array must know."""
        return {"name": NAME, "configuration": {"level": self.level, "model": self.model}}

    def compute_encoded_size(self, input_byte_length: int, chunk_spec: ArraySpec) -> int:
        raise NotImplementedError  # as the abstract class asks where only coding tells

    async def _encode_single(self, chunk_data: Buffer, chunk_spec: ArraySpec) -> Buffer:
        return await asyncio.to_thread(self._encode, chunk_data, chunk_spec)

    async def _decode_single(self, chunk_data: Buffer, chunk_spec: ArraySpec) -> Buffer:
        return await asyncio.to_thread(self._decode, chunk_data, chunk_spec)

    def _encode(self, chunk: Buffer, spec: ArraySpec) -> Buffer:
        coded = compress(chunk.to_bytes(), self.level, model=self.model, threads=self.threads)
        return spec.prototype.buffer.from_bytes(coded)

    def _decode(self, chunk: Buffer, spec: ArraySpec) -> Buffer:
        raw = decompress(chunk.to_bytes(), model=self.model, threads=self.threads)
        return spec.prototype.buffer.from_bytes(raw)
