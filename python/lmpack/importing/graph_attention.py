"""Attention of a decoder as nodes of ONNX (docs/decoder_model.md, "Attention").

What a layer remembers and the new positions keep apart until their largest score and their sums are
known, so that no Concat has to copy the one behind the other.
"""

from __future__ import annotations

from typing import NamedTuple

from onnx import TensorProto

from lmpack._executors.decoder_rings import BUFFERS, new_visible_input, old_visible_input
from lmpack._models.decoder.shape import (
    ACTIVATION_LIMIT,
    KV_LIMIT,
    SCORE_RANGE,
    SCORE_STEPS,
)
from lmpack.importing.graph_steps import Rotated, Steps

_LOWEST = -(2.0**126)
"""Of positions that are not seen, in place of their score."""


class Seen(NamedTuple):
    """Names of keys and values of P positions, as the buffers hold them.

    Attributes:
        keys: int8 [L, K, h, P].
        values: int8 [L, K, P, h].
        key_scales: float32 [L, K, 1, P].
        value_scales: float32 [L, K, 1, P].
        visible: bool [1, 1, T * G, P].
        slots: how many positions there are, 0 if they are few and not known.
    """

    keys: str
    values: str
    key_scales: str
    value_scales: str
    visible: str
    slots: int


class Attention:
    """Builds the attention of one layer; R = T * G rows of queries for each head of keys."""

    def __init__(self, steps: Steps, layer: int) -> None:
        self.graph = steps
        self.shape = steps.shape
        self.layer = layer

    def build(self, qkv: str) -> tuple[str, Seen]:
        """From channels [L, T, (H + 2 K) h] to means [L, T, H h] and what is to be remembered."""
        s, g, i = self.shape, self.graph, self.layer
        h, first_value = s.head_width, s.queries + s.kv_heads * s.head_width
        queries = self._heads(g.slice(qkv, 0, s.queries), s.heads)
        keys = self._heads(g.slice(qkv, s.queries, first_value), s.kv_heads)
        values = self._heads(g.slice(qkv, first_value, s.qkv), s.kv_heads)
        if s.qk_norm:
            queries = g.normalize(f"layers.{i}.q_norm", queries, h, layer_norm=False)
            keys = g.normalize(f"layers.{i}.k_norm", keys, h, layer_norm=False)
        if s.ropes:
            queries, keys = self._turned(queries), self._turned(keys)
        q = g.rotate(queries, [s.heads, h], ACTIVATION_LIMIT)
        k = g.rotate(keys, [s.kv_heads, h], KV_LIMIT)
        v = g.rotate(values, [s.kv_heads, h], KV_LIMIT)
        window = s.windows[i]
        new = Seen(
            g.transpose(g.cast(k.integers, TensorProto.INT8), [0, 2, 3, 1]),
            g.transpose(g.cast(v.integers, TensorProto.INT8), [0, 2, 1, 3]),
            g.transpose(k.scale, [0, 2, 3, 1]),
            g.transpose(v.scale, [0, 2, 3, 1]),
            new_visible_input(window),
            0,
        )
        old = Seen(
            **{kind: f"{kind}.{i}" for kind in BUFFERS},
            visible=old_visible_input(window),
            slots=window,
        )
        rows = Rotated(self._rows(q.integers, h), self._rows(q.scale, 1))
        return self._means(rows, (old, new)), new

    def _heads(self, channels: str, heads: int) -> str:
        return self.graph.reshape(channels, [0, 0, heads, self.shape.head_width])

    def _turned(self, heads: str) -> str:
        """Heads [L, T, n, h], rotated by their positions."""
        g, half = self.graph, self.shape.head_width // 2
        c, s = (f"{part}.{self.shape.ropes[self.layer]}" for part in ("cos", "sin"))
        a, b = g.slice(heads, 0, half), g.slice(heads, half, 2 * half)
        upper = g.subtract(g.multiply(a, c), g.multiply(b, s))
        lower = g.add(g.multiply(b, c), g.multiply(a, s))
        return g.node("Concat", upper, lower, axis=-1)

    def _rows(self, heads: str, channels: int) -> str:
        """Heads of queries [L, T, H, n] by the heads of keys that they share: [L, K, R, n]."""
        s, g = self.shape, self.graph
        group = s.heads // s.kv_heads
        grouped = g.reshape(heads, [0, 0, s.kv_heads, group * channels])
        return g.reshape(g.transpose(grouped, [0, 2, 1, 3]), [0, 0, -1, channels])

    def _means(self, queries: Rotated, seen: tuple[Seen, ...]) -> str:
        """What the queries see: [L, T, H h]."""
        s, g = self.shape, self.graph
        operand = g.lowering.activation(g, queries.integers)
        scale = g.multiply(queries.scale, g.entry("score_scale", self.layer))
        scores = [self._scores(operand, scale, part) for part in seen]
        top = g.maximum(*(g.reduce("ReduceMax", part) for part in scores))
        weights = [self._weights(top, *both) for both in zip(scores, seen, strict=True)]
        z = g.cast(g.exact_sum(*weights), TensorProto.FLOAT)
        f = g.maximum(*(self._largest_scale(part) for part in seen))
        high, low = self._planes(weights, f, seen)
        mean = g.add(g.multiply(high, g.constant(256)), low)
        mean = g.divide(g.multiply(mean, f), z)
        group = s.heads // s.kv_heads
        by_position = g.reshape(mean, [0, 0, -1, group * s.head_width])
        return g.reshape(g.transpose(by_position, [0, 2, 1, 3]), [0, 0, s.queries])

    def _scores(self, operand: str, scale: str, seen: Seen) -> str:
        """Scores [L, K, R, P] in powers of two; those that are not seen are very low."""
        g = self.graph
        product = g.multiply(g.lowering.scores(g, operand, seen.keys), scale)
        scores = g.multiply(product, seen.key_scales)
        return g.node("Where", seen.visible, scores, g.constant(_LOWEST))

    def _weights(self, top: str, scores: str, seen: Seen) -> str:
        """Integers [L, K, R, P] up to 65535 (float32)."""
        g = self.graph
        below = g.node("Min", g.subtract(top, scores), g.constant(SCORE_RANGE))
        index = g.node("Round", g.multiply(below, g.constant(SCORE_STEPS)))
        index = g.cast(index, TensorProto.INT32)
        weights = g.node("Gather", g.tensor("attention_exp2"), index)
        return g.node("Where", seen.visible, weights, g.constant(0))

    def _largest_scale(self, seen: Seen) -> str:
        """The largest scale of the values that are seen: [L, K, R, 1]."""
        g = self.graph
        return g.reduce(
            "ReduceMax", g.node("Where", seen.visible, seen.value_scales, g.constant(0))
        )

    def _planes(self, weights: list[str], f: str, seen: tuple[Seen, ...]) -> tuple[str, str]:
        """Sums [L, K, R, h] of values, times the upper and the lower 8 bits of their weights."""
        g, sums = self.graph, ["", ""]
        for weight, part in zip(weights, seen, strict=True):
            u = g.node("Round", g.multiply(weight, g.divide(part.value_scales, f)))
            high = g.node("Floor", g.multiply(u, g.constant(2.0**-8)))
            low = g.subtract(u, g.multiply(high, g.constant(256)))
            for plane, bits in enumerate((high, low)):
                mixed = g.lowering.mixed(g, bits, part.values, part.slots)
                sums[plane] = g.add(sums[plane], mixed) if sums[plane] else mixed
        upper, lower = (g.cast(one, TensorProto.FLOAT) for one in sums)
        return upper, lower
