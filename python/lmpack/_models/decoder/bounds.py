"""Bounds within which a decoder's arithmetic has one right answer (docs/decoder_model.md)."""

from __future__ import annotations

from typing import Any

import numpy as np
import numpy.typing as npt

from lmpack._models.decoder.shape import (
    ATTENTION_TOP,
    RESIDUAL_LIMIT,
    WEIGHT_BITS,
    WEIGHT_LIMIT,
    DecoderShape,
)
from lmpack._models.decoder.tokens import split_tokens
from lmpack._models.tensors import Tensors
from lmpack.errors import BundleError

SMALLEST_FLOAT, LARGEST_FLOAT = 2.0**-40, 2.0**30
"""Of what is not 0: no product becomes infinite."""


def check_decoder_bounds(shape: DecoderShape, tensors: Tensors) -> None:
    """Refuse a model whose arithmetic could have several answers, or none.

    Args:
        shape: of the model.
        tensors: by name, as :func:`~lmpack._models.decoder.layout.decoder_layout` says.

    Raises:
        BundleError: a value is out of bounds; names the tensor.
    """
    for name, tensor in tensors.items():
        if tensor.dtype == np.int8:
            _check_weights(name, tensor)
        elif tensor.dtype == np.float32:
            _check_floats(name, tensor)
            _check_part(name, tensor)
    _check_above_0("score_scale", tensors["score_scale"][: shape.layers])
    _check_above_0("norm_epsilon", tensors["norm_epsilon"][:1])
    _check_table("attention_exp2", tensors["attention_exp2"], ATTENTION_TOP)
    _check_table("exp2", tensors["exp2"], 2**WEIGHT_BITS)
    split_tokens(shape, tensors)


def _check_part(name: str, tensor: npt.NDArray[Any]) -> None:
    if name.endswith(".multiplier"):
        _check_above_0(name, tensor)
    elif name == "positions":
        _check_integers(name, tensor, int(RESIDUAL_LIMIT))
    elif (name == "activation" or name.startswith("rope.")) and np.abs(tensor).max() > 1:
        raise BundleError(f"{name} has values beyond -1 to 1")


def _check_weights(name: str, weight: npt.NDArray[Any]) -> None:
    # Two passes over the bytes as they are: abs would copy, and does not have that of -128.
    if weight.min() < -WEIGHT_LIMIT or weight.max() > WEIGHT_LIMIT:
        raise BundleError(f"{name} has values beyond {-WEIGHT_LIMIT} to {WEIGHT_LIMIT}")


def _check_floats(name: str, tensor: npt.NDArray[Any]) -> None:
    with np.errstate(invalid="ignore"):  # a signalling nan would be told twice
        size = np.abs(tensor)
        allowed = (size == 0) | ((size >= SMALLEST_FLOAT) & (size <= LARGEST_FLOAT))
    if not allowed.all():  # nan is neither
        raise BundleError(
            f"{name} has values that are not 0 and not {SMALLEST_FLOAT} to {LARGEST_FLOAT}"
        )


def _check_above_0(name: str, values: npt.NDArray[Any]) -> None:
    if not (values > 0).all():
        raise BundleError(f"{name} has values that are not above 0")


def _check_integers(name: str, values: npt.NDArray[Any], limit: int) -> None:
    if np.abs(values).max() > limit or (values != np.rint(values)).any():
        raise BundleError(f"{name} must hold integers up to {limit:,}")


def _check_table(name: str, table: npt.NDArray[Any], top: int) -> None:
    _check_integers(name, table, top)
    if table[0] != top or table.min() < 0:
        raise BundleError(f"{name} must begin with {top:,} and hold nothing below 0")
