"""The integer tables of the exact network, and how each is derived.

The tables travel in the model file, so decoding never evaluates a function. They are derived here in `decimal`
arithmetic, whose results its specification fixes to the last digit: the same integers on every machine.

Knows: numbers.  Does not know: tensors of weights, engines.
"""

from __future__ import annotations

from collections.abc import Callable
from decimal import ROUND_HALF_EVEN, Context, Decimal, localcontext

import numpy as np
from numpy.typing import NDArray

from bytezip.predictor.config import ModelConfig

ROTARY_PERIOD = 1 << 14  # positions in one turn of the slowest angle
COSINE_ONE = 1 << 14  # what stands for 1.0 in the cosine table
SOFTMAX_ONE = (1 << 14) - 1  # numerator of the best-matching position: two int8 digits of seven bits
SOFTMAX_OCTAVE = 256  # table steps that halve a numerator
SOFTMAX_OCTAVES = 15  # farther away a numerator is 0
LOGIT_STEP = 64  # quantised logits a nat
LOGIT_LIMIT = 64 * LOGIT_STEP  # quantised logits lie within plus and minus this
POWER_OCTAVE = 1 << 10  # capped logits a factor of two
POWER_ONE = 1 << 23  # weight of the most probable byte

_DIGITS = Context(prec=40, rounding=ROUND_HALF_EVEN)
_PI = Decimal("3.141592653589793238462643383279502884197")


def build_tables(config: ModelConfig) -> dict[str, NDArray[np.generic]]:
    """Every table of a model of this shape, by its name in the model file.

    Returns:
        cosine int16 [16384], softmax int16 [256], soft_cap int16 [8193], power int32 [1024], rotary_steps int32 [D/2].
    """
    with localcontext(_DIGITS):
        return {
            "table.cosine": _table(np.int16, ROTARY_PERIOD, _cosine),
            "table.softmax": _table(np.int16, SOFTMAX_OCTAVE, _softmax),
            "table.soft_cap": _table(np.int16, 2 * LOGIT_LIMIT + 1, lambda i: _soft_cap(i, config.logit_soft_cap)),
            "table.power": _table(np.int32, POWER_OCTAVE, _power),
            "table.rotary_steps": np.array(rotary_steps(config), np.int32),
        }


def rotary_steps(config: ModelConfig) -> list[int]:
    """How far each pair of a head turns a position, in steps of one ROTARY_PERIOD-th of a turn.

    The usual geometric frequencies, rounded to whole steps, so that angles repeat exactly.
    """
    half = config.head_size // 2
    with localcontext(_DIGITS):
        base = Decimal(config.rope_base)
        steps = [base ** (Decimal(-pair) / half) * ROTARY_PERIOD / (2 * _PI) for pair in range(half)]
        return [max(1, _round(step)) for step in steps]


def _table(kind: type[np.generic], length: int, entry: Callable[[int], int]) -> NDArray[np.generic]:
    return np.array([entry(index) for index in range(length)], kind)


def _cosine(index: int) -> int:
    """round(2^14 cos(2 pi index / 2^14)), folded into the first quarter of a turn, where the series converges."""
    quarter = ROTARY_PERIOD // 4
    turn, rest = divmod(index, quarter)
    angle = 2 * _PI * rest / ROTARY_PERIOD
    sign = -1 if turn in (1, 2) else 1
    return sign * _round(COSINE_ONE * _taylor(angle, first=turn % 2))


def _taylor(x: Decimal, first: int) -> Decimal:
    """Taylor series of the cosine (first = 0) or the sine (first = 1) for 0 <= x < pi / 2."""
    term = x if first else Decimal(1)
    total, power = term, first
    while abs(term) > Decimal("1e-30"):
        term = -term * x * x / ((power + 1) * (power + 2))
        power += 2
        total += term
    return total


def _softmax(index: int) -> int:
    return _round(SOFTMAX_ONE * Decimal(2) ** (Decimal(-index) / SOFTMAX_OCTAVE))


def _soft_cap(index: int, cap: int) -> int:
    """round(1024 log2(e) cap tanh(u / 64 / cap)) for the quantised logit u = index - 4096."""
    double = 2 * Decimal(index - LOGIT_LIMIT) / LOGIT_STEP / cap
    tanh = 1 - 2 / (double.exp() + 1)
    return _round(POWER_OCTAVE * cap * tanh / Decimal(2).ln())


def _power(index: int) -> int:
    return _round(POWER_ONE * Decimal(2) ** (Decimal(-index) / POWER_OCTAVE))


def _round(value: Decimal) -> int:
    return int(value.to_integral_value(ROUND_HALF_EVEN))
