"""Ring buffers of keys and values: which slot holds which position, and how far back it lies."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt

from lmpack.architecture import Architecture


def slots(architecture: Architecture, position: int, count: int) -> npt.NDArray[np.intp]:
    """Ring slots of the positions `position` .. `position + count - 1`, at most the window."""
    return np.arange(position, position + count) % architecture.window


def bias_index(architecture: Architecture, position: int, count: int) -> npt.NDArray[np.int64]:
    """Index into a flattened bias table for the queries at `position` and the next ones.

    Args:
        architecture: shape of the model, with window W and H heads.
        position: number of symbols fed before, the same for all lanes.
        count: number of queries T.

    Returns:
        int64 [1, T * H, W + T]: h * (W + 1) + distance, over the ring's slots in order and then
        the T new keys; distance W stands for "not visible".
    """
    window = architecture.window
    queries = np.arange(position, position + count)[:, None]
    slot = np.arange(window)
    last = position - 1
    held = last - (last - slot) % window
    old = np.where(held >= 0, queries - held, window)
    new = queries - np.arange(position, position + count)
    distance = np.concatenate([old, new], axis=1)
    distance = np.where((distance >= 0) & (distance < window), distance, window)
    head = np.arange(architecture.heads)[:, None] * (window + 1)
    index = distance[:, None, :] + head
    return index.reshape(1, count * architecture.heads, window + count).astype(np.int64)
