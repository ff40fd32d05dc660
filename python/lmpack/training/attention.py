"""Sliding-window attention with the weight round(255 * (1 + (s - max s) / 16)**16).

Forward and backward are written out, because the score tensor is by far the largest of the model.
It is worked on in tiles that stay in the cache of a CPU, and two tensors of its size are kept for
the way back. The weights are rounded even where other steps are not: one below 1/510 of the largest
counts as none. The forward pass is that of the specification, unless a faster one is asked for
(:mod:`lmpack.training.precision`).
"""

from __future__ import annotations

import functools
from collections.abc import Callable
from typing import Any

import torch
from torch import Tensor

from lmpack._models.architecture import (
    ATTENTION_BASE,
    ATTENTION_FLOOR,
    ATTENTION_SQUARINGS,
    ATTENTION_TOP,
    MASKED,
)
from lmpack.training.precision import EXACT, Precision

QUERY_CHUNK = 64
"""Queries that share one slice of keys; longer chunks waste products outside the window."""

MOST_COMPILATIONS = 64
"""Kinds of calls of a part that are compiled, each by itself."""

TILE_BYTES = {"cpu": 2_500_000, "cuda": 4 << 30}
"""Size of a tile of scores: what fits the caches of a core; on a GPU all of them, if possible."""


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
    back = torch.arange(queries, device=table.device)[:, None]
    index = torch.arange(keys, device=table.device)[None, :] - back + queries - 1
    return line[:, index]


def _weigh(
    products: Tensor, bias: Tensor, first: Tensor, scale: float, masked: bool
) -> tuple[Tensor, Tensor, Tensor]:
    """Weights [C, H, Q, K], weights over their bases, and the weights' sums [C, H, Q, 1].

    Keys before `first` [C] do not exist; `masked` says whether there are any such.
    """
    scores = products.float() * scale + bias
    if masked:
        keys = torch.arange(scores.shape[-1], device=scores.device)
        missing = keys < first[:, None, None, None]
        scores = torch.where(missing, MASKED, scores)
    top = scores.amax(dim=-1, keepdim=True) - ATTENTION_BASE
    base = (scores - top).clamp_min(ATTENTION_FLOOR)
    weights = base
    for _ in range(ATTENTION_SQUARINGS):
        weights = weights.square()
    weights = weights.round()
    kind = products.dtype
    return weights.to(kind), (weights / base).to(kind), weights.sum(dim=-1, keepdim=True)


def _score_gradient(d_weights: Tensor, slopes: Tensor, weights: Tensor, d_total: Tensor) -> Tensor:
    """Gradient of the scores [C, H, Q, K], from that of the weights and of their sum."""
    # d base**16 / d base = 16 * base**16 / base; a weight that rounds to 0 passes nothing on.
    d_scores = (d_weights.float() - d_total) * (2.0**ATTENTION_SQUARINGS * slopes.float())
    # The largest score is subtracted from all: it gets minus the sum of their gradients. Where
    # several are as large, they share it.
    largest = weights == ATTENTION_TOP
    count = largest.sum(dim=-1, keepdim=True)
    shared = d_scores.sum(dim=-1, keepdim=True) / count
    return (d_scores - torch.where(largest, shared, 0.0)).to(d_weights.dtype)


def _bias_gradient(d_scores: Tensor) -> Tensor:
    return d_scores.float().sum(dim=0)


@functools.cache
def _compiled(part: Callable[..., Any]) -> Callable[..., Any]:
    # A part is compiled for each window and tile, masked or not, more often than torch allows by
    # default; what comes after its limit would run uncompiled.
    torch._dynamo.config.recompile_limit = max(
        torch._dynamo.config.recompile_limit, MOST_COMPILATIONS
    )
    return torch.compile(part, dynamic=False)


def _part(part: Callable[..., Any], compiled: bool) -> Callable[..., Any]:
    """An elementwise part as it is, or compiled: compilers may contract."""
    return _compiled(part) if compiled else part


