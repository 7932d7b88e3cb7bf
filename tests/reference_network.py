"""A slow reading of the integer network, in numpy: one column at a time, one statement a rule of bytezip(5).

Knows: the specification.  Does not know: the engines it is compared with, packing, batches.
"""

from __future__ import annotations

import math
from dataclasses import dataclass, field
from typing import Any

import numpy as np
from numpy.typing import NDArray

Ints = NDArray[np.int64]
Tensors = dict[str, NDArray[Any]]
ROTARY_PERIOD = 1 << 14
RESIDUAL_LIMIT = (1 << 23) - 1


@dataclass(frozen=True)
class Shape:
    hidden_size: int = 64
    num_layers: int = 2
    num_query_heads: int = 2
    num_key_value_heads: int = 1
    attention_window: int = 32
    mlp_size: int = 128

    @property
    def head_size(self) -> int:
        return self.hidden_size // self.num_query_heads


def tables(head_size: int) -> Tensors:
    turn = 2 * np.pi * np.arange(ROTARY_PERIOD) / ROTARY_PERIOD
    cap = 15.0
    u = np.arange(-4096, 4097)
    half = head_size // 2
    steps = [max(1, round(10_000 ** (-i / half) * ROTARY_PERIOD / (2 * math.pi))) for i in range(half)]
    return {
        "table.cosine": np.rint(2**14 * np.cos(turn)).astype(np.int16),
        "table.softmax": np.rint(16383 * 2.0 ** (-np.arange(256) / 256)).astype(np.int16),
        "table.soft_cap": np.rint(1024 * np.log2(np.e) * cap * np.tanh(u / 64 / cap)).astype(np.int16),
        "table.power": np.rint(2.0**23 * 2.0 ** (-np.arange(1024) / 1024)).astype(np.int32),
        "table.rotary_steps": np.array(steps, np.int32),
    }


def random_tensors(shape: Shape, seed: int, *, extreme: bool = False) -> Tensors:
    """A model whose activations fill their ranges; an extreme one saturates every clamp."""
    rng = np.random.default_rng(seed)
    boost = 1000.0 if extreme else 1.0

    def weight(rows: int, inputs: int) -> NDArray[np.int8]:
        if extreme:
            return rng.choice(np.array([-127, -126, 0, 126, 127], np.int8), (rows, inputs))
        return rng.integers(-127, 128, (rows, inputs), dtype=np.int8)

    def scale(rows: int, inputs: int, output: float) -> NDArray[np.float32]:
        spread = 127 * 60 / 2 * math.sqrt(inputs)  # of the sums, about
        return (rng.uniform(0.5, 1.5, rows) * output * boost / spread).astype(np.float32)

    def scalar(value: float) -> NDArray[np.float32]:
        return np.array([value], np.float32)

    hidden, mlp = shape.hidden_size, shape.mlp_size
    pairs = shape.num_key_value_heads * shape.head_size
    rows = {"q": (hidden, hidden, 8000.0), "k": (pairs, hidden, 8000.0), "v": (pairs, hidden, 50.0)}
    rows |= {"o": (hidden, hidden, 2000.0), "up": (mlp, hidden, 8.0), "down": (hidden, mlp, 2000.0)}

    def norm() -> NDArray[np.float32]:
        return (rng.uniform(0.5, 1.5, hidden) * 2.0**-40 * math.sqrt(hidden) * 40 * boost).astype(np.float32)

    tensors = tables(shape.head_size)
    tensors["embedding"] = rng.integers(-32768 if extreme else -4000, 4000, (257, hidden)).astype(np.int16)
    for layer in range(shape.num_layers):
        prefix = f"layers.{layer}."
        for name, (outputs, inputs, magnitude) in rows.items():
            tensors[f"{prefix}{name}.weight"] = weight(outputs, inputs)
            tensors[f"{prefix}{name}.scale"] = scale(outputs, inputs, magnitude)
        tensors[prefix + "attention.norm"] = norm()
        tensors[prefix + "mlp.norm"] = norm()
        tensors[prefix + "attention.sharpness"] = scalar(1.6e-2 * boost)
    tensors["head.weight"] = weight(256, hidden)
    tensors["head.scale"] = scale(256, hidden, 300.0)
    tensors["head.norm"] = norm()
    return tensors


def rounded(values: NDArray[np.float32], limit: int) -> Ints:
    assert values.dtype == np.float32
    return np.clip(np.rint(values), -limit, limit).astype(np.int64)


def scaled(sums: Ints, scale: NDArray[np.float32]) -> NDArray[np.float32]:
    return sums.astype(np.float32) * scale


