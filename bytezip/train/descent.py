"""How the small classifiers are trained: AdamW (Loshchilov and Hutter 2019) with one cycle of the learning rate.

Knows: options, parameters, a loss, logits.  Does not know: what is classified.
"""

from __future__ import annotations

from argparse import ArgumentParser, Namespace
from collections.abc import Callable, Iterable, Iterator
from pathlib import Path

import numpy as np
import torch
import torch.nn.functional as F
from torch import Tensor


def parser_of(about: str | None, *, steps: int, rate: float, decay: float, dropout: float) -> ArgumentParser:
    """What all their trainers are told, with the defaults of one.

    about: its module's docstring, of which the first line is shown.
    """
    parser = ArgumentParser(description=(about or "").splitlines()[0])
    parser.add_argument("training_set", type=Path)
    parser.add_argument("more", type=Path, nargs="*")
    parser.add_argument(
        "--training-only", type=Path, nargs="*", default=[], help="folders of which nothing is held out"
    )
    parser.add_argument("--turn", type=int, default=0, help="which sources are held out, see `detect_items.split`")
    parser.add_argument("--out", type=Path, required=True)
    parser.add_argument("--steps", type=int, default=steps)
    parser.add_argument("--rate", type=float, default=rate)
    parser.add_argument("--decay", type=float, default=decay)
    parser.add_argument("--dropout", type=float, default=dropout)
    return parser


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


def temperature_of(logits: Tensor, labels: Tensor) -> float:
    """By which logits, float [N, C], are to be divided for the smallest cross-entropy with labels, int64 [N]."""
    tried = np.geomspace(0.5, 4, 60)
    losses = [float(F.cross_entropy(logits / float(heat), labels)) for heat in tried]
    return float(tried[int(np.argmin(losses))])
