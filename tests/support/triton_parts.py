"""Kernels that do nothing but one part of lmpack's kernels, for tests of that part.

Import it as the fixture `interpreted` of tests/executors/test_triton_kernels.py does.
"""

from __future__ import annotations

import triton
import triton.language as tl

from lmpack._executors.triton.arithmetic import (
    added,
    normalized,
    rounded,
    rounded_weight,
    scaled_products,
)


@triton.jit
def rounding_kernel(x, nearest, weight, COUNT: tl.constexpr):
    """`rounded` and `rounded_weight` of float32 x [COUNT]."""
    i = tl.arange(0, COUNT)
    values = tl.load(x + i)
    tl.store(nearest + i, rounded(values))
    tl.store(weight + i, rounded_weight(values))


@triton.jit
def norm_kernel(x, normed, ROWS: tl.constexpr, COLUMNS: tl.constexpr, WIDTH: tl.constexpr):
    """norm of int16 x [ROWS, WIDTH]: int8."""
    column = tl.arange(0, COLUMNS)
    place = tl.arange(0, ROWS)[:, None] * WIDTH + column[None, :]
    values = tl.load(x + place, mask=(column < WIDTH)[None, :], other=0).to(tl.float32)
    tl.store(normed + place, normalized(values, WIDTH), mask=(column < WIDTH)[None, :])


@triton.jit
def product_kernel(x, weight, multiplier, y, ROWS: tl.constexpr, COLUMNS: tl.constexpr,
                   WIDTH: tl.constexpr, OUTPUTS: tl.constexpr):  # fmt: skip
    """Int8 x [ROWS, WIDTH] times int8 weight [OUTPUTS, WIDTH] times multipliers: float32."""
    k, row = tl.arange(0, COLUMNS), tl.arange(0, ROWS)
    place = row[:, None] * WIDTH + k[None, :]
    values = tl.load(x + place, mask=(k < WIDTH)[None, :], other=0)
    column = tl.arange(0, OUTPUTS)
    found = scaled_products(values, weight, multiplier, column, WIDTH)
    tl.store(y + row[:, None] * OUTPUTS + column[None, :], found)


@triton.jit
def added_kernel(x, sums, multiplier, y, ROWS: tl.constexpr, COLUMNS: tl.constexpr):
    """Float32 x [ROWS, COLUMNS] with int32 sums times float32 multipliers [COLUMNS]."""
    column = tl.arange(0, COLUMNS)
    place = tl.arange(0, ROWS)[:, None] * COLUMNS + column[None, :]
    tl.store(
        y + place, added(tl.load(x + place), tl.load(sums + place), multiplier, column, COLUMNS)
    )
