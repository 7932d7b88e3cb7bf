"""The exact integer network in torch: the readable reference, and the engine for GPUs.

Normative text: `man/bytezip.5`, section on the network. Every value here is an integer or a float32 that went through
single correctly rounded operations; matrix products run in float32 over integers of magnitude <= 127 and at most
MAX_TERMS terms (of 255 and MAX_SQUARE_TERMS), so every partial sum stays below 2^24 and is exact in any order, on any
device. Longer or wider sums are put together from such parts as integers.

Knows: torch, the tensors of a model file.  Does not know: files, lanes in a block, training.
Shapes: T positions, K lanes, H query heads, G key/value heads, D head size, P cached positions, d hidden size.
"""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor

from bytezip.predictor.config import MAX_SQUARE_TERMS, ModelConfig
from bytezip.predictor.tables import LOGIT_LIMIT, POWER_OCTAVE, ROTARY_PERIOD, SOFTMAX_OCTAVE, SOFTMAX_OCTAVES

BYTE_LIMIT = 127  # weights, and activations with a sign
SQUARE_LIMIT = 255  # ReLU^2 outputs, which have none
HEAD_LIMIT = (1 << 15) - 1  # queries and keys before their norm
TURN_LIMIT = 1 << 14  # queries and keys after their norm
RESIDUAL_LIMIT = (1 << 23) - 1
HEAD_ONE = 1 << 10  # what stands for 1.0 in a normed query or key
NORM_SHIFT = 40
MIX_SHIFT = 44


