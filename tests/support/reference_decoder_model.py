"""docs/decoder_model.md in numpy, one position of one lane at a time: what executors must give.

numpy rounds each operation on float32 and float64 as IEEE 754 asks. Scalars are float32 of numpy,
so that nothing becomes float64 unless the page says so.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import numpy as np
import numpy.typing as npt

from lmpack._models.decoder.layout import unpack
from lmpack._models.decoder.shape import DecoderShape, hadamard_size

Tensors = Mapping[str, npt.NDArray[Any]]
Floats = npt.NDArray[Any]
"""Of float32; numpy's types do not say so."""
Integers = npt.NDArray[np.int64]
Rotated = tuple[Integers, np.float32]
"""Integers, and the number that each of them is to be multiplied by."""

F = np.float32
SMALLEST = F(2.0**-30)


def reference_weights(
    shape: DecoderShape, tensors: Tensors, symbols: npt.NDArray[np.integer]
) -> npt.NDArray[np.int32]:
    """Weights int32 [L, T, V] after each of the symbols [L, T] fed."""
    lanes = []
    for lane in symbols:
        decoder = ReferenceDecoder(shape, tensors)
        lanes.append([decoder.feed(int(symbol)) for symbol in lane])
    return np.array(lanes, np.int32)


class ReferenceDecoder:
    """One lane, fed symbol by symbol."""

    def __init__(self, shape: DecoderShape, tensors: Tensors) -> None:
        self.shape, self.tensors = shape, tensors
        self.matrices = {
            name: unpack(tensor).astype(np.int64)
            for name, tensor in tensors.items()
            if name.endswith(".weight")
        }
        self.position = 0
        # For each layer, for each position, for each head of keys and values.
        self.keys: list[list[list[Rotated]]] = [[] for _ in shape.windows]
        self.values: list[list[list[Rotated]]] = [[] for _ in shape.windows]

    def feed(self, symbol: int) -> Integers:
        """Weights [V] of what follows."""
        assert self.position < self.shape.context
        stream = self._embedded(symbol)
        for layer in range(self.shape.layers):
            stream = self._add(stream, self._attention(stream, layer))
            stream = self._add(stream, self._feed_forward(stream, layer))
        self.position += 1
        return self._weights(self._norm("final_norm", self._value(stream)))

    def _embedded(self, symbol: int) -> Floats:
        row = hadamard(self.matrices["embedding.weight"][symbol]).astype(F)
        stream = np.rint(row * self.tensors["embedding.multiplier"][symbol])
        if not self.shape.ropes:
            stream = stream + self.tensors["positions"][self.position]
        return np.asarray(np.clip(stream, F(-(2**23)), F(2**23)))

    def _value(self, stream: Floats) -> Floats:
        return stream * F(2.0**-self.shape.residual_bits)

    def _add(self, stream: Floats, y: Floats) -> Floats:
        limit = F(2**23)
        steps = np.rint(np.clip(y * F(2.0**self.shape.residual_bits), -limit, limit))
        return np.asarray(np.clip(stream + steps, -limit, limit))

    def _norm(self, name: str, x: Floats) -> Floats:
        kind = "rms" if name.endswith(("q_norm", "k_norm")) else self.shape.norm
        m = max(np.abs(x).max(), SMALLEST)
        c = F(2**20) / m
        k = np.rint(x * c).astype(np.float64)
        wide, n = np.float64(c), np.float64(len(x))
        mean_square = (k * k).sum() / n
        e = wide * wide * np.float64(self.tensors["norm_epsilon"][0])
        if kind == "rms":
            r = F(wide / np.sqrt(mean_square + e))
            return x * r * self.tensors[f"{name}.gain"]
        u = k.sum() / n
        r = F(wide / np.sqrt(max(mean_square - u * u, np.float64(0)) + e))
        z = F(u / wide)
        return (x - z) * r * self.tensors[f"{name}.gain"] + self.tensors[f"{name}.bias"]

    def _project(self, name: str, rotated: Rotated) -> Floats:
        q, s = rotated
        outputs = self.tensors[f"{name}.multiplier"]
        y = (self.matrices[f"{name}.weight"] @ q).astype(F) * s * outputs
        y = np.rint(np.clip(y, F(-(2.0**36)), F(2.0**36))) * F(2.0**-16)
        if f"{name}.bias" in self.tensors:
            y = y + self.tensors[f"{name}.bias"]
        return np.asarray(y)

    def _linear(self, name: str, x: Floats) -> Floats:
        return self._project(name, rotate(x, 127))

    def _attention(self, stream: Floats, layer: int) -> Floats:
        s, name = self.shape, f"layers.{layer}"
        x = self._norm(f"{name}.attention_norm", self._value(stream))
        qkv = self._linear(f"{name}.qkv", x)[: s.qkv].reshape(-1, s.head_width)
        queries = list(qkv[: s.heads])
        keys = list(qkv[s.heads : s.heads + s.kv_heads])
        if s.qk_norm:
            queries = [self._norm(f"{name}.q_norm", q) for q in queries]
            keys = [self._norm(f"{name}.k_norm", k) for k in keys]
        if s.ropes:
            queries = [self._turned(q, s.ropes[layer]) for q in queries]
            keys = [self._turned(k, s.ropes[layer]) for k in keys]
        self.keys[layer].append([rotate(k, 64) for k in keys])
        self.values[layer].append([rotate(v, 64) for v in qkv[s.heads + s.kv_heads :]])
        o = np.concatenate([self._attend(layer, h, q) for h, q in enumerate(queries)])
        m = max(np.abs(o).max(), SMALLEST)
        q = np.rint(o * (F(127) / m)).astype(np.int64)
        y = self._project(f"{name}.out", (q, m / F(127)))[: s.width]
        return self._norm(f"{name}.post_attention_norm", y) if s.post_norms else y

    def _turned(self, x: Floats, rope: int) -> Floats:
        c = self.tensors[f"rope.{rope}.cos"][self.position]
        s = self.tensors[f"rope.{rope}.sin"][self.position]
        a, b = np.split(x, 2)
        return np.concatenate([a * c - b * s, b * c + a * s])

    def _attend(self, layer: int, head: int, query: Floats) -> Floats:
        group = head // (self.shape.heads // self.shape.kv_heads)
        visible = slice(max(0, self.position + 1 - self.shape.windows[layer]), None)
        keys = [heads[group] for heads in self.keys[layer][visible]]
        values = [heads[group] for heads in self.values[layer][visible]]
        q, s_q = rotate(query, 127)
        scale = s_q * self.tensors["score_scale"][layer]
        t = np.array([F(q @ k) * scale * s_k for k, s_k in keys])
        index = np.rint(np.minimum(t.max() - t, F(24)) * F(128)).astype(np.int64)
        w = self.tensors["attention_exp2"][index]
        z = F(w.astype(np.int64).sum())
        s_v = np.array([s for _, s in values])
        f = s_v.max()
        u = np.rint(w * (s_v / f)).astype(np.int64)
        integers = np.array([v for v, _ in values])
        high, low = (u // 256) @ integers, (u % 256) @ integers
        return np.asarray((high.astype(F) * F(256) + low.astype(F)) * f / z)

    def _feed_forward(self, stream: Floats, layer: int) -> Floats:
        s, name = self.shape, f"layers.{layer}"
        x = self._norm(f"{name}.feed_forward_norm", self._value(stream))
        up = self._linear(f"{name}.up", x)
        y = self._activated(up[: s.hidden])
        if s.gated:
            y = y * up[s.hidden : 2 * s.hidden]
        y = self._linear(f"{name}.down", y)[: s.width]
        return self._norm(f"{name}.post_feed_forward_norm", y) if s.post_norms else y

    def _activated(self, y: Floats) -> Floats:
        limit, table = F(self.shape.activation_range), self.tensors["activation"]
        e = (np.clip(y, -limit, limit) + limit) * F(64)
        i = np.floor(e)
        at = i.astype(np.int64)
        return np.asarray(y * (table[at] + (e - i) * (table[at + 1] - table[at])))

    def _weights(self, x: Floats) -> Integers:
        head, vocabulary = "embedding" if self.shape.tied else "head", self.shape.vocabulary
        q, s = rotate(x, 127)
        product = self.matrices[f"{head}.weight"][:vocabulary] @ q
        scores = product.astype(F) * s * self.tensors["head.multiplier"][:vocabulary]
        logits = np.rint(np.clip(scores, F(-32000), F(32000))).astype(np.int64)
        below = logits.max() - logits
        table = self.tensors["exp2"].astype(np.int64)
        weights = table[below % 256] >> np.minimum(below // 256, 31)
        assert weights.max() == 2**30
        return np.asarray(weights)


def hadamard(x: Integers) -> Integers:
    """Block after block of n channels times the Sylvester matrix, n as the page says."""
    n = hadamard_size(len(x))
    matrix = np.ones((1, 1), np.int64)
    while len(matrix) < n:
        matrix = np.block([[matrix, matrix], [matrix, -matrix]])
    return np.asarray((x.reshape(-1, n) @ matrix).reshape(-1))


def rotate(x: Floats, limit: int) -> Rotated:
    """The rotation to integers within the limit, and their scale."""
    assert x.dtype == F
    m = max(np.abs(x).max(), SMALLEST)
    a = hadamard(np.rint(x * (F(32767) / m)).astype(np.int64)).astype(F)
    top = max(np.abs(a).max(), F(1))
    q = np.rint(a * (F(limit) / top)).astype(np.int64)
    return q, (m / F(32767)) * (top / F(limit))
