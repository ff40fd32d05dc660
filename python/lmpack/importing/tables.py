"""The functions of an exact decoder as tables (docs/decoder_model.md, "Tensors")."""

from __future__ import annotations

import math

import numpy as np
import numpy.typing as npt

from lmpack._models.decoder.shape import (
    ACTIVATION_STEPS,
    ATTENTION_TOP,
    LOGIT_STEPS,
    SCORE_RANGE,
    SCORE_STEPS,
    WEIGHT_BITS,
)
from lmpack.importing.source import Floats

ROPE_STEP = 2.0**-24
"""Far from the subnormals, and as fine as float32 is near 1."""

_WEIGHT_STEP = 64


def activation_table(activation: str, limit: int) -> Floats:
    """What y is multiplied by, at y = -limit + i / 64: float32 [128 * limit + 2].

    The ends are 0 and 1, so that what lies beyond them is right as well.

    Args:
        activation: "silu", "gelu_tanh" or "gelu_erf".
        limit: where the table ends.
    """
    y = np.arange(2 * ACTIVATION_STEPS * limit + 2) / ACTIVATION_STEPS - limit
    if activation == "silu":
        factor = 1 / (1 + np.exp(-y))
    elif activation == "gelu_tanh":
        factor = (1 + np.tanh(math.sqrt(2 / math.pi) * (y + 0.044715 * y**3))) / 2
    else:
        factor = np.array([1 + math.erf(value / math.sqrt(2)) for value in y]) / 2
    factor = np.clip(np.round(factor / ROPE_STEP) * ROPE_STEP, 0, 1)
    factor[0], factor[-2:] = 0, 1
    return factor.astype(np.float32)


def rotary_tables(frequencies: npt.NDArray[np.float64], context: int) -> tuple[Floats, Floats]:
    """Cosines and sines of the angles at each position: float32 [context, pairs] each."""
    angles = np.arange(context)[:, None] * frequencies
    cos, sin = (
        (np.round(table / ROPE_STEP) * ROPE_STEP).astype(np.float32)
        for table in (np.cos(angles), np.sin(angles))
    )
    return cos, sin


def attention_powers() -> Floats:
    """Powers of two of scores: float32 [3073], integers."""
    steps = np.arange(SCORE_RANGE * SCORE_STEPS + 1)
    return np.round(ATTENTION_TOP * 2.0 ** (-steps / SCORE_STEPS)).astype(np.float32)


def output_powers() -> Floats:
    """Powers of two of logits within an octave: float32 [256], multiples of 64."""
    powers = 2.0 ** (WEIGHT_BITS - np.arange(LOGIT_STEPS) / LOGIT_STEPS)
    return (np.round(powers / _WEIGHT_STEP) * _WEIGHT_STEP).astype(np.float32)
