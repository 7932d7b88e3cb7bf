"""The network and the adaptive experts together: what predicts a stream.

The network looks at each lane alone and knows what it was trained on; the experts share what they learn of the stream
among all lanes; the mixer weighs both, bit by bit (context mixing, as in the PAQ family).

Knows: one network's lanes, the native mixer.  Does not know: how either works, coders, files.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Protocol

import numpy as np
from numpy.typing import NDArray

if TYPE_CHECKING:
    from bytezip._native import Mixer


class Predictor(Protocol):
    """K lanes that are predicted side by side, bit by bit, most significant bit first."""

    @property
    def lanes(self) -> int:
        """K."""

    def restart(self) -> None:
        """Forgets everything."""

    def predict(self) -> NDArray[np.float64]:
        """Probability that the next bit of each lane is 1: float64 [K], whole multiples of 2^-24, not 0, not 1."""

    def likeliest(self) -> NDArray[np.uint32]:
        """The three likeliest bytes of each step that was predicted last: uint32 [1, K], or [T, K] after `replay`.

        The likeliest one in bits 16 to 23, the third one lowest; of equally likely ones the lower value first.
        """

    def weights(self) -> NDArray[np.uint32]:
        """Sums of the weights of the byte values below each, of the byte whose bits come next: uint32 [K, 257].

        A byte's probability is its weight as a share of the last sum.
        """

    def update(self, bits: NDArray[np.int32]) -> None:
        """Tells each lane its bit: int32 [K]. For a byte that was never predicted, the network does no work."""

    def replay(self, data: NDArray[np.uint8]) -> NDArray[np.float64]:
        """Predicts and updates with known bytes, uint8 [T, K]; returns the predictions, float64 [T, 8, K]."""


class MixedPredictor(Protocol):
    """K lanes of a stream, predicted bit by bit, most significant bit first.

    For each block call `begin_block`, for each of its rows `begin_row`, then `predict` and `update` for each bit, or
    `replay` for the whole row where its bytes are known. What was learnt runs on from block to block.

    Where all lanes copy long matches when a row begins, the network rests for that row: its say would not be heard.
    """

    @property
    def lanes(self) -> int:
        """K."""

    def begin_block(self, size: int, stripe: int, asks_network: bool = True, hint: int = 0) -> None:
        """size: raw bytes of the block. stripe: see `lanes.Striping`. asks_network: whether it has a say in it.

        hint: of what kind the content is, 0 (unknown) to 15; nothing depends on it yet.
        """

    def begin_row(self) -> None:
        """Before the first bit of each row."""

    def predict(self, result: NDArray[np.float64]) -> None:
        """Writes the probability that the next bit of each lane is 1: float64 [K], multiples of 2^-24, not 0, not 1."""

    def update(self, bits: NDArray[np.int32]) -> None:
        """Tells each lane its bit: int32 [K]."""

    def replay(self, data: NDArray[np.uint8]) -> NDArray[np.float64]:
        """A row whose bytes are known, uint8 [T, K]: its predictions, float64 [T, 8, K]."""


class MixedLanes:
    """A MixedPredictor over a network of any engine. The native one has its own, which does the same in C++."""

    def __init__(self, network: Predictor, mixer: Mixer) -> None:
        self.lanes = network.lanes
        self._network = network
        self._mixer = mixer
        self._block_asks_network = self._asks_network = True

    def begin_block(self, size: int, stripe: int, asks_network: bool = True, hint: int = 0) -> None:
        self._mixer.begin_block(size, stripe, hint)
        self._block_asks_network = asks_network

    def begin_row(self) -> None:
        self._asks_network = self._block_asks_network and not self._mixer.copying()

    def predict(self, result: NDArray[np.float64]) -> None:
        if self._asks_network:
            result[:] = self._mixer.predict(self._network.predict(), self._network.likeliest()[0])
        else:
            result[:] = self._mixer.predict(None)

    def update(self, bits: NDArray[np.int32]) -> None:
        self._network.update(bits)
        self._mixer.update(bits)

    def replay(self, data: NDArray[np.uint8]) -> NDArray[np.float64]:
        if self._asks_network:
            said = self._network.replay(data)
            return self._mixer.replay(said, data, self._network.likeliest())
        for bits in np.unpackbits(data[-1:], axis=0).astype(np.int32):  # the input of its next step
            self._network.update(bits)
        return self._mixer.replay(None, data)
