"""The torch engine: lanes of the integer network on any device.

Knows: the integer network, bits.  Does not know: files, coders, the native engine (which gives the same results).
"""

from __future__ import annotations

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor

from bytezip.errors import EngineError
from bytezip.predictor.config import START_TOKEN
from bytezip.predictor.integer import BYTE_LIMIT, IntegerNetwork
from bytezip.predictor.weights import Model

PROBABILITY_ONE = 1 << 24
_BATCH_STEPS = 256  # positions predicted together when the bytes are known


class TorchLanes:
    """K lanes of the network; the interface is `engine.Predictor`.

    Raises:
        EngineError: where the device is missing, or its matrix products are not exact.
    """

    def __init__(self, model: Model, lanes: int, device: str) -> None:
        try:
            self._network = IntegerNetwork(model.config, model.tensors, device)
            _require_exact_products(self._network.device)
        except (RuntimeError, AssertionError) as error:
            raise EngineError(f"torch cannot use device {device!r} here") from error
        self.lanes = lanes
        self._sums: NDArray[np.int64] | None = None  # of the weights of the byte to come, once it is asked for
        self._prefix = np.zeros(lanes, np.int64)  # its bits known so far
        self._known = 0  # how many
        self._likeliest = np.zeros((0, lanes), np.uint32)
        self.restart()

    def restart(self) -> None:
        self._cache = self._network.empty_cache(self.lanes)
        self._last = torch.full((1, self.lanes), START_TOKEN, device=self._network.device)
        self._begin_byte()

    def predict(self) -> NDArray[np.float64]:
        one = bit_probability(self._sums_of_byte(), self._prefix[:, None], self._known)[:, 0]
        return one / PROBABILITY_ONE

    def weights(self) -> NDArray[np.uint32]:
        return self._sums_of_byte().astype(np.uint32)

    def _sums_of_byte(self) -> NDArray[np.int64]:
        """Those of the byte to come, int64 [K, 257]: the network runs where they are not known yet."""
        if self._sums is None:
            weights = self._network.advance(self._cache, self._last)
            self._likeliest = likeliest_bytes(weights)
            self._sums = cumulated(weights[0]).cpu().numpy()
        return self._sums

    def likeliest(self) -> NDArray[np.uint32]:
        return self._likeliest

    def update(self, bits: NDArray[np.int32]) -> None:
        self._prefix = self._prefix * 2 + bits
        self._known += 1
        if self._known == 8:
            self._last = torch.from_numpy(self._prefix)[None].to(self._network.device)
            self._begin_byte()

    def replay(self, data: NDArray[np.uint8]) -> NDArray[np.float64]:
        parts = [self._replay(data[first : first + _BATCH_STEPS]) for first in range(0, len(data), _BATCH_STEPS)]
        said, likeliest = (
            zip(*parts, strict=True) if parts else ((np.empty((0, 8, self.lanes)),), (self._likeliest[:0],))
        )
        self._likeliest = np.concatenate(likeliest)
        return np.concatenate(said)

    def _replay(self, data: NDArray[np.uint8]) -> tuple[NDArray[np.float64], NDArray[np.uint32]]:
        known = torch.from_numpy(data.astype(np.int64)).to(self._network.device)
        inputs = torch.cat((self._last, known[:-1]))
        weights = self._network.advance(self._cache, inputs)
        sums = cumulated(weights).cpu().numpy()
        self._last = known[-1:]
        self._begin_byte()
        values = data.astype(np.int64)[..., None]
        bits = [bit_probability(sums, values >> (8 - bit), bit)[..., 0] for bit in range(8)]
        return np.stack(bits, axis=1) / PROBABILITY_ONE, likeliest_bytes(weights)

    def _begin_byte(self) -> None:
        self._sums = None
        self._prefix = np.zeros(self.lanes, np.int64)
        self._known = 0


def cumulated(weights: Tensor) -> Tensor:
    """Sums of the weights below each byte value: int64 [..., 257] from int64 [..., 256]."""
    return torch.nn.functional.pad(weights.cumsum(-1), (1, 0))


def likeliest_bytes(weights: Tensor) -> NDArray[np.uint32]:
    """The three values of the largest weights: uint32 [...] from int64 [..., 256]; see `mixed.Predictor.likeliest`."""
    ranks = weights * 256 + torch.arange(255, -1, -1, device=weights.device)
    three = torch.topk(ranks, 3, dim=-1).indices
    return (three[..., 0] << 16 | three[..., 1] << 8 | three[..., 2]).cpu().numpy().astype(np.uint32)


def bit_probability(sums: NDArray[np.int64], prefix: NDArray[np.int64], known: int) -> NDArray[np.int64]:
    """Probability that the next bit is 1, in units of 2^-24, within 1 .. 2^24 - 1.

    Args:
        sums: int64 [..., 257], see `cumulated`.
        prefix: int64 [..., 1], the bits of the byte known so far, as a number.
        known: how many they are, 0 to 7.
    """
    span = 1 << (8 - known)
    low = np.take_along_axis(sums, prefix * span, -1)
    middle = np.take_along_axis(sums, prefix * span + span // 2, -1)
    high = np.take_along_axis(sums, prefix * span + span, -1)
    return np.clip((high - middle) * PROBABILITY_ONE // (high - low), 1, PROBABILITY_ONE - 1)


def _require_exact_products(device: torch.device) -> None:
    """Reduced-precision matrix products (TF32, bfloat16) can be switched on behind our back; then refuse."""
    terms = torch.arange(1040, device=device) % 3 + (BYTE_LIMIT - 2)
    rows = terms.to(torch.float32).repeat(64, 1)
    if int((rows @ rows.T)[0, 0]) != int((terms * terms).sum()):
        raise EngineError("this torch computes matrix products in reduced precision")
