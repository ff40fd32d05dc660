"""The operations of docs/decoder_model.md on tensors of torch, many positions at a time.

Two traps: torch computes `number / tensor` as a product with the reciprocal, and its square root
of float64 is not always the nearest. So divisors and dividends are made tensors, and roots are
those of numpy.
"""

from __future__ import annotations

import functools
from typing import NamedTuple

import numpy as np
import torch
from torch import Tensor

from lmpack._models.decoder.shape import (
    NORM_STEPS,
    OUTPUT_STEP,
    PROJECTION_LIMIT,
    ROTATION_LIMIT,
    SMALLEST_MAXIMUM,
    hadamard_size,
)

EXACT_INPUTS = 1024
"""Terms of a sum of products up to 255 * 64: it stays below 2**24, exact in any order."""


class Rotated(NamedTuple):
    """Vectors of integers.

    Attributes:
        integers: float32 [..., n].
        scale: float32 [..., 1], what each of them is to be multiplied by.
    """

    integers: Tensor
    scale: Tensor

    @property
    def positions(self) -> int:
        """Number P of positions, if it is [..., P, n]."""
        return self.scale.shape[-2]

    def at(self, positions: slice) -> Rotated:
        """Some of the positions."""
        return Rotated(self.integers[..., positions, :], self.scale[..., positions, :])

    def then(self, later: Rotated) -> Rotated:
        """These positions and later ones."""
        return Rotated(
            torch.cat([self.integers, later.integers], -2), torch.cat([self.scale, later.scale], -2)
        )

    def in_groups(self, groups: int) -> Rotated:
        """Heads [L, H, P, n] in groups: [L, K, H / K, P, n]."""
        parts = (x.reshape(len(x), groups, -1, *x.shape[2:]) for x in self)
        return Rotated(*parts)


def divide(dividend: Tensor | float, divisor: Tensor | float) -> Tensor:
    """A division that rounds once; one of the two may be a number."""
    if isinstance(divisor, Tensor):
        numerator = dividend if isinstance(dividend, Tensor) else torch.full_like(divisor, dividend)
        return numerator / divisor
    assert isinstance(dividend, Tensor)
    return dividend / torch.full_like(dividend, divisor)


def largest(x: Tensor, least: float) -> Tensor:
    """The largest size of the entries of each vector [..., n], at least so much: [..., 1]."""
    return x.abs().amax(-1, keepdim=True).clamp(min=least)


def integer_product(left: Tensor, right: Tensor) -> Tensor:
    """Exact products of integers within 255 and within 64, as float32 (E6).

    Args:
        left: float32 [..., m, n].
        right: float32 or int8 [..., n, k].
    """
    inputs = left.shape[-1]
    total = None
    for first in range(0, inputs, EXACT_INPUTS):
        piece = slice(first, first + EXACT_INPUTS)
        part = left[..., piece] @ right[..., piece, :].float()
        if inputs <= EXACT_INPUTS:
            return part
        total = part.double() if total is None else total.add_(part)
    assert total is not None
    return total.float()


@functools.cache
def _sylvester(size: int) -> Tensor:
    matrix = torch.ones(1, 1)
    while len(matrix) < size:
        matrix = torch.cat([torch.cat([matrix, matrix], 1), torch.cat([matrix, -matrix], 1)])
    return matrix


def hadamard(x: Tensor) -> Tensor:
    """Block after block of the last axis, rotated; integers whose sums stay below 2**24."""
    size = hadamard_size(x.shape[-1])
    return (x.reshape(-1, size) @ _sylvester(size)).reshape(x.shape)


def rotate(x: Tensor, limit: float) -> Rotated:
    """float32 [..., n] as integers within the limit, rotated."""
    m = largest(x, SMALLEST_MAXIMUM)
    a = hadamard((x * divide(ROTATION_LIMIT, m)).round_())
    top = largest(a, 1)
    scale = divide(m, ROTATION_LIMIT) * divide(top, limit)
    return Rotated((a * divide(limit, top)).round_(), scale)


def quantize(x: Tensor, limit: float) -> Rotated:
    """float32 [..., n] as integers within the limit, not rotated."""
    m = largest(x, SMALLEST_MAXIMUM)
    return Rotated((x * divide(limit, m)).round_(), divide(m, limit))


def project(x: Rotated, weight: Tensor, multiplier: Tensor, bias: Tensor | None) -> Tensor:
    """float32 [..., outputs], multiples of 2**-16 but for the bias; weight int8 [outputs, n]."""
    y = integer_product(x.integers, weight.T).mul_(x.scale).mul_(multiplier)
    y = y.clamp_(-PROJECTION_LIMIT, PROJECTION_LIMIT).round_().mul_(OUTPUT_STEP)
    return y if bias is None else y.add_(bias)


def normalize(x: Tensor, epsilon: float, gain: Tensor, bias: Tensor | None) -> Tensor:
    """float32 [..., n] by the root of its mean square, or, with a bias, by its deviation."""
    c = divide(NORM_STEPS, largest(x, SMALLEST_MAXIMUM))
    k = (x * c).round_().double()
    wide, count = c.double(), float(x.shape[-1])
    mean_square = divide((k * k).sum(-1, keepdim=True), count)
    e = wide * wide * epsilon
    if bias is None:
        return x * (wide / _root(mean_square + e)).float() * gain
    u = divide(k.sum(-1, keepdim=True), count)
    variance = (mean_square - u * u).clamp_(min=0)
    r = (wide / _root(variance + e)).float()
    return (x - (u / wide).float()) * r * gain + bias


def _root(x: Tensor) -> Tensor:
    return torch.from_numpy(np.sqrt(x.numpy()))
