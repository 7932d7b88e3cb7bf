"""The range coder gives back the bits it was given, and spends what their probabilities say."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from numpy.typing import NDArray

from bytezip import _native
from bytezip.coder import MOST_LEFT_OUT, PROBABILITY_BITS, BitDecoder, BitEncoder, UnboundedCodeError
from bytezip.errors import CorruptError

ONE = 1 << PROBABILITY_BITS
steps = st.integers(1, ONE - 1) | st.sampled_from([1, 2, ONE // 2, ONE - 2, ONE - 1])


@given(st.lists(st.tuples(st.integers(0, 1), steps), max_size=300), st.integers(1, 40))
def test_decoding_in_any_cuts_undoes_encoding(pairs: list[tuple[int, int]], cut: int) -> None:
    bits = np.array([bit for bit, _ in pairs], np.int32)
    probabilities = np.array([step for _, step in pairs]) / ONE
    encoder = BitEncoder()
    for at in range(0, len(bits), cut + 1):
        encoder.encode(bits[at : at + cut + 1], probabilities[at : at + cut + 1])
    decoder = BitDecoder(encoder.finish())
    found = [decoder.decode(probabilities[at : at + cut]) for at in range(0, len(bits), cut)]
    assert np.array_equal(np.concatenate([*found, []]), bits)


def test_certain_bits_cost_next_to_nothing() -> None:
    bits = np.ones(1_000_000, np.int32)
    encoder = BitEncoder()
    encoder.encode(bits, np.full(len(bits), (ONE - 1) / ONE))
    assert len(encoder.finish()) <= 4


def test_size_is_the_entropy() -> None:
    random = np.random.Generator(np.random.PCG64(1))
    probabilities = random.integers(1, ONE, 100_000) / ONE
    bits = (random.random(100_000) < probabilities).astype(np.int32)
    ideal = -np.log2(np.where(bits == 1, probabilities, 1 - probabilities)).sum() / 8
    encoder = BitEncoder()
    encoder.encode(bits, probabilities)
    assert ideal <= len(encoder.finish()) <= ideal * 1.0005 + 8


def test_a_loose_end_is_refused() -> None:
    with pytest.raises(CorruptError):
        BitDecoder(b"\1\2\3\0")


def test_nothing_is_printed(capfd: pytest.CaptureFixture[str]) -> None:
    encoder = BitEncoder()
    encoder.encode(np.array([1], np.int32), np.array([0.5]))
    assert capfd.readouterr() == ("", "")


class TestNativeDecoder:
    """The native decoder and constriction's agree, on code and on what is none."""

    @staticmethod
    def compare(code: bytes, probabilities: NDArray[np.float64]) -> None:
        native, reference = _native.RangeDecoder(code), BitDecoder(code)
        for probability in probabilities[:, None]:
            try:
                expected = reference.decode(probability)
            except CorruptError:
                with pytest.raises(ValueError, match="cannot be decoded"):
                    native.decode(probability)
                return
            assert np.array_equal(native.decode(probability), expected)

    @given(st.lists(st.tuples(st.integers(0, 1), steps), max_size=400))
    def test_on_code(self, pairs: list[tuple[int, int]]) -> None:
        bits = np.array([bit for bit, _ in pairs], np.int32)
        probabilities = np.array([step for _, step in pairs]) / ONE
        encoder = BitEncoder()
        encoder.encode(bits, probabilities)
        code = encoder.finish()
        assert np.array_equal(_native.RangeDecoder(code).decode(probabilities), bits)
        self.compare(code, probabilities)

    @given(st.binary(min_size=1, max_size=40), st.lists(steps, max_size=400))
    def test_on_any_bytes(self, code: bytes, chances: list[int]) -> None:
        self.compare(code.rstrip(b"\0") or b"\0", np.array(chances, np.float64) / ONE)

    def test_on_what_no_encoder_writes(self) -> None:
        """The highest numbers lie beyond the first interval."""
        probabilities = np.full(4, 0.5)
        self.compare(b"\xff" * 12, probabilities)
        with pytest.raises(ValueError, match="cannot be decoded"):
            _native.RangeDecoder(b"\xff" * 12).decode(probabilities)

    @pytest.mark.parametrize("probability", [0.0, 1.0, -0.5, np.nan])
    def test_no_probability(self, probability: float) -> None:
        with pytest.raises(ValueError, match="between 0 and 1"):
            _native.RangeDecoder(b"\x01").decode(np.array([probability]))


class TestLeftOut:
    """Zeros at the end of a code are left out, but no more than a decoder supplies."""

    @staticmethod
    def code(bits: int) -> bytes:
        """Of zeros, a bit of entropy each."""
        encoder = BitEncoder()
        encoder.encode(np.zeros(bits, np.int32), np.full(bits, 0.5))
        return encoder.finish()

    def test_encoder_and_decoder_agree_on_the_bound(self) -> None:
        most = 8 * MOST_LEFT_OUT - 33  # shed in words of 32 bits; the first two are not yet shed
        assert self.code(most) == b"\0"
        with pytest.raises(UnboundedCodeError):
            self.code(most + 1)
        assert not _native.RangeDecoder(b"\0").decode(np.full(most, 0.5)).any()
        with pytest.raises(ValueError, match="cannot be decoded"):
            _native.RangeDecoder(b"\0").decode(np.full(most + 1, 0.5))