class IntegerNetwork:
    """The weights of one model on one device, and the arithmetic over them.

    Args:
        config: shape of the model.
        tensors: contents of the model file, as `weights.py` checked them.
        device: a torch device; its float32 matrix products must be exact over small integers.
    """

    def __init__(self, config: ModelConfig, tensors: Mapping[str, NDArray[np.generic]], device: str = "cpu") -> None:
        self.config = config
        self.device = torch.device(device)
        self.tensors = {name: torch.tensor(np.asarray(array), device=self.device) for name, array in tensors.items()}
        for name, tensor in self.tensors.items():
            if name.endswith(".weight"):
                self.tensors[name] = tensor.to(torch.float32)
        self.cosine = self.tensors["table.cosine"].to(torch.int32)

    def empty_cache(self, lanes: int) -> Cache:
        return Cache(self, lanes)

    def advance(self, cache: Cache, tokens: Tensor) -> Tensor:
        """Feeds T tokens to each of K lanes.

        Args:
            cache: what the lanes have seen; moved on by T positions.
            tokens: int64 [T, K], 0..256.

        Returns:
            int64 [T, K, 256]: weight of each next byte, 1..2^23, after each token.
        """
        stream = self.tensors["embedding"][tokens].to(torch.int32)
        turn = self._turn(cache.position, len(tokens))
        for layer in range(self.config.num_layers):
            stream = self._attend(layer, stream, cache, turn)
            stream = self._mlp(layer, stream)
        cache.position += len(tokens)
        return self._weights(stream)

    def _attend(self, layer: int, stream: Tensor, cache: Cache, turn: tuple[Tensor, Tensor]) -> Tensor:
        name = f"layers.{layer}."
        inner = self._norm_bytes(stream, name + "attention.norm")
        query = self._heads(inner, name + "q", turn)  # [T, K, H, D]
        keys, values = cache.append(
            layer,
            self._heads(inner, name + "k", turn),
            self._split(self._requantise(self._matmul(inner, name + "v"), name + "v", BYTE_LIMIT)),
        )  # [P + T, K, G, D]
        mixed = self._mix(query, keys, values, self.tensors[name + "attention.sharpness"])
        return self._add(stream, self._matmul(mixed, name + "o"), name + "o")

    def _mlp(self, layer: int, stream: Tensor) -> Tensor:
        name = f"layers.{layer}."
        inner = self._matmul(self._norm_bytes(stream, name + "mlp.norm"), name + "up")
        root = inner.clamp(min=0) * self.tensors[name + "up.scale"]
        square = torch.round(root * root).clamp(max=SQUARE_LIMIT)
        return self._add(stream, self._square_matmul(square, name + "down"), name + "down")

    def _weights(self, stream: Tensor) -> Tensor:
        """Soft-capped logits, then powers of two relative to the most probable byte."""
        inner = self._norm_bytes(stream, "head.norm")
        logit = self._requantise(self._matmul(inner, "head"), "head", LOGIT_LIMIT).to(torch.int64)
        capped = self.tensors["table.soft_cap"][logit + LOGIT_LIMIT].to(torch.int64)
        below = capped.amax(-1, keepdim=True) - capped
        power = self.tensors["table.power"][below % POWER_OCTAVE].to(torch.int64)
        return (power >> (below // POWER_OCTAVE).clamp(max=31)).clamp(min=1)

    def _matmul(self, inputs: Tensor, name: str) -> Tensor:
        return inputs @ self.tensors[name + ".weight"].T  # float32 holding exact integers

    def _square_matmul(self, squares: Tensor, name: str) -> Tensor:
        """The product with inputs 0..255, in parts that are exact; its sum is rounded to float32 once."""
        weight = self.tensors[name + ".weight"]
        parts = zip(*(torch.split(factor, MAX_SQUARE_TERMS, -1) for factor in (squares, weight)), strict=True)
        sums = [(inputs @ columns.T).to(torch.int32) for inputs, columns in parts]
        return torch.stack(sums).sum(0, dtype=torch.int32).to(torch.float32)

    def _requantise(self, sums: Tensor, name: str, limit: int) -> Tensor:
        return torch.round((sums * self.tensors[name + ".scale"]).clamp(-limit, limit))

    def _add(self, stream: Tensor, sums: Tensor, name: str) -> Tensor:
        step = self._requantise(sums, name, RESIDUAL_LIMIT).to(torch.int32)
        return (stream + step).clamp(-RESIDUAL_LIMIT, RESIDUAL_LIMIT)

    def _norm_bytes(self, stream: Tensor, name: str) -> Tensor:
        return norm(stream, self.tensors[name], BYTE_LIMIT)

    def _split(self, rows: Tensor) -> Tensor:
        return rows.view(*rows.shape[:2], -1, self.config.head_size)

    def _heads(self, inner: Tensor, name: str, turn: tuple[Tensor, Tensor]) -> Tensor:
        """Queries or keys of each head: normed, turned by their position, int8 values as float32 [T, K, heads, D]."""
        rows = self._split(self._requantise(self._matmul(inner, name), name, HEAD_LIMIT).to(torch.int32))
        scale = torch.tensor(np.float32(self.config.head_size**0.5) * np.float32(2.0**-30), device=self.device)
        left, right = norm(rows, scale, TURN_LIMIT).to(torch.int32).chunk(2, dim=-1)
        cosine, sine = turn
        turned = torch.cat((left * cosine - right * sine, left * sine + right * cosine), dim=-1)
        return ((turned + (1 << 19)) >> 20).clamp(-BYTE_LIMIT, BYTE_LIMIT).to(torch.float32)

    def _turn(self, position: int, count: int) -> tuple[Tensor, Tensor]:
        """Cosine and sine, int32 [T, 1, 1, D/2], 2^14 standing for 1."""
        places = torch.arange(position, position + count, device=self.device) % ROTARY_PERIOD
        angle = (places[:, None] * self.tensors["table.rotary_steps"].to(torch.int64)) % ROTARY_PERIOD
        cosine = self.cosine[angle]
        sine = self.cosine[(angle - ROTARY_PERIOD // 4) % ROTARY_PERIOD]
        return cosine[:, None, None, :], sine[:, None, None, :]

    def _mix(self, query: Tensor, keys: Tensor, values: Tensor, sharpness: Tensor) -> Tensor:
        """Attention over the window: float32 [T, K, d] holding int8 values."""
        count, lanes = query.shape[:2]
        groups, size = keys.shape[2:]
        query = query.view(count, lanes, groups, -1, size).permute(1, 2, 3, 0, 4)  # [K, G, H/G, T, D]
        keys = keys.permute(1, 2, 3, 0)[:, :, None]  # [K, G, 1, D, P + T]
        values = values.permute(1, 2, 0, 3)[:, :, None]  # [K, G, 1, P + T, D]
        visible = self._band(count, keys.shape[-1])
        score = (query @ keys).masked_fill(~visible, -float(1 << 23))
        numerator = self._numerators(score, sharpness) * visible
        total = numerator.sum(-1, keepdim=True)
        share = ((1 << MIX_SHIFT) // total).to(torch.float32) * (2.0**-MIX_SHIFT)
        high, low = ((part.to(torch.float32) @ values).to(torch.int32) for part in (numerator >> 7, numerator & 127))
        mixed = torch.round(((high * 128 + low).to(torch.float32) * share).clamp(-BYTE_LIMIT, BYTE_LIMIT))
        return mixed.permute(3, 0, 1, 2, 4).reshape(count, lanes, -1)

    def _numerators(self, score: Tensor, sharpness: Tensor) -> Tensor:
        """Powers of two of the scores relative to the largest of each row: int64, 0..SOFTMAX_ONE."""
        below = torch.round((score.amax(-1, keepdim=True) - score) * sharpness)
        below = below.clamp(max=SOFTMAX_OCTAVES * SOFTMAX_OCTAVE - 1).to(torch.int64)
        return self.tensors["table.softmax"][below % SOFTMAX_OCTAVE].to(torch.int64) >> below // SOFTMAX_OCTAVE

    def _band(self, count: int, reach: int) -> Tensor:
        """True where a new position may look: bool [T, P + T]."""
        here = torch.arange(reach - count, reach, device=self.device)[:, None]
        distance = here - torch.arange(reach, device=self.device)
        return (distance >= 0) & (distance < self.config.attention_window)


class Cache:
    """Keys and values of the last positions of each lane, and how many positions there were.

    position: count of tokens fed since the restart.
    """

    def __init__(self, network: IntegerNetwork, lanes: int) -> None:
        config = network.config
        shape = (0, lanes, config.num_key_value_heads, config.head_size)
        empty = torch.empty(shape, dtype=torch.float32, device=network.device)
        self.position = 0
        self._kept = config.attention_window - 1
        self._layers = [(empty, empty) for _ in range(config.num_layers)]

    def append(self, layer: int, keys: Tensor, values: Tensor) -> tuple[Tensor, Tensor]:
        """Adds T positions; returns all that a new position may see, float32 [P + T, K, G, D] each."""
        old_keys, old_values = self._layers[layer]
        keys, values = torch.cat((old_keys, keys)), torch.cat((old_values, values))
        first = max(0, len(keys) - self._kept)
        self._layers[layer] = (keys[first:].clone(), values[first:].clone())
        return keys, values


def norm(x: Tensor, scale: Tensor, limit: int) -> Tensor:
    """RMSNorm of integer rows: round(x * (floor(2^40 / root) * scale)), root the integer root of the sum of squares.

    Args:
        x: int32 [..., n] with n * max(x)^2 < 2^60.
        scale: float32, one number or n of them, sqrt(n) * 2^-40 * (what stands for 1).
        limit: magnitude of the result at most.

    Returns:
        float32 [..., n] holding integers.
    """
    squares = (x.to(torch.int64) ** 2).sum(-1, keepdim=True)
    root = integer_root(squares).clamp(min=1)
    factor = ((1 << NORM_SHIFT) // root).to(torch.float32) * scale
    return torch.round((x.to(torch.float32) * factor).clamp(-limit, limit))


def integer_root(squares: Tensor) -> Tensor:
    """floor(sqrt(n)) of int64 values 0 <= n < 2^60, exact whatever the rounding of the first guess."""
    root = torch.sqrt(squares.to(torch.float32)).to(torch.int64).clamp(min=1)
    for _ in range(2):  # Newton: the guess is within 2^-22, one step squares that
        root = ((root + squares // root) // 2).clamp(min=1)
    root = torch.where(root * root > squares, root - 1, root)
    return torch.where((root + 1) * (root + 1) <= squares, root + 1, root)
