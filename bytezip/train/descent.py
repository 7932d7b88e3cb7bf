"""How the small classifiers are trained: AdamW (Loshchilov and Hutter 2019) with one cycle of the learning rate.

Knows: parameters, a loss.  Does not know: what is classified.
"""

from __future__ import annotations

from argparse import Namespace
from collections.abc import Callable, Iterable, Iterator

import torch
from torch import Tensor


def descend(parameters: Iterable[Tensor], arguments: Namespace, loss_of: Callable[[], Tensor]) -> Iterator[float]:
    """Takes `arguments.steps` steps and gives the loss of each, in nats.

    arguments: also holds `rate`, the peak, and `decay`, of the weights.
    loss_of: draws a batch, and gives its loss.
    """
    optimiser = torch.optim.AdamW(parameters, arguments.rate, weight_decay=arguments.decay)
    schedule = torch.optim.lr_scheduler.OneCycleLR(optimiser, arguments.rate, arguments.steps, pct_start=0.1)
    for _ in range(arguments.steps):
        loss = loss_of()
        optimiser.zero_grad()
        loss.backward()  # type: ignore[no-untyped-call]
        optimiser.step()
        schedule.step()
        yield float(loss.detach())
