"""Parts of the arithmetic of docs/model.md that several kernels share.

Kernels are compiled without fusion of products and sums. What Triton compiles to an approximate
operation, `/` and `tl.sqrt` of float32, has no place here.
"""

import triton
import triton.language as tl

from lmpack._models import architecture as spec

_ROUNDER = tl.constexpr(1.5 * 2**23)
_TOP_OF_FRACTIONS = tl.constexpr(2.0**23)
_ACTIVATION_UNIT = tl.constexpr(float(spec.ACTIVATION_UNIT))
_ACTIVATION_LIMIT = tl.constexpr(float(spec.ACTIVATION_LIMIT))
_RESIDUAL_LIMIT = tl.constexpr(float(spec.RESIDUAL_LIMIT))


@triton.jit
def clipped(x, LIMIT: tl.constexpr):
    """Float32 x within +-LIMIT."""
    return tl.minimum(tl.maximum(x, -LIMIT), LIMIT)


@triton.jit
def rounded(x):
    """Float32 x to the nearest integer, half to even; abs(x) at most 2**22.

    From 2**23 to 2**24 float32 numbers are 1 apart, so that the sum rounds as it should.
    """
    return (x + _ROUNDER) - _ROUNDER


@triton.jit
def rounded_weight(x):
    """The same for x of 0 and above; from 2**23 on all float32 numbers are integers."""
    return tl.where(x < _TOP_OF_FRACTIONS, (x + _TOP_OF_FRACTIONS) - _TOP_OF_FRACTIONS, x)


@triton.jit
def normalized(x, WIDTH: tl.constexpr):
    """norm(x) as int8 [B, D] of float32 integers x [B, D], which are 0 beyond WIDTH."""
    whole = x.to(tl.int32)
    # At most 2**16 * 2**30: int64 holds it, and float64 too.
    squares = tl.sum((whole * whole).to(tl.int64), axis=1).to(tl.float64)
    root = tl.sqrt(squares / WIDTH + 1.0)
    unit = tl.full(root.shape, _ACTIVATION_UNIT, tl.float64)
    inverse = (unit / root).to(tl.float32)
    return rounded(clipped(x * inverse[:, None], _ACTIVATION_LIMIT)).to(tl.int8)


@triton.jit
def products(x, weight, column, WIDTH: tl.constexpr):
    """Products int32 [B, C] of int8 x [B, K] with columns [C] of a matrix.

    Args:
        x: K is WIDTH, rounded up to a power of 2.
        weight: int8 [outputs, WIDTH].
        column: the outputs that are wanted.
        WIDTH: number of inputs of the matrix.
    """
    k = tl.arange(0, x.shape[1])
    tile = weight + column[None, :] * WIDTH + k[:, None]
    if x.shape[1] == WIDTH:
        return tl.dot(x, tl.load(tile), out_dtype=tl.int32)
    return tl.dot(x, tl.load(tile, mask=k[:, None] < WIDTH, other=0), out_dtype=tl.int32)


@triton.jit
def scaled_products(x, weight, multiplier, column, WIDTH: tl.constexpr):
    """The same times the multipliers of their columns: float32 [B, C]."""
    sums = products(x, weight, column, WIDTH)
    return sums.to(tl.float32) * tl.load(multiplier + column)[None, :]


@triton.jit
def added(x, sums, multiplier, column, WIDTH: tl.constexpr):
    """The residual stream x float32 [B, D] with an update, int32 sums [B, D] times multipliers.

    Columns from WIDTH on stay 0.
    """
    scale = tl.load(multiplier + column, mask=column < WIDTH, other=0.0)
    # Beyond twice the limit the update decides alone: clipping it first changes nothing.
    update = clipped(sums.to(tl.float32) * scale[None, :], 2 * _RESIDUAL_LIMIT)
    return clipped(x + rounded(update), _RESIDUAL_LIMIT)
