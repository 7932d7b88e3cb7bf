"""The exact integer network, compiled for each instruction set."""

from typing import Any

import numpy as np
from numpy.typing import NDArray

Experience = tuple[NDArray[np.float32], NDArray[np.uint32], NDArray[np.uint32]]

def simd_paths() -> list[str]:
    """The paths this machine can run, the fastest first; "portable" is always the last."""

def simd_path() -> str:
    """The path taken by default: BYTEZIP_SIMD from the environment, else the fastest.

    Raises:
        ValueError: where BYTEZIP_SIMD names no path of this machine; the message names those there are.
    """

class Network:
    """A checked and packed network. Immutable: any number of lanes and threads may share it.

    Args:
        config: the fields of ModelConfig that count here: hidden_size, mlp_size and attention_window (at most 1040),
            num_layers (at most 256), num_query_heads, num_key_value_heads. The head size is even and at most 64.
        tensors: every tensor of the model by name, and no other, C-contiguous.
        simd: one of `simd_paths()`; empty for `simd_path()`.

    Raises:
        ValueError: where sizes, names, element types, shapes or ranges do not describe a model.
        TypeError: where a tensor is not an array.
    """

    def __init__(self, config: dict[str, Any], tensors: dict[str, Any], simd: str = "") -> None: ...
    @property
    def simd(self) -> str:
        """The path it is packed for."""

class NetworkLanes:
    """K lanes that share one network and move in step: predict, then update, bit by bit.

    Not for two threads at once: a call during another raises RuntimeError. The GIL is released while the network runs.

    Args:
        network: the weights.
        lanes: K, 1 to 1024.
        threads: 1 to 256, each with its share of the lanes (so no more than K take part). The result does not
            depend on it.

    Raises:
        ValueError: where lanes or threads are out of range.
    """

    def __init__(self, network: Network, lanes: int, threads: int = 1) -> None: ...
    @property
    def lanes(self) -> int: ...
    @property
    def threads(self) -> int:
        """Those that take part."""

    def restart(self) -> None:
        """Back to the start of a stream: position 0, nothing known."""

    def predict(self) -> NDArray[np.float64]:
        """[K]: the probability that the next bit of each lane is 1, a multiple of 2^-24 above 0 and below 1."""

    def likeliest(self) -> NDArray[np.uint32]:
        """The three likeliest bytes of each step that was predicted last: [1, K], or [T, K] after `replay`.

        The likeliest one in bits 16 to 23, the third one lowest; of equally likely ones the lower value first.
        """

    def weights(self) -> NDArray[np.uint32]:
        """[K, 257]: sums of the weights of the byte values below each, of the byte whose bits come next."""

    def update(self, bits: NDArray[np.int32]) -> None:
        """Tells the lanes what came: [K], each 0 or 1.

        For a byte that was never predicted the network does not run: the byte is the input of the next step, and the
        network knows nothing of those before it.

        Raises:
            ValueError: for another length or value.
            TypeError: for another element type.
        """

    def replay(self, data: NDArray[np.uint8]) -> NDArray[np.float64]:
        """data [T, K] -> [T, 8, K]: what 8 T rounds of predict and update would have predicted, but faster.

        Raises:
            ValueError: for another width, or in the middle of a byte.
            TypeError: for another element type.
        """

class Sharing:
    """Whether to share steps with other threads, by how long they were waited for; `NetworkLanes` has one of its own.

    Durations are in microseconds. Two waits of more than four steps and 200 us, with fewer than 256 shorter ones in a
    row in between: nothing is shared for 64 steps, and each time for twice as many, up to 4,096.
    """

    def __init__(self) -> None: ...
    def pays(self) -> bool:
        """Whether to share the next step."""

    def next(self) -> None:
        """The next step begins."""

    def stepped(self, took: float) -> None:
        """How long a shared step took: the least of them is what the machine can do."""

    def waited(self, took: float) -> None:
        """How long the other threads were waited for."""

class Phrases:
    """What mostly followed in a training set, for some millions of contexts: the table of a model. Immutable.

    Args:
        lines: uint8 [N, 64], N from 1 to 2^22; they are copied. Any contents make a table.

    Raises:
        ValueError: for another shape.
        TypeError: for another element type.
    """

    def __init__(self, lines: NDArray[np.uint8]) -> None: ...

class PhraseCounter:
    """Makes a table of phrases from a training set: see `train.phrases`.

    For each kind of context `begin`, `count` all files, `keep`; then `credit` all files; then `table`.

    Args:
        table_bits: 2 to 32: 2^table_bits contexts are counted at a time, in 17 bytes of memory each. Where a kind has
            more, those that were seen once give way.

    Raises:
        ValueError: where a number is out of range.
    """

    def __init__(self, table_bits: int) -> None: ...
    kinds: int
    """How many kinds of contexts there are."""

    @property
    def candidates(self) -> int:
        """Contexts that may enter the table, so far."""

    def begin(self, kind: int) -> None:
        """Counts contexts of this kind, 0 to kinds - 1, from now on.

        Raises:
            ValueError: for another kind, or behind the first `credit`.
        """

    def count(self, data: NDArray[np.uint8], source: int) -> None:
        """The bytes of a file. source: a number; what only files with the same one have in common is no phrase.

        Raises:
            ValueError: before the first `begin`.
        """

    def keep(self) -> None:
        """All files were counted: what at least two sources have, three times in all, becomes a candidate."""

    def credit(self, data: NDArray[np.uint8], weight: float) -> None:
        """Adds to the worth of the candidates what they are good for in this file; weight: of each of its bytes."""

    def table(self, lines: int) -> NDArray[np.uint8]:
        """The best candidates, as uint8 [lines, 64]."""

