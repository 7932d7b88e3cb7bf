"""The shape of a BytePredictor: one frozen record, and the presets that ship.

Knows: numbers.  Does not know: torch, files, weights.
"""

from __future__ import annotations

from dataclasses import asdict, dataclass
from typing import Any

MAX_TERMS = 1040  # 127 * 127 * 1040 < 2^24: a float32 sum of so many products is exact
MAX_SQUARE_TERMS = 518  # 255 * 127 * 518 < 2^24: likewise, for inputs 0..255
MAX_WINDOW = 1024  # 16383 * 127 * 1024 < 2^31: a sum of values, weighted by softmax numerators, fits int32
MAX_HEAD_SIZE = 64  # a turned, normed head of this size still fits int8 at 16 steps a unit
START_TOKEN = 256
"""The input before the first byte of a stream; never predicted."""


@dataclass(frozen=True)
class ModelConfig:
    """Shape of a BytePredictor.

    The first six fields carry the names and defaults of the seed document; the others are ours.

    Raises:
        ValueError: where the numbers do not describe a model.
    """

    vocab_size: int = 256  # bytes; the start token comes on top of it
    hidden_size: int = 1024
    num_layers: int = 12
    num_key_value_heads: int = 8
    num_query_heads: int = 32
    max_sequence_length: int = 8192  # longest training sequence; inference has no limit
    attention_window: int = 128  # positions each one attends to, itself included
    mlp_size: int = 0  # width of the ReLU^2 layer; 0 means 4 * hidden_size
    rope_base: int = 10_000
    logit_soft_cap: int = 15  # nats

    def __post_init__(self) -> None:
        for name, value in asdict(self).items():
            if not isinstance(value, int) or isinstance(value, bool) or value < (name == "mlp_size" and -1) + 1:
                raise ValueError(f"{name} must be a positive integer, not {value!r}")
        if self.vocab_size != 256:
            raise ValueError("vocab_size must be 256: the model reads raw bytes")
        if self.hidden_size % self.num_query_heads:
            raise ValueError("hidden_size must be a multiple of num_query_heads")
        if self.num_query_heads % self.num_key_value_heads:
            raise ValueError("num_query_heads must be a multiple of num_key_value_heads")
        if self.head_size % 2:
            raise ValueError("the head size must be even: rotary positions turn pairs")
        if not self.mlp_size:
            object.__setattr__(self, "mlp_size", 4 * self.hidden_size)

    @property
    def head_size(self) -> int:
        return self.hidden_size // self.num_query_heads

    @property
    def key_value_size(self) -> int:
        """Width of the keys (and of the values) of one position in one layer."""
        return self.num_key_value_heads * self.head_size

    def key_value_saving(self) -> float:
        """Share of key/value cache memory saved against full multi-head attention, 0 to 1."""
        return 1.0 - self.num_key_value_heads / self.num_query_heads

    def to_dict(self) -> dict[str, Any]:
        return asdict(self)


PRESETS: dict[str, ModelConfig] = {
    "standard": ModelConfig(
        hidden_size=256,
        num_layers=6,
        num_key_value_heads=1,
        num_query_heads=4,
        max_sequence_length=2048,
        attention_window=384,
    ),
    # As small as the integer engines allow: for tests and for a first look at the training loop.
    "tiny": ModelConfig(
        hidden_size=64,
        num_layers=2,
        num_key_value_heads=1,
        num_query_heads=2,
        max_sequence_length=256,
        attention_window=32,
        mlp_size=128,
    ),
}
