"""Ring buffers of keys and values: which slot holds which position, and how far back it is.

Position p of a lane is in slot p mod W, W the window of the layer. A graph looks up the bias of
attention by an index into the layer's flattened table, h * (W + 1) + distance; distance W stands
for "not visible". The index of the slots depends on how many symbols the lane was fed, its phase;
that of the new keys does not.
"""

from __future__ import annotations

import numpy as np
import numpy.typing as npt


def old_bias_input(window: int) -> str:
    """Name of the graph's input int64 [P, T * H, W]: :func:`old_bias_index` for each phase."""
    return f"old_bias_index.{window}"


def new_bias_input(window: int) -> str:
    """Name of the graph's input int64 [1, T * H, T]: :func:`new_bias_index`."""
    return f"new_bias_index.{window}"


def phase_input(window: int) -> str:
    """Name of the graph's input int64 [L or 1]: the row of the above for each lane, or for all."""
    return f"phase.{window}"


def slots_input(window: int) -> str:
    """Name of the ring writer's input int64 [L, T]: where the new keys and values belong."""
    return f"slots.{window}"


def slots(window: int, positions: npt.NDArray[np.int64] | int, count: int) -> npt.NDArray[np.int64]:
    """Ring slots [..., T] of the T positions that follow `positions` [...], T at most W."""
    return (np.asarray(positions)[..., None] + np.arange(count)) % window


def old_bias_index(heads: int, window: int, position: int, count: int) -> npt.NDArray[np.int64]:
    """Bias index int64 [1, T * H, W] over the ring's slots.

    Args:
        heads: number of heads H.
        window: the window W of the layer.
        position: number of symbols fed before, the same for all lanes.
        count: number of queries T, at `position` and after.
    """
    last = position - 1
    held = last - (last - np.arange(window)) % window
    queries = np.arange(position, position + count)[:, None]
    return _with_heads(np.where(held >= 0, queries - held, window), heads, window)


def new_bias_index(heads: int, window: int, count: int) -> npt.NDArray[np.int64]:
    """Bias index int64 [1, T * H, T] over the new keys; arguments as above."""
    new = np.arange(count)
    return _with_heads(new[:, None] - new, heads, window)


def phase_table(heads: int, window: int) -> npt.NDArray[np.int64]:
    """The :func:`old_bias_index` of one query in each phase: int64 [2 * W, H, W]."""
    return np.concatenate([old_bias_index(heads, window, p, 1) for p in range(2 * window)])


def phases(positions: npt.NDArray[np.int64], window: int) -> npt.NDArray[np.int64]:
    """The row of :func:`phase_table` for each position: once around the ring they repeat."""
    return np.where(positions < window, positions, window + positions % window)


def _with_heads(distance: npt.NDArray[np.int64], heads: int, window: int) -> npt.NDArray[np.int64]:
    """Index [1, T * H, K] of distances [T, K]; those outside the window are not visible."""
    visible = np.where((distance >= 0) & (distance < window), distance, window)
    index = visible[:, None, :] + np.arange(heads)[:, None] * (window + 1)
    return index.reshape(1, -1, distance.shape[1]).astype(np.int64)
