"""Sliding-window attention with the weight round(255 * (1 + (s - max s) / 16)**16).

Forward and backward are written out, because the score tensor is by far the largest of the model:
autograd would keep a dozen copies of it, this keeps two. The weights are rounded even where other
steps are not: a weight below 1/510 of the largest counts as none.
"""

from __future__ import annotations

from typing import Any

import torch
from torch import Tensor

from lmpack.architecture import ATTENTION_BASE, ATTENTION_FLOOR, ATTENTION_SQUARINGS, MASKED

QUERY_CHUNK = 64
"""Queries that share one slice of keys; longer chunks waste products outside the window."""


def relative_bias(table: Tensor, queries: int) -> Tensor:
    """Biases of `queries` positions over their window and one another.

    Args:
        table: float32 [heads, window], the bias at distance 0 (a position itself) and up.
        queries: number of consecutive positions.

    Returns:
        float32 [heads, queries, window + queries]; MASKED outside the window and in the future.
    """
    window = table.shape[1]
    keys = window + queries
    # Key j of query i lies window + i - j back; entry e of `line` is the bias at distance
    # queries + window - 1 - e.
    padding = table.new_full((table.shape[0], queries), MASKED)
    line = torch.cat([padding, table.flip(1), padding], dim=1)
    index = torch.arange(keys)[None, :] - torch.arange(queries)[:, None] + queries - 1
    return line[:, index]


def _attend(
    q: Tensor, k: Tensor, v: Tensor, bias: Tensor, first: Tensor, scale: float
) -> tuple[Tensor, Tensor, Tensor, Tensor]:
    """Weighted mean of `v`, the weights' base, the weights and their sum. Shapes: see below."""
    chunks, heads, queries, head = q.shape
    keys = k.shape[1]
    scores = torch.bmm(q.reshape(chunks, heads * queries, head), k.transpose(1, 2))
    scores = scores.view(chunks, heads, queries, keys).mul_(scale).add_(bias)
    scores[: first.shape[0]].masked_fill_(first, MASKED)
    top = scores.amax(dim=-1, keepdim=True).sub_(ATTENTION_BASE)
    base = scores.sub_(top).clamp_min_(ATTENTION_FLOOR)
    weights = base.square()
    for _ in range(ATTENTION_SQUARINGS - 1):
        weights.square_()
    weights.round_()
    total = weights.sum(dim=-1, keepdim=True)
    mean = torch.bmm(weights.view(chunks, heads * queries, keys), v)
    return mean.view(chunks, heads, queries, head).div_(total), base, weights, total


class _WindowedAttention(torch.autograd.Function):
    """One sequence: q [chunks, heads, queries, head], k and v [chunks, keys, head]."""

    @staticmethod
    def forward(
        ctx: Any,
        q: Tensor,
        k: Tensor,
        v: Tensor,
        bias: Tensor,
        first: Tensor,
        scale: float,
    ) -> Tensor:
        mean, base, weights, total = _attend(q, k, v, bias, first, scale)
        ctx.save_for_backward(q, k, v, mean, base, weights, total)
        ctx.scale = scale
        return mean

    @staticmethod
    def backward(ctx: Any, *gradients: Any) -> Any:
        q, k, v, mean, base, weights, total = ctx.saved_tensors
        chunks, heads, queries, head = q.shape
        flat = (chunks, heads * queries, -1)
        d_sum = gradients[0].contiguous() / total
        d_total = (d_sum * mean).sum(dim=-1, keepdim=True)
        d_v = torch.bmm(weights.view(flat).transpose(1, 2), d_sum.view(flat))
        d_scores = torch.bmm(d_sum.view(flat), v.transpose(1, 2)).view_as(base).sub_(d_total)
        # d base**16 / d base = 16 * base**16 / base; a weight that rounds to 0 passes nothing on.
        d_scores.mul_(weights.div_(base).mul_(2**ATTENTION_SQUARINGS))
        # The largest score is subtracted from all: it gets minus the sum of their gradients.
        where = base.argmax(dim=-1, keepdim=True)
        d_scores.scatter_add_(-1, where, d_scores.sum(dim=-1, keepdim=True).neg_())
        d_bias = d_scores.sum(dim=0)
        d_acc = d_scores.view(flat).mul_(ctx.scale)
        d_q = torch.bmm(d_acc, k).view_as(q)
        d_k = torch.bmm(d_acc.transpose(1, 2), q.reshape(chunks, heads * queries, head))
        return d_q, d_k, d_v, d_bias, None, None


def windowed_attention(q: Tensor, k: Tensor, v: Tensor, table: Tensor, scale: float) -> Tensor:
    """Attention of each position over itself and the `window - 1` positions before it.

    Args:
        q: float32 [B, T, heads, head], integer-valued.
        k: float32 [B, T, head], integer-valued, shared by all heads.
        v: as k.
        table: float32 [heads, window]: score bias by distance, in units of the weight's base.
        scale: factor from q . k to units of the weight's base.

    Returns:
        float32 [B, T, heads, head]: the weighted means of v, not rounded.
    """
    batch, length, heads, head = q.shape
    window = table.shape[1]
    queries = min(QUERY_CHUNK, length)
    chunks = -(-length // queries)
    tail = chunks * queries - length
    q = torch.nn.functional.pad(q, (0, 0, 0, 0, 0, tail))
    q = q.view(batch, chunks, queries, heads, head).transpose(2, 3)
    k, v = (
        torch.nn.functional.pad(t, (0, 0, window, tail))
        .unfold(1, window + queries, queries)
        .transpose(2, 3)
        .contiguous()
        for t in (k, v)
    )
    bias = relative_bias(table, queries)
    # Keys before the sequence: key j of chunk c stands at position c * queries - window + j.
    starts = torch.arange(0, min(window, chunks * queries), queries)
    first = (starts[:, None] + torch.arange(window + queries)) < window
    first = first[:, None, None, :]
    rows = [
        _WindowedAttention.apply(q[b], k[b], v[b], bias, first, scale)  # type: ignore[no-untyped-call]
        for b in range(batch)
    ]
    mean = torch.stack(rows).transpose(2, 3).reshape(batch, chunks * queries, heads, head)
    return mean[:, :length]
