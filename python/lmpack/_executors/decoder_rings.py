"""What graphs of decoders are fed beside symbols: the keys and values that each layer remembers.

The buffers of a layer with window W have C slots, at most W; position p is in slot p mod W. Until
there are W positions, C may be any number that holds them. Queries are in rows t * G + g: position
t, query head g of the G that share a head of keys.
"""

from __future__ import annotations

import numpy as np
import numpy.typing as npt

from lmpack._models.decoder.shape import DecoderShape

SYMBOLS, POSITIONS, WEIGHTS = "symbols", "position", "weights"
"""Names of the graph's inputs int64 [L, T] and [1, T], and of its output int32 [L, T, V]."""

BUFFERS = ("keys", "values", "key_scales", "value_scales")

Bools = npt.NDArray[np.bool_]


def old_visible_input(window: int) -> str:
    """Name of the graph's input bool [1, 1, T * G, C]: :func:`old_visible`."""
    return f"old_visible.{window}"


def new_visible_input(window: int) -> str:
    """Name of the graph's input bool [1, 1, T * G, T]: :func:`new_visible`."""
    return f"new_visible.{window}"


def buffer_shape(kind: str, shape: DecoderShape, lanes: int, slots: int) -> tuple[int, ...]:
    """Axes of one of BUFFERS: int8 for keys and values, float32 for their scales."""
    if kind == "keys":
        return lanes, shape.kv_heads, shape.head_width, slots
    if kind == "values":
        return lanes, shape.kv_heads, slots, shape.head_width
    return lanes, shape.kv_heads, 1, slots


def slots_axis(kind: str) -> int:
    """The axis of one of BUFFERS that has the slots."""
    return 2 if kind == "values" else 3


def buffer_type(kind: str) -> type[np.int8 | np.float32]:
    """Type of the entries of one of BUFFERS."""
    return np.int8 if kind in ("keys", "values") else np.float32


def old_visible(window: int, slots: int, position: int, count: int, group: int) -> Bools:
    """Which of C slots T queries, at `position` and after, see; G query heads share one of keys.

    Args:
        window: the window W of the layer.
        slots: the number C of slots; below W only if it is at least `position`.
        position: number of symbols fed before.
        count: the number T of queries.
        group: the number G.
    """
    last = position - 1
    held = last - (last - np.arange(slots)) % window
    queries = np.arange(position, position + count)[:, None]
    return _in_rows((held >= 0) & (queries - held < window), group)


def new_visible(window: int, count: int, group: int) -> Bools:
    """Which of the T new positions T queries see; arguments as above."""
    distance = np.arange(count)[:, None] - np.arange(count)
    return _in_rows((distance >= 0) & (distance < window), group)


def _in_rows(visible: Bools, group: int) -> Bools:
    return np.repeat(visible, group, axis=0)[None, None]