def norm(values: Ints, gain: NDArray[np.float32] | np.float32, limit: int) -> Ints:
    root = max(1, math.isqrt(int(np.sum(values**2))))
    factor = np.float32((1 << 40) // root) * gain
    return rounded(values.astype(np.float32) * factor, limit)


@dataclass
class ReferenceLane:
    """One lane: feed it tokens, get the integer weights of the 256 byte values."""

    shape: Shape
    tensors: Tensors
    position: int = 0
    keys: dict[tuple[int, int], list[Ints]] = field(default_factory=dict)
    values: dict[tuple[int, int], list[Ints]] = field(default_factory=dict)

    def step(self, token: int) -> Ints:
        x = self.tensors["embedding"][token].astype(np.int64)
        for layer in range(self.shape.num_layers):
            x = self._attention(x, layer)
            x = self._mlp(x, layer)
        self.position += 1
        return self._weights(x)

    def _product(self, name: str, y: Ints) -> Ints:
        weight: Ints = self.tensors[name + ".weight"].astype(np.int64)
        return weight @ y

    def _project(self, name: str, y: Ints, limit: int) -> Ints:
        return rounded(scaled(self._product(name, y), self.tensors[name + ".scale"]), limit)

    def _add(self, x: Ints, name: str, y: Ints) -> Ints:
        return (x + self._project(name, y, RESIDUAL_LIMIT)).clip(-RESIDUAL_LIMIT, RESIDUAL_LIMIT)

    def _rotate(self, head: Ints) -> Ints:
        size = self.shape.head_size
        z = norm(head, np.float32(2.0**-30 * math.sqrt(size)), 16384)
        left, right = z[: size // 2], z[size // 2 :]
        cosine = self.tensors["table.cosine"].astype(np.int64)
        angle = self.tensors["table.rotary_steps"].astype(np.int64) * self.position % ROTARY_PERIOD
        c, s = cosine[angle], cosine[(angle - 4096) % ROTARY_PERIOD]
        turned = np.concatenate([left * c - right * s, left * s + right * c])
        rounded8: Ints = (turned + (1 << 19)) >> 20
        return rounded8.clip(-127, 127)

    def _attention(self, x: Ints, layer: int) -> Ints:
        prefix, size = f"layers.{layer}.", self.shape.head_size
        y = norm(x, self.tensors[prefix + "attention.norm"], 127)
        queries = self._project(prefix + "q", y, 32767).reshape(-1, size)
        keys = self._project(prefix + "k", y, 32767).reshape(-1, size)
        values = self._project(prefix + "v", y, 127).reshape(-1, size)
        for pair in range(self.shape.num_key_value_heads):
            for cache, new in ((self.keys, self._rotate(keys[pair])), (self.values, values[pair])):
                ring = cache.setdefault((layer, pair), [])
                ring.append(new)
                del ring[: -self.shape.attention_window]
        group = self.shape.num_query_heads // self.shape.num_key_value_heads
        out = [self._attend(self._rotate(query), layer, head // group) for head, query in enumerate(queries)]
        return self._add(x, prefix + "o", np.concatenate(out))

    def _attend(self, query: Ints, layer: int, pair: int) -> Ints:
        scores = np.stack(self.keys[layer, pair]) @ query
        below = (scores.max() - scores).astype(np.float32)
        index = np.minimum(np.rint(below * self.tensors[f"layers.{layer}.attention.sharpness"][0]), 3839).astype(
            np.int64
        )
        weights = self.tensors["table.softmax"].astype(np.int64)[index & 255] >> (index >> 8)
        reciprocal = np.float32((1 << 44) // int(weights.sum())) * np.float32(2.0**-44)
        return rounded((weights @ np.stack(self.values[layer, pair])).astype(np.float32) * reciprocal, 127)

    def _mlp(self, x: Ints, layer: int) -> Ints:
        prefix = f"layers.{layer}."
        y = norm(x, self.tensors[prefix + "mlp.norm"], 127)
        u = scaled(np.maximum(0, self._product(prefix + "up", y)), self.tensors[prefix + "up.scale"])
        return self._add(x, prefix + "down", rounded(u * u, 255))

    def _weights(self, x: Ints) -> Ints:
        u = self._project("head", norm(x, self.tensors["head.norm"], 127), 4096)
        c = self.tensors["table.soft_cap"].astype(np.int64)[u + 4096]
        e = c.max() - c
        power: Ints = self.tensors["table.power"].astype(np.int64)[e & 1023]
        shifted: Ints = power >> np.minimum(31, e >> 10)
        return shifted.clip(1)


def bit_probabilities(weights: Ints, byte: int) -> list[float]:
    """Of the eight bits of this byte, the first first."""
    result = []
    low, high = 0, 256
    for known in range(8):
        middle = (low + high) // 2
        upper, both = int(weights[middle:high].sum()), int(weights[low:high].sum())
        result.append(min(max(upper * 2**24 // both, 1), 2**24 - 1) / 2**24)
        low, high = (middle, high) if byte >> (7 - known) & 1 else (low, middle)
    return result


def likeliest_bytes(weights: Ints) -> int:
    """The three values of the largest weights, the first one highest, of equal ones the lower first."""
    first, second, third = sorted(range(256), key=lambda value: (-int(weights[value]), value))[:3]
    return first << 16 | second << 8 | third


def reference_replay(shape: Shape, tensors: Tensors, data: NDArray[np.uint8]) -> NDArray[np.float64]:
    """data uint8 [T, K] -> probabilities float64 [T, 8, K], from the start of a stream."""
    steps, lanes = data.shape
    result = np.empty((steps, 8, lanes))
    for k in range(lanes):
        lane, token = ReferenceLane(shape, tensors), 256
        for t in range(steps):
            byte = int(data[t, k])
            result[t, :, k] = bit_probabilities(lane.step(token), byte)
            token = byte
    return result
