"""From float weights to integers within +-64 behind a rotation."""

from __future__ import annotations

from typing import NamedTuple

import numpy as np
import numpy.typing as npt

from lmpack._models.decoder.bounds import LARGEST_FLOAT, SMALLEST_FLOAT
from lmpack._models.decoder.shape import OUTPUT_STEP, WEIGHT_LIMIT
from lmpack.errors import BundleError
from lmpack.importing.source import Floats


class Quantized(NamedTuple):
    """Rows of a matrix as integers.

    Attributes:
        weight: int8 [outputs, inputs].
        scale: float64 [outputs], what the integers of a row are to be multiplied by.
    """

    weight: npt.NDArray[np.int8]
    scale: npt.NDArray[np.float64]


def rotated(rows: Floats, size: int) -> Floats:
    """The last axis times the Hadamard matrix over its size, block by block of `size` channels.

    A product with a vector that was rotated so is that of the vectors before. It is made of sums in
    a fixed order, which are the same on every machine.
    """
    x = rows.reshape(-1, size)
    half = 1
    with np.errstate(over="ignore", invalid="ignore"):  # whoever quantizes looks for infinities
        while half < size:
            pairs = x.reshape(len(x), -1, 2, half)
            x = np.stack([pairs[:, :, 0] + pairs[:, :, 1], pairs[:, :, 0] - pairs[:, :, 1]], axis=2)
            half *= 2
    return (x.reshape(rows.shape) / np.float32(size)).astype(np.float32, copy=False)


def quantized(name: str, rows: Floats) -> Quantized:
    """Rows float32 [outputs, inputs] as integers, each with a scale of its own.

    Args:
        name: of the tensor, for messages.
        rows: its rows.

    Raises:
        BundleError: a weight is not finite.
    """
    largest = np.abs(rows).max(axis=1)
    if not np.isfinite(largest).all():
        raise BundleError(f"{name} has weights that are not finite: the model is damaged")
    scale = largest / np.float32(WEIGHT_LIMIT)
    steps = np.rint(rows / np.where(scale > 0, scale, 1)[:, None])
    weight = np.clip(steps, -WEIGHT_LIMIT, WEIGHT_LIMIT).astype(np.int8)
    return Quantized(weight, scale.astype(np.float64))


def multipliers(name: str, scale: npt.NDArray[np.float64], unit: float) -> Floats:
    """Scales in other units: float32, within the bounds. Those of rows of zeros become 1.

    Raises:
        BundleError: one is beyond the bounds.
    """
    result = np.where(scale > 0, scale * unit, 1)
    if not ((result >= SMALLEST_FLOAT) & (result <= LARGEST_FLOAT)).all():
        raise BundleError(
            f"{name} has rows that are so small or so large that the exact form cannot hold them"
        )
    return result.astype(np.float32)


def bounded(name: str, values: Floats) -> Floats:
    """The values, the smallest of which become 0.

    Raises:
        BundleError: one is too large, or not finite.
    """
    if not (np.abs(values) <= LARGEST_FLOAT).all():
        raise BundleError(f"{name} has values that are not finite or too large")
    return np.where(np.abs(values) < SMALLEST_FLOAT, np.float32(0), values)


def in_output_steps(name: str, values: Floats) -> Floats:
    """The values as multiples of 2**-16, as results of products are.

    Raises:
        BundleError: one is too large, or not finite.
    """
    return bounded(name, (np.rint(values / OUTPUT_STEP) * OUTPUT_STEP).astype(np.float32))