def _tiles(scores: torch.Size, size: int, device: str) -> list[slice]:
    """Slices of the chunks of scores [C, H, Q, K], all equally long, each about TILE_BYTES.

    Args:
        scores: their shape.
        size: bytes of one.
        device: kind of the device that works on them.
    """
    chunks = scores[0]
    tile = min(chunks, max(1, TILE_BYTES[device] // (scores[1:].numel() * size)))
    while chunks % tile:
        tile -= 1
    return [slice(start, start + tile) for start in range(0, chunks, tile)]


def _by_tiles(work: Callable[[slice], tuple[Tensor, ...]], tiles: list[slice]) -> list[Tensor]:
    """What `work` makes of each slice of the chunks, put together along them."""
    parts = work(tiles[0])
    if len(tiles) == 1:
        return [part.contiguous() for part in parts]
    wholes = [part.new_empty(tiles[-1].stop, *part.shape[1:]) for part in parts]
    for tile in tiles:
        for whole, part in zip(wholes, parts if tile is tiles[0] else work(tile), strict=True):
            whole[tile] = part
    return wholes


# Operators of their own, so that a compiler of the whole model does not unroll the tiles.
@torch.library.custom_op("lmpack::attend", mutates_args=())
def _attend(
    q: Tensor, k: Tensor, v: Tensor, bias: Tensor, sequence: int, scale: float, compiled: bool
) -> tuple[Tensor, Tensor, Tensor, Tensor]:
    """Means [C, H, Q, h], weights and slopes [C, H, Q, K], sums [C, H, Q, 1].

    Args:
        q: [C, H, Q, h], chunks of queries.
        k: [C, K, h], their keys; v alike.
        v: see k.
        bias: float32 [H, Q, K].
        sequence: chunks in a sequence; before its first position there are no keys.
        scale: from a product to a score.
        compiled: whether elementwise parts are compiled.
    """
    chunks, heads, queries, head = q.shape
    keys = k.shape[1]
    window = keys - queries
    # Key j of chunk c of a sequence has the position c * queries - window + j: in the first chunks
    # some are before the sequence. Known here as well as there, so that nobody waits.
    masked = [c % sequence * queries < window for c in range(chunks)]
    numbers = torch.arange(chunks, device=q.device) % sequence
    first = (window - numbers * queries).clamp_min(0)
    weigh = _part(_weigh, compiled)

    def attend(tile: slice) -> tuple[Tensor, Tensor, Tensor, Tensor]:
        count = tile.stop - tile.start
        rows = q[tile].reshape(count, heads * queries, head)
        products = torch.bmm(rows, k[tile].transpose(1, 2)).view(count, heads, queries, keys)
        weights, slopes, total = weigh(products, bias, first[tile], scale, any(masked[tile]))
        sums = torch.bmm(weights.view(count, heads * queries, keys), v[tile])
        mean = sums.view(count, heads, queries, head).float() / total
        return mean, weights, slopes, total

    shape = torch.Size((chunks, heads, queries, keys))
    tiles = _tiles(shape, q.element_size(), q.device.type)
    mean, weights, slopes, total = _by_tiles(attend, tiles)
    return mean, weights, slopes, total


@_attend.register_fake
def _(
    q: Tensor, k: Tensor, v: Tensor, bias: Tensor, sequence: int, scale: float, compiled: bool
) -> tuple[Tensor, Tensor, Tensor, Tensor]:
    chunks, heads, queries, head = q.shape
    weights = q.new_empty(chunks, heads, queries, k.shape[1])
    mean = bias.new_empty(chunks, heads, queries, head)
    return mean, weights, torch.empty_like(weights), bias.new_empty(chunks, heads, queries, 1)


@torch.library.custom_op("lmpack::attend_backward", mutates_args=())
def _attend_backward(
    gradient: Tensor,
    q: Tensor,
    k: Tensor,
    v: Tensor,
    mean: Tensor,
    weights: Tensor,
    slopes: Tensor,
    total: Tensor,
    scale: float,
    compiled: bool,
) -> tuple[Tensor, Tensor, Tensor, Tensor]:
    """Gradients of q, k, v and bias."""
    _, heads, queries, head = q.shape
    keys = k.shape[1]
    d_sum = gradient / total
    d_total = (d_sum * mean).sum(dim=-1, keepdim=True)
    d_sum = d_sum.to(q.dtype)
    d_bias = total.new_zeros(heads, queries, keys)
    score_gradient = _part(_score_gradient, compiled)
    bias_gradient = _part(_bias_gradient, compiled)

    def attend_backward(tile: slice) -> tuple[Tensor, Tensor, Tensor]:
        count = tile.stop - tile.start
        flat = d_sum[tile].view(count, heads * queries, head)
        attention = weights[tile].view(count, heads * queries, keys)
        d_v = torch.bmm(attention.transpose(1, 2), flat)
        d_weights = torch.bmm(flat, v[tile].transpose(1, 2)).view(count, heads, queries, keys)
        d_scores = score_gradient(d_weights, slopes[tile], weights[tile], d_total[tile])
        d_bias.add_(bias_gradient(d_scores))
        d_products = d_scores.view(count, heads * queries, keys)
        d_q = torch.bmm(d_products, k[tile]).view(count, heads, queries, head)
        rows = q[tile].reshape(count, heads * queries, head)
        return d_q, torch.bmm(d_products.transpose(1, 2), rows), d_v

    tiles = _tiles(weights.shape, q.element_size(), q.device.type)
    d_q, d_k, d_v = _by_tiles(attend_backward, tiles)
    return d_q * scale, d_k * scale, d_v, d_bias


@_attend_backward.register_fake
def _(
    gradient: Tensor,
    q: Tensor,
    k: Tensor,
    v: Tensor,
    mean: Tensor,
    weights: Tensor,
    slopes: Tensor,
    total: Tensor,
    scale: float,
    compiled: bool,
) -> tuple[Tensor, Tensor, Tensor, Tensor]:
    d_bias = total.new_empty(q.shape[1], q.shape[2], k.shape[1])
    # Contiguous, as the gradients are: those of q, k and v may have other strides themselves.
    return q.new_empty(q.shape), k.new_empty(k.shape), v.new_empty(v.shape), d_bias


def _keep(ctx: Any, inputs: Any, output: Any) -> None:
    q, k, v, _, _, *ctx.constants = inputs
    ctx.save_for_backward(q, k, v, *output)


def _backward(ctx: Any, gradient: Tensor, *_: Any) -> Any:
    gradients = _attend_backward(gradient.contiguous(), *ctx.saved_tensors, *ctx.constants)
    return *gradients, None, None, None


_attend.register_autograd(_backward, setup_context=_keep)


def windowed_attention(
    q: Tensor,
    k: Tensor,
    v: Tensor,
    table: Tensor,
    scale: float,
    precision: Precision = EXACT,
) -> Tensor:
    """Attention of each position over itself and the `window - 1` positions before it.

    Args:
        q: float32 [B, T, heads, head], integer-valued.
        k: float32 [B, T, head], integer-valued, shared by all heads.
        v: as k.
        table: float32 [heads, window]: score bias by distance, in units of the weight's base.
        scale: factor from q . k to units of the weight's base.
        precision: of the products and elementwise parts.

    Returns:
        float32 [B, T, heads, head]: the weighted means of v, not rounded.
    """
    batch, length, heads, head = q.shape
    window = table.shape[1]
    dtype = precision.products
    queries = min(QUERY_CHUNK, length)
    chunks = -(-length // queries)
    tail = chunks * queries - length
    q = torch.nn.functional.pad(q.to(dtype), (0, 0, 0, 0, 0, tail))
    q = q.view(batch, chunks, queries, heads, head).transpose(2, 3)
    k, v = (
        torch.nn.functional.pad(t.to(dtype), (0, 0, window, tail))
        .unfold(1, window + queries, queries)
        .transpose(2, 3)
        for t in (k, v)
    )
    mean: Tensor = _attend(
        q.reshape(batch * chunks, heads, queries, head),
        k.reshape(batch * chunks, window + queries, head),
        v.reshape(batch * chunks, window + queries, head),
        relative_bias(table, queries),
        chunks,
        scale,
        precision.compiled,
    )[0]
    mean = mean.view(batch, chunks, heads, queries, head).transpose(2, 3)
    return mean.reshape(batch, chunks * queries, heads, head)[:, :length]
