"""Rounding with a straight-through gradient, and the integer weights of a float matrix."""

from __future__ import annotations

from typing import Any

import torch
from torch import Tensor

from lmpack._models.architecture import WEIGHT_LIMIT


class _RoundStraightThrough(torch.autograd.Function):
    @staticmethod
    def forward(ctx: Any, values: Tensor) -> Tensor:
        return torch.round(values)

    @staticmethod
    def backward(ctx: Any, *gradients: Any) -> Any:
        return gradients[0]


def to_integers(values: Tensor, low: float, high: float, quantize: bool) -> Tensor:
    """Clip to [low, high] and, if `quantize`, round half to even.

    The limits are integers, so the order of the two steps does not matter. The gradient passes
    through the rounding and is 0 outside the limits.
    """
    clipped = values.clamp(low, high)
    return _RoundStraightThrough.apply(clipped) if quantize else clipped  # type: ignore[no-untyped-call]


def weight_scales(weight: Tensor) -> Tensor:
    """Float32 [out]: the step of each row of `weight` [out, in], so that it fits WEIGHT_LIMIT."""
    largest = weight.detach().abs().amax(dim=1)
    return (largest / WEIGHT_LIMIT).clamp_min(1e-8)


def integer_weight(weight: Tensor, scales: Tensor, quantize: bool) -> Tensor:
    """`weight` [out, in] in steps of `scales` [out]; integers in +-64 if `quantize`."""
    return to_integers(weight / scales[:, None], -WEIGHT_LIMIT, WEIGHT_LIMIT, quantize)
