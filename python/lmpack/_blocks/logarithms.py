"""Logarithms in integers, so that every machine chooses alike."""

from __future__ import annotations

from typing import Any

import numpy as np
import numpy.typing as npt

UNITS = 256
"""A bit is counted in such parts."""


def log2(numbers: npt.NDArray[Any]) -> npt.NDArray[np.int64]:
    """About the logarithms to base 2 of numbers of 1 and more, in parts of a bit."""
    # Of a number m * 2**e with m of 0.5 to 1 that is about e + 2 m - 2.
    fractions, exponents = np.frexp(numbers.astype(np.float64))
    logs: npt.NDArray[np.int64] = (fractions * (2 * UNITS)).astype(np.int64)
    return logs + UNITS * (exponents.astype(np.int64) - 2)
