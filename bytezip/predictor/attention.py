"""Causal attention over a sliding window, in blocks of plain matrix products, with a backward pass of its own.

Stock attention kernels do not know sliding windows on CPUs, and with one key head for many query heads a block is one
dense product. What lies between the products is bound by memory: so it is done in place, what may not be seen is zeroed
at the edges of the window alone, and the backward pass keeps one matrix of the size of the weights (as FlashAttention
derives it: Dao et al. 2022, arXiv:2205.14135, appendix B), where automatic differentiation keeps and walks over four.

Knows: torch, shapes.  Does not know: layers, weights.
Shapes: B sequences, T positions, H query heads, G key/value heads, D head size, n chunks, C positions of a chunk,
M positions that a chunk may see: those of the window before its first one, and its own.
"""

from __future__ import annotations

from typing import Any

import torch
import torch.nn.functional as F
from torch import Tensor

CHUNK = 64  # positions that share one block of attention; 64-128 measured best on CPUs


def local_attention(query: Tensor, key: Tensor, value: Tensor, window: int) -> Tensor:
    """Softmax of the logits of the last `window` positions, the present one included, and their mean of the values.

    The logits must be bounded, as those of normed queries and keys are: the softmax is taken without its maximum.

    Args:
        query: [B, T, H, D], already scaled.
        key, value: [B, T, G, D], where G divides H.

    Returns:
        [B, T, H * D].
    """
    batch, length, heads, size = query.shape
    before, behind = _reach(window), -length % CHUNK
    blocks = _in_chunks(F.pad(query, (0, 0, 0, 0, 0, behind)), key.shape[2])
    keys, values = (F.pad(each, (0, 0, 0, 0, before, behind)) for each in (key, value))
    mixed: Tensor = _Blocked.apply(blocks, keys, values, window)  # type: ignore[no-untyped-call]
    chunks = blocks.shape[1]
    mixed = mixed.view(batch, chunks, -1, heads // key.shape[2], CHUNK, size).permute(0, 1, 4, 2, 3, 5)
    return mixed.reshape(batch, chunks * CHUNK, heads * size)[:, :length]


def columns(window: int) -> int:
    """M, the positions that a chunk is multiplied with."""
    return _reach(window) + CHUNK


class _Blocked(torch.autograd.Function):
    """Attention of chunks of queries, [B, n, G, H / G * C, D], over keys and values, [B, M - C + n * C, G, D]."""

    @staticmethod
    def forward(ctx: Any, query: Tensor, key: Tensor, value: Tensor, window: int) -> Tensor:
        weight = query @ _seen(key, window).transpose(-1, -2)
        _mask_(weight.exp_(), window)
        total = weight.sum(-1, keepdim=True)
        mixed = (weight @ _seen(value, window)).div_(total)
        ctx.window = window
        ctx.save_for_backward(query, key, value, weight, total, mixed)
        return mixed

    @staticmethod
    def backward(ctx: Any, *gradients: Tensor) -> tuple[Tensor, Tensor, Tensor, None]:
        query, key, value, weight, total, mixed = ctx.saved_tensors
        gradient = gradients[0] / total
        of_value = weight.transpose(-1, -2) @ gradient
        of_logits = gradient @ _seen(value, ctx.window).transpose(-1, -2)
        of_logits.sub_((gradient * mixed).sum(-1, keepdim=True)).mul_(weight)
        of_query = of_logits @ _seen(key, ctx.window)
        of_key = of_logits.transpose(-1, -2) @ query
        return of_query, _unseen(of_key), _unseen(of_value), None


def _reach(window: int) -> int:
    """Positions before a chunk that its first one may see, in whole chunks."""
    return -(-(window - 1) // CHUNK) * CHUNK


def _in_chunks(padded: Tensor, groups: int) -> Tensor:
    """Queries of whole chunks, [B, n * C, H, D], as [B, n, G, H / G * C, D]."""
    batch, _, heads, size = padded.shape
    split = padded.view(batch, -1, CHUNK, groups, heads // groups, size)
    return split.permute(0, 1, 3, 4, 2, 5).reshape(batch, split.shape[1], groups, -1, size)


def _seen(padded: Tensor, window: int) -> Tensor:
    """What each chunk may see: [B, n, G, M, D] from [B, M - C + n * C, G, D]."""
    return padded.unfold(1, columns(window), CHUNK).transpose(-1, -2)


def _unseen(gradient: Tensor) -> Tensor:
    """Sums over all chunks that saw a position: the adjoint of `_seen`."""
    batch, chunks, groups, seen, size = gradient.shape
    parts = seen // CHUNK
    split = gradient.view(batch, chunks, groups, parts, CHUNK, size).transpose(2, 4)  # [B, n, C, parts, G, D]
    exact = torch.promote_types(gradient.dtype, torch.float32)
    total = gradient.new_zeros((batch, chunks + parts - 1, CHUNK, groups, size), dtype=exact)
    for part in range(parts):
        total[:, part : part + chunks] += split[:, :, :, part]
    return total.flatten(1, 2).to(gradient.dtype)


def _mask_(weight: Tensor, window: int) -> None:
    """Zero, in place, where a position may not look: [B, n, G, H / G * C, M]."""
    reach = _reach(window)
    by_row = weight.view(*weight.shape[:3], -1, CHUNK, weight.shape[-1])
    for row in range(CHUNK):  # two narrow strips each: a product with a mask takes three times as long
        by_row[..., row, reach + row + 1 :] = 0
        by_row[..., row, : max(0, reach + row + 1 - window)] = 0
    for chunk in range(min(reach // CHUNK, weight.shape[1])):  # nothing is before the first position
        weight[:, chunk, ..., : reach - chunk * CHUNK] = 0
