"""Bounds of a model's integers and scales within which its arithmetic has one right answer.

docs/model.md proves them. The exporter asks here, and so does whoever loads a bundle.
"""

from __future__ import annotations

from typing import Any

import numpy as np
import numpy.typing as npt

from lmpack._models.architecture import (
    ACTIVATION_LIMIT,
    ATTENTION_BASE,
    HIDDEN_LIMIT,
    KV_LIMIT,
    MASKED,
    WEIGHT_LIMIT,
    Architecture,
)
from lmpack._models.tensor_layout import matrices
from lmpack._models.tensors import Tensors
from lmpack.errors import BundleError

EXACT_IN_FLOAT32 = 2**24
SMALLEST_FLOAT, LARGEST_FLOAT = 2.0**-60, 2.0**40
"""Of what is not 0: all products stay finite and out of the subnormals."""

LARGEST_SCORE = 256.0
"""Bound on abs(score): keeps the rounding of max - score far below half a step of a weight."""

LARGEST_LOGIT = 2.0**16
"""Bound on abs(l): keeps the rounding of max l - c below 2**-8, so that odds are 1 to 2**24 - 1."""


def check_bounds(architecture: Architecture, tensors: Tensors) -> None:
    """Refuse a model that could give a row of odds without any above 0, or several answers.

    Args:
        architecture: shape of the model.
        tensors: its tensors by name, as :func:`~lmpack._models.tensor_layout.tensor_layout` says.

    Raises:
        BundleError: a value is out of bounds; names the tensor.
    """
    for name, tensor in tensors.items():
        if tensor.dtype == np.float32:
            with np.errstate(invalid="ignore"):  # a signalling nan would be told twice
                _check_floats(name, tensor)
    _check_scale("score_scale", tensors["score_scale"])
    for name, _, _ in matrices(architecture):
        _check_matrix(name, tensors[f"{name}.weight"], tensors[f"{name}.multiplier"])
    for layer in range(architecture.layers):
        _check_scores(architecture, f"layers.{layer}", layer, tensors)


def _check_floats(name: str, tensor: npt.NDArray[Any]) -> None:
    size = np.abs(tensor[tensor != 0])
    if not ((size >= SMALLEST_FLOAT) & (size <= LARGEST_FLOAT)).all():  # nan is neither
        raise BundleError(
            f"{name} has values that are not 0 and not {SMALLEST_FLOAT} to {LARGEST_FLOAT}"
        )


def _check_scale(name: str, scale: npt.NDArray[Any]) -> None:
    if not (scale > 0).all():
        raise BundleError(f"{name} has values that are not above 0")


def _check_matrix(
    name: str, weight: npt.NDArray[np.int8], multiplier: npt.NDArray[np.float32]
) -> None:
    _check_scale(f"{name}.multiplier", multiplier)
    # Before abs, which -128 does not have in 8 bits.
    if weight.min() < -WEIGHT_LIMIT or weight.max() > WEIGHT_LIMIT:
        raise BundleError(f"{name} has weights beyond {-WEIGHT_LIMIT} to {WEIGHT_LIMIT}")
    largest_input = HIDDEN_LIMIT if name.endswith(".down") else ACTIVATION_LIMIT
    sums = np.abs(weight).sum(axis=0, dtype=np.int64) * largest_input
    if sums.max() >= EXACT_IN_FLOAT32:
        raise BundleError(
            f"{name}: sums may reach {sums.max()}, which float32 cannot hold exactly "
            f"(limit {EXACT_IN_FLOAT32 - 1}); make the layer narrower"
        )
    if name == "head" and (largest := (sums * multiplier.astype(np.float64)).max()) > LARGEST_LOGIT:
        raise BundleError(
            f"{name}: outputs may reach {largest:.3g}, the limit is {LARGEST_LOGIT:.0f}: beyond "
            "it no symbol might be left with odds above 0"
        )


def _check_scores(a: Architecture, name: str, layer: int, tensors: Tensors) -> None:
    visible, invisible = np.split(tensors[f"{name}.bias"], [a.windows[layer]], axis=1)
    if (invisible != MASKED).any():
        raise BundleError(f"{name}.bias must end in {MASKED:.0f} for what is not visible")
    bias = float(np.abs(visible).max())
    product = ACTIVATION_LIMIT * KV_LIMIT * a.head_width * float(tensors["score_scale"][0])
    if product + bias > LARGEST_SCORE:
        raise BundleError(
            f"{name}: attention scores may reach {product + bias:.0f}, the limit is "
            f"{LARGEST_SCORE:.0f}: its biases (up to {bias / ATTENTION_BASE:.0f}) are too large"
        )
