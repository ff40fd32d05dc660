"""Ring buffers of keys and values: which slot holds which position, and how far back it lies."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt


def bias_input(window: int) -> str:
    """Name of the graph's input for the :func:`bias_index` of layers with this window."""
    return f"bias_index.{window}"


def slots(window: int, position: int, count: int) -> npt.NDArray[np.intp]:
    """Ring slots of the positions `position` .. `position + count - 1`, at most the window."""
    return np.arange(position, position + count) % window


def bias_index(heads: int, window: int, position: int, count: int) -> npt.NDArray[np.int64]:
    """Index into a layer's flattened bias table for the queries at `position` and the next ones.

    Args:
        heads: number of heads H.
        window: the window W of the layer.
        position: number of symbols fed before, the same for all lanes.
        count: number of queries T.

    Returns:
        int64 [1, T * H, W + T]: h * (W + 1) + distance, over the ring's slots in order and then
        the T new keys; distance W stands for "not visible".
    """
    queries = np.arange(position, position + count)[:, None]
    slot = np.arange(window)
    last = position - 1
    held = last - (last - slot) % window
    old = np.where(held >= 0, queries - held, window)
    new = queries - np.arange(position, position + count)
    distance = np.concatenate([old, new], axis=1)
    distance = np.where((distance >= 0) & (distance < window), distance, window)
    head = np.arange(heads)[:, None] * (window + 1)
    index = distance[:, None, :] + head
    return index.reshape(1, count * heads, window + count).astype(np.int64)
