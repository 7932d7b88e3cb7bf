"""The range coder: a thin adapter over `constriction`.

Knows: bits, their probabilities, bytes of code.  Does not know: where a probability comes from, blocks, files.
Invariant: each probability is a whole multiple of 2^-24, neither 0 nor 1; constriction accepts others and would then
lose data silently.
"""

from __future__ import annotations

import constriction
import numpy as np
from numpy.typing import NDArray

from bytezip.errors import CorruptError

PROBABILITY_BITS = 24
MOST_LEFT_OUT = 4096  # zeros at the end of a code; as in range_decoder.hpp, which stops where it is asked for more

# `perfect=False` is an exact 24-bit fixed-point model all the same; the default is ten times slower and prints.
_BERNOULLI = constriction.stream.model.Bernoulli(perfect=False)


class UnboundedCodeError(Exception):
    """Bits whose code a decoder could not tell from the code of fewer bits: they must be stored as they are."""


class BitEncoder:
    """Turns bits into code, any number of calls long."""

    def __init__(self) -> None:
        self._encoder = constriction.stream.queue.RangeEncoder()

    def encode(self, bits: NDArray[np.int32], probabilities: NDArray[np.float64]) -> None:
        """Appends bits.

        Args:
            bits: int32 [N], each 0 or 1.
            probabilities: float64 [N], that the bit is 1.
        """
        if len(bits):
            self._encoder.encode(bits, _BERNOULLI, probabilities)

    def finish(self) -> bytes:
        """All code so far: 32-bit words, most significant byte first, cut as short as can still be decoded.

        Any number in the coder's final interval will do; the one with the most zero bits at its end is taken, and the
        decoder supplies the zeros. constriction's own choice is 2.4 bytes longer on average.

        Raises:
            UnboundedCodeError: where more than `MOST_LEFT_OUT` zeros would be left out: only for bits made for it.
        """
        position, (lower, width) = self._encoder.pos()
        size = 4 * (position + 2)  # the final interval spans the two words after the finished ones
        words: NDArray[np.uint32] = self._encoder.get_compressed()
        sealed = int.from_bytes(words.astype(">u4").tobytes().ljust(size, b"\0"), "big")
        first = sealed - (sealed - lower) % (1 << 64)
        code = _roundest(first, first + width).to_bytes(size, "big")
        cut = code.rstrip(b"\0") or b"\0"
        if size - len(cut) > MOST_LEFT_OUT:
            raise UnboundedCodeError
        return cut


class BitDecoder:
    """Turns code back into bits; the probabilities must be those of the encoder.

    Raises:
        CorruptError: for code that no encoder writes. Most damage is not noticed here, and checksums must find it; so
            must they where more zeros are asked for than an encoder leaves out, which the native decoder alone counts.
    """

    def __init__(self, code: bytes) -> None:
        check_ending(code)
        padded = code + bytes(-len(code) % 4)
        self._decoder = constriction.stream.queue.RangeDecoder(np.frombuffer(padded, ">u4").astype(np.uint32))

    def decode(self, probabilities: NDArray[np.float64]) -> NDArray[np.int32]:
        """The next bits, int32 [N], for N probabilities that the bit is 1."""
        try:
            bits: NDArray[np.int32] = self._decoder.decode(_BERNOULLI, probabilities)
        except (AssertionError, ValueError) as error:
            raise CorruptError(UNDECODABLE) from error
        return bits


UNDECODABLE = "corrupt block: its code cannot be decoded"


def check_ending(code: bytes) -> None:
    """Raises CorruptError for code with zeros at its end, which the encoder cuts off."""
    if code[-1:] == b"\0" and code != b"\0":
        raise CorruptError("corrupt block: its code is longer than it need be")


def _roundest(low: int, high: int) -> int:
    """The number in [low, high) with the most zero bits at its end; the interval is narrower than 2^64."""
    return next(number for shift in range(64, -1, -1) if (number := -(-low >> shift) << shift) < high)
