"""Radians a position by which rotary positions turn each pair of channels of a head."""

from __future__ import annotations

import math

import numpy as np
import numpy.typing as npt

Frequencies = npt.NDArray[np.float64]


def rope_frequencies(head_width: int, base: float) -> Frequencies:
    """base**(-2 i / head_width) for i = 0 to head_width / 2 - 1, float64 (Su et al., 2021)."""
    return base ** (-np.arange(0, head_width, 2) / head_width)


def llama3_frequencies(
    frequencies: Frequencies,
    *,
    factor: float,
    low: float,
    high: float,
    positions: float,
) -> Frequencies:
    """Frequencies of Llama 3.1 and later, stretched for a longer context.

    Channels that turn at least `high` times within the original context stay, those that turn less
    than `low` times are slowed down by `factor`, and between them it goes over evenly.

    Args:
        frequencies: those of the original context.
        factor: by how much the slow ones are slowed down.
        low: `low_freq_factor` of the configuration.
        high: `high_freq_factor` of the configuration, above `low`.
        positions: the original context.
    """
    turns = positions * frequencies / (2 * math.pi)
    kept = np.clip((turns - low) / (high - low), 0, 1)
    return frequencies * (kept + (1 - kept) / factor)
