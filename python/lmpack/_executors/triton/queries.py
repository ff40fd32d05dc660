"""The end of kernels that stand before attention: queries, keys and values of their rows."""

import triton
import triton.language as tl

from lmpack._executors.triton.arithmetic import clipped, normalized, rounded, scaled_products
from lmpack._models import architecture as spec

_QUERY_LIMIT = tl.constexpr(float(spec.ACTIVATION_LIMIT))
_KV_LIMIT = tl.constexpr(float(spec.KV_LIMIT))


@triton.jit
def store_queries(
    x, row, is_row, positions, queries, keys, values, weight, multiplier, length, capacity,
    WIDTH: tl.constexpr, QUERIES: tl.constexpr, HEAD: tl.constexpr,
):  # fmt: skip
    """Store what attention reads, keys and values at their places in the rings.

    Args:
        x: residual stream, float32 [B, D].
        row: int32 [B]: lane * length + t, t the number of the symbol among those fed.
        is_row: int1 [B]; nothing is stored for the others.
        positions: int64 [L]: symbols fed to each lane before.
        queries: int8 [L * length, QUERIES].
        keys: int8 [L, capacity, HEAD].
        values: int8 [L, capacity, HEAD].
        weight: int8 [QUERIES + 2 * HEAD, WIDTH].
        multiplier: float32 [QUERIES + 2 * HEAD].
        length: symbols fed to each lane.
        capacity: places of the rings.
        WIDTH: of the residual stream.
        QUERIES: heads times width of a head.
        HEAD: width of a head.
    """
    n = normalized(x, WIDTH)
    lane = (row // length).to(tl.int64)
    position = tl.load(positions + lane, mask=is_row, other=0) + row % length
    place = (lane * capacity + position % capacity) * HEAD
    _store(n, is_row, queries, row.to(tl.int64) * QUERIES, weight, multiplier,
           0, QUERIES, _QUERY_LIMIT, WIDTH)  # fmt: skip
    _store(n, is_row, keys, place, weight, multiplier, QUERIES, HEAD, _KV_LIMIT, WIDTH)
    _store(n, is_row, values, place, weight, multiplier, QUERIES + HEAD, HEAD, _KV_LIMIT, WIDTH)


@triton.jit
def _store(
    n, is_row, target, place, weight, multiplier,
    FIRST: tl.constexpr, COUNT: tl.constexpr, LIMIT: tl.constexpr, WIDTH: tl.constexpr,
):  # fmt: skip
    """Store COUNT outputs of a matrix from FIRST on, rounded, at `target + place`."""
    CHUNK: tl.constexpr = 64 if COUNT % 64 == 0 else 32
    for start in range(0, COUNT, CHUNK):
        column = start + tl.arange(0, CHUNK)
        y = scaled_products(n, weight, multiplier, FIRST + column, WIDTH)
        whole = rounded(clipped(y, LIMIT)).to(tl.int8)
        tl.store(target + place[:, None] + column[None, :], whole, mask=is_row[:, None])
