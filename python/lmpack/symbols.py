"""Embedding rows of symbols: the one place that hashes the last symbols of a lane."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt

from lmpack.architecture import Architecture

_MULTIPLIER = np.uint32(0x9E3779B1)
"""Odd, near 2**32 / golden ratio (Knuth, The Art of Computer Programming, 6.4)."""


def embedding_rows(
    architecture: Architecture, symbols: npt.NDArray[np.integer]
) -> npt.NDArray[np.int64]:
    """Rows of the embedding that are added up at each position.

    Args:
        architecture: shape of the model.
        symbols: integers [..., history + T]: `architecture.history` symbols before the first
            position, then the symbols of the T positions. Before the start of a lane stands
            `architecture.start_symbol`.

    Returns:
        int64 [..., T, 1 + number of n-gram tables].
    """
    history = architecture.history
    length = symbols.shape[-1] - history
    newest = symbols[..., history:]
    rows = [newest.astype(np.int64)]
    first = architecture.vocabulary + 1
    for table in architecture.ngrams:
        value = np.zeros(newest.shape, np.uint32)
        for back in range(table.order - 1, -1, -1):
            start = history - back
            value = (
                value + symbols[..., start : start + length].astype(np.uint32) + 1
            ) * _MULTIPLIER
            value ^= value >> np.uint32(15)
        rows.append(first + (value % np.uint32(table.rows)).astype(np.int64))
        first += table.rows
    return np.stack(rows, axis=-1)
