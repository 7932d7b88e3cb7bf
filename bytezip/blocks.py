"""The place where predictor and coder meet: one block of bytes to code, and home again.

Encoding and decoding walk the same steps in the same order (`lanes.py`); only the source of the bits differs.

Knows: predictors, the range coder, stripes.  Does not know: bytes on disk.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from functools import partial
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from bytezip.coder import UNDECODABLE, BitDecoder, BitEncoder, UnboundedCodeError, check_ending
from bytezip.errors import CorruptError
from bytezip.lanes import Striping
from bytezip.predictor.engine import native_core
from bytezip.predictor.mixed import MixedPredictor

if TYPE_CHECKING:
    from bytezip._native import MixedLanes, RangeDecoder

Report = Callable[[int], None]
"""Called with the count of raw bytes of this block done so far."""

OpenLanes = Callable[[int, int, bool], MixedPredictor]
"""Makes a predictor from a lane count, the bytes that its tables are sized for, and whether the network is asked."""


@dataclass(frozen=True)
class Plan:
    """What the decoder must know of a block beside its code.

    network: whether it is asked. capacity: bytes that the tables are sized for, where the block begins a state.
    hint: of what kind the content is, 0 (unknown) to 15.
    """

    striping: Striping
    network: bool
    capacity: int
    hint: int = 0


class BlockCoder:
    """Codes the blocks of one member, one after another, with a predictor whose state runs on.

    The state starts anew with the first block and whenever the lane count changes.
    """

    def __init__(self, open_lanes: OpenLanes) -> None:
        self._open_lanes = open_lanes
        self._predictor: MixedPredictor | None = None

    def encode(self, raw: bytes, plan: Plan, report: Report) -> bytes | None:
        """The code of a block; the decoder needs the plan beside it. None where there is none: see `coder`."""
        encoder = BitEncoder()
        for first, row, probabilities in self._replay(raw, plan, report):
            present = np.repeat(plan.striping.active(first, len(row))[:, None], 8, axis=1)
            encoder.encode(bits_of(row)[present], probabilities[present])
        try:
            return encoder.finish()
        except UnboundedCodeError:
            return None

    def tell(self, raw: bytes, plan: Plan, report: Report) -> None:
        """Lets the predictor see a block that was not worth coding, as it did when that was tried."""
        for _ in self._replay(raw, plan, report):
            pass

    def decode(self, code: bytes, plan: Plan, report: Report) -> bytes:
        """The bytes of a block again.

        Raises:
            CorruptError: where the code is none; most damage shows only in the block's check.
        """
        striping, predictor = plan.striping, self._begin(plan)
        decode_row = _row_decoder(predictor, code)
        rows = []
        for first, count in striping.rows():
            present = striping.active(first, count).sum(axis=1)  # lanes without a byte are the last ones
            predictor.begin_row()
            rows.append(decode_row(present))
            report(min(striping.size, (first + count) * striping.lanes))
        return striping.gather(np.concatenate(rows))

    def _replay(
        self, raw: bytes, plan: Plan, report: Report
    ) -> Iterator[tuple[int, NDArray[np.uint8], NDArray[np.float64]]]:
        """First step, bytes and predictions of each row."""
        striping, predictor = plan.striping, self._begin(plan)
        data = np.frombuffer(raw, np.uint8)
        for first, count in striping.rows():
            row = striping.spread(data, first, count)
            predictor.begin_row()
            yield first, row, predictor.replay(row)
            report(min(len(raw), (first + count) * striping.lanes))

    def _begin(self, plan: Plan) -> MixedPredictor:
        striping = plan.striping
        if self._predictor is None or self._predictor.lanes != striping.lanes:
            self._predictor = self._open_lanes(striping.lanes, plan.capacity, plan.network)
        self._predictor.begin_block(striping.size, striping.stripe, plan.network, plan.hint)
        return self._predictor


def bits_of(data: NDArray[np.uint8]) -> NDArray[np.int32]:
    """Bits in the order of coding, most significant first: int32 [T, 8, K] from uint8 [T, K]."""
    return np.unpackbits(data[:, None, :], axis=1).astype(np.int32)


DecodeRow = Callable[[NDArray[np.int64]], NDArray[np.uint8]]
"""The bytes of the next row, uint8 [T, K]; at step t the lanes from present[t] on have none and are fed a zero."""


def _row_decoder(predictor: MixedPredictor, code: bytes) -> DecodeRow:
    """The native predictor takes the code itself: a call for each bit would cost as much as the prediction."""
    native = native_core()
    if not isinstance(predictor, native.MixedLanes):
        return partial(_decode_row, predictor, BitDecoder(code))
    check_ending(code)
    return partial(_decode_row_natively, predictor, native.RangeDecoder(code))


def _decode_row_natively(predictor: MixedLanes, decoder: RangeDecoder, present: NDArray[np.int64]) -> NDArray[np.uint8]:
    try:
        return predictor.decode(decoder, present)
    except ValueError as error:
        raise CorruptError(UNDECODABLE) from error


def _decode_row(predictor: MixedPredictor, decoder: BitDecoder, present: NDArray[np.int64]) -> NDArray[np.uint8]:
    lanes = predictor.lanes
    row = np.zeros((len(present), 8, lanes), np.int32)
    probabilities = np.empty(lanes)
    for bits_of_step, count in zip(row, present.tolist(), strict=True):
        for bits in bits_of_step:
            predictor.predict(probabilities)
            bits[:count] = decoder.decode(probabilities[:count])
            predictor.update(bits)
    return np.packbits(row.astype(np.uint8), axis=1)[:, 0]