class Mixer:
    """Adaptive experts and the mixer that weighs them against the network, shared by the lanes of one stream.

    Not for two threads at once: a call during another raises RuntimeError.

    Args:
        lanes: K, 1 to 32.
        capacity: bytes of stream that the tables are sized for, at most 2^24; longer streams work, and learn less.
        profile: which experts take part, 0 (few) to 2 (all).
        experience: of another mixer of this profile, to begin with; see `predictor.experience`.
        phrases: of the model; profile 0 does not ask them.

    Raises:
        ValueError: where a number is out of range.
    """

    def __init__(
        self,
        lanes: int,
        capacity: int,
        profile: int,
        experience: Experience | None = None,
        phrases: Phrases | None = None,
    ) -> None: ...
    def experience(self) -> Experience:
        """What was learnt so far that holds for other streams."""

    def begin_block(self, size: int, stripe: int, hint: int = 0) -> None:
        """The next block of the stream, dealt to the lanes in stripes.

        hint: of what kind the content is, 0 (unknown) to 15; nothing depends on it yet.

        Raises:
            ValueError: where the last block has not ended, or for a size of 0 or above 2^24.
        """

    def copying(self) -> bool:
        """Whether every lane copies a long match, so that no other expert would be heard. Asked before a first bit."""

    def predict(
        self, network: NDArray[np.float64] | None, likeliest: NDArray[np.uint32] | None = None
    ) -> NDArray[np.float64]:
        """[K]: the probability that the next bit of each lane is 1, a multiple of 2^-24 above 0 and below 1.

        network: what the network says, float64 [K], or None where it was not asked.
        likeliest: see `NetworkLanes.likeliest`, [K]; read with the first bit of a byte only, in profile 2.
        """

    def update(self, bits: NDArray[np.int32]) -> None:
        """Tells the lanes what came: [K], each 0 or 1."""

    def replay(
        self,
        network: NDArray[np.float64] | None,
        data: NDArray[np.uint8],
        likeliest: NDArray[np.uint32] | None = None,
    ) -> NDArray[np.float64]:
        """data and likeliest [T, K], network [T, 8, K] -> [T, 8, K]: what as many predictions give."""

class RangeDecoder:
    """Code on its way back to bits, as constriction's RangeDecoder has it for bits of 24-bit probabilities."""

    def __init__(self, code: bytes) -> None:
        """code: as bytezip(5) stores it; behind it stand zeros."""

    def decode(self, probabilities: NDArray[np.float64]) -> NDArray[np.int32]:
        """The next bits, [N], for N probabilities that the bit is 1, whole multiples of 2^-24.

        Raises:
            ValueError: for code that no encoder writes, or a probability outside (0, 1).
        """

class MixedLanes:
    """The lanes of a network and the mixer over them: predict, then update, bit by bit.

    Not for two threads at once: a call during another raises RuntimeError. Neither the threads nor the instruction set
    change a result.

    Args:
        network: the weights.
        lanes: K, 1 to 32.
        threads: 1 to 256, shared by network and mixer.
        capacity, profile, experience, phrases: as for Mixer.

    Raises:
        ValueError: where a number is out of range.
    """

    def __init__(
        self,
        network: Network,
        lanes: int,
        threads: int,
        capacity: int,
        profile: int,
        experience: Experience | None = None,
        phrases: Phrases | None = None,
    ) -> None: ...
    @property
    def lanes(self) -> int: ...
    def begin_block(self, size: int, stripe: int, asks_network: bool = True, hint: int = 0) -> None:
        """As for Mixer. asks_network: whether the network has a say in this block at all."""

    def begin_row(self) -> None:
        """At the first bit of each row of the block: decides whether the network is asked in it."""

    def predict(self, result: NDArray[np.float64]) -> None:
        """Writes to result, [K], the probability that the next bit of each lane is 1, a multiple of 2^-24."""

    def update(self, bits: NDArray[np.int32]) -> None:
        """Tells the lanes what came: [K], each 0 or 1."""

    def decode(self, decoder: RangeDecoder, present: NDArray[np.int64]) -> NDArray[np.uint8]:
        """The bytes of a row, [T, K], from code: 8 T rounds of predict and update with the bits that the code gives.

        present: [T], how many lanes have a byte at a step; the others, all behind them, are given a 0.

        Raises:
            ValueError: for code that no encoder writes, or counts out of range; the lanes are then of no more use.
        """

    def replay(self, data: NDArray[np.uint8]) -> NDArray[np.float64]:
        """data [T, K] of one row -> [T, 8, K]: what 8 T rounds of predict and update would have predicted."""
