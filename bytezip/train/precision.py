"""In which type of numbers the products of the trainer are the fastest on this machine.

A processor with instructions for bfloat16 (AMX, AVX512-BF16, newer ARM) multiplies in it about four times as fast as in
float32. One without them takes fifty times as long (EPYC of the third generation, torch 2.13), and no call of torch
tells which kind it is: so both are timed once.

Knows: torch.  Does not know: models, runs.
"""

from __future__ import annotations

import time
from collections.abc import Callable
from contextlib import AbstractContextManager
from functools import cache

import torch

_SIZE = 256  # of square matrices: 20 ms in bfloat16 where it is slow, once a process
_TRIALS = 3


@cache  # so that all runs of a process take the same type
def seconds_of_product(kind: torch.dtype) -> float:
    """The least time of a few products of two square matrices, the first one left out."""
    matrix = torch.ones(_SIZE, _SIZE, dtype=kind)
    times = []
    for _ in range(_TRIALS + 1):
        began = time.perf_counter()
        matrix @ matrix
        times.append(time.perf_counter() - began)
    return min(times[1:])


def fastest_type(seconds: Callable[[torch.dtype], float] = seconds_of_product) -> torch.dtype:
    """torch.bfloat16, or torch.float32 where its products take less time.

    Args:
        seconds: that a product in this type takes.
    """
    return min((torch.bfloat16, torch.float32), key=seconds)


def products_in(kind: torch.dtype) -> AbstractContextManager[None]:
    """Within it, what torch multiplies on the CPU is rounded to `kind`; float32 is left as it is."""
    return torch.autocast("cpu", torch.bfloat16, enabled=kind == torch.bfloat16)
