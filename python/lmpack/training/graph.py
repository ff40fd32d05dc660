"""The graphs of a bundle: the forward pass, operator by operator (docs/model.md), and its rings.

Split, and Concat, of parts of unequal sizes are not used: ONNX Runtime's CUDA provider copies the
sizes from the host each time it runs one of them. So the keys in the ring and the new ones keep
apart until their largest score and their sums are known.
"""

from __future__ import annotations

import numpy as np
import onnx
from onnx import TensorProto, helper

from lmpack._executors.ring import new_bias_input, old_bias_input, phase_input
from lmpack._models.architecture import (
    ACTIVATION_LIMIT,
    ACTIVATION_UNIT,
    ATTENTION_BASE,
    ATTENTION_FLOOR,
    ATTENTION_GAIN,
    ATTENTION_SQUARINGS,
    EMBEDDING_STEP,
    HIDDEN_LIMIT,
    KV_LIMIT,
    OUTPUT_BASE,
    OUTPUT_FLOOR,
    OUTPUT_SQUARINGS,
    RESIDUAL_LIMIT,
    SQUARE_LIMIT,
    Architecture,
)
from lmpack.training.graph_builder import GraphBuilder, TensorFile
from lmpack.training.lowering import LOWERINGS, Lowering
from lmpack.training.ring_graph import ring_graph


class _Forward:
    """Builds the forward pass; L lanes, T positions, W a layer's window, H heads."""

    def __init__(self, architecture: Architecture, tensors: TensorFile, lowering: Lowering):
        self.architecture = architecture
        self.graph = GraphBuilder(tensors)
        self.lowering = lowering
        self.outputs: list[onnx.ValueInfoProto] = []
        self._old_indices: dict[int, str] = {}

    def build(self, name: str) -> onnx.ModelProto:
        a, g = self.architecture, self.graph
        x = self._embed()
        for layer in range(a.layers):
            x = self._attention(x, layer)
            x = self._feed_forward(x, layer)
        product = self.lowering.linear(g, self._normalize(x), g.tensor("head.weight"))
        scores = g.multiply(product, g.tensor("head.multiplier"))
        shift = self._shift(g.reduce("ReduceMax", scores), OUTPUT_BASE)
        odds = self._power(scores, shift, OUTPUT_FLOOR, OUTPUT_SQUARINGS)
        odds = g.cast(odds, TensorProto.INT32)
        self._output(odds, "odds", TensorProto.INT32, ["L", "T", a.vocabulary])
        return g.model(self._inputs(), self.outputs, name)

    def _inputs(self) -> list[onnx.ValueInfoProto]:
        a = self.architecture
        value = helper.make_tensor_value_info
        inputs = [
            value("rows", TensorProto.INT64, ["L", "T", 1 + len(a.tables)]),
        ]
        for window in sorted(set(a.windows)):
            old: list[str | int] = [f"P{window}", "TH", window]
            inputs.append(value(old_bias_input(window), TensorProto.INT64, old))
            inputs.append(value(new_bias_input(window), TensorProto.INT64, [1, "TH", "T"]))
            inputs.append(value(phase_input(window), TensorProto.INT64, ["B"]))
        for layer, window in enumerate(a.windows):
            keys: list[str | int] = ["L", a.head_width, window]
            values: list[str | int] = ["L", window, a.head_width]
            inputs.append(value(f"keys.{layer}", TensorProto.INT8, keys))
            inputs.append(value(f"values.{layer}", TensorProto.INT8, values))
        return inputs

    def _output(self, value: str, name: str, dtype: int, shape: list[str | int]) -> None:
        self.graph.rename(value, name)
        self.outputs.append(helper.make_tensor_value_info(name, dtype, shape))

    def _embed(self) -> str:
        a, g = self.architecture, self.graph
        total = self._entries("embedding", 0)
        for i, table in enumerate(a.tables):
            entries = self._entries(f"tables.{i}", i + 1)
            if table.width < a.width:
                after = a.width - table.channel - table.width
                pads = g.constant([0, 0, table.channel, 0, 0, after], np.int64)
                entries = g.node("Pad", entries, pads)
            total = g.add(total, entries)
        return g.multiply(total, g.constant(EMBEDDING_STEP))

    def _entries(self, table: str, column: int) -> str:
        """Float32 [L, T, channels]: the rows of a table that a column of `rows` names."""
        g = self.graph
        rows = g.node("Gather", "rows", g.constant(column, np.int64), axis=2)
        return g.cast(g.node("Gather", g.tensor(table), rows), TensorProto.FLOAT)

    def _normalize(self, x: str) -> str:
        """RMS normalisation; the sum of squares is exact in float64."""
        g = self.graph
        wide = g.cast(x, TensorProto.DOUBLE)
        squares = g.reduce("ReduceSum", g.multiply(wide, wide))
        mean = g.divide(squares, g.constant(self.architecture.width, np.float64))
        root = g.node("Sqrt", g.add(mean, g.constant(1.0, np.float64)))
        inverse = g.divide(g.constant(ACTIVATION_UNIT, np.float64), root)
        inverse = g.cast(inverse, TensorProto.FLOAT)
        values = g.round_and_clip(g.multiply(x, inverse), -ACTIVATION_LIMIT, ACTIVATION_LIMIT)
        return self.lowering.activation(g, values)

    def _shift(self, largest: str, top: float) -> str:
        """What brings the largest score to `top`."""
        return self.graph.subtract(largest, self.graph.constant(top))

    def _power(self, scores: str, shift: str, floor: float, squarings: int) -> str:
        """round(max(scores - shift, floor) ** (2 ** squarings))."""
        g = self.graph
        base = g.maximum(g.subtract(scores, shift), g.constant(floor))
        return g.node("Round", g.square(base, squarings))

    def _add_to_residual(self, x: str, product: str, name: str) -> str:
        g = self.graph
        update = g.node("Round", g.multiply(product, g.tensor(f"{name}.multiplier")))
        low, high = g.constant(-RESIDUAL_LIMIT), g.constant(RESIDUAL_LIMIT)
        return g.node("Clip", g.add(x, update), low, high)

    def _attention(self, x: str, layer: int) -> str:
        a, g, lowering = self.architecture, self.graph, self.lowering
        name, head = f"layers.{layer}", a.head_width
        product = lowering.linear(g, self._normalize(x), g.tensor(f"{name}.qkv.weight"))
        qkv = g.node("Round", g.multiply(product, g.tensor(f"{name}.qkv.multiplier")))
        end = a.heads * head
        queries = self._clip(g.slice(qkv, 0, end), ACTIVATION_LIMIT)
        queries = lowering.activation(g, g.reshape(queries, [0, -1, head]))
        keys = g.cast(self._clip(g.slice(qkv, end, end + head), KV_LIMIT), TensorProto.INT8)
        keys = g.transpose(keys, [0, 2, 1])
        values = self._clip(g.slice(qkv, end + head, end + 2 * head), KV_LIMIT)
        values = g.cast(values, TensorProto.INT8)
        mean = self._attend(queries, keys, values, layer)
        self._output(keys, f"new_keys.{layer}", TensorProto.INT8, ["L", head, "T"])
        self._output(values, f"new_values.{layer}", TensorProto.INT8, ["L", "T", head])
        product = lowering.linear(g, mean, g.tensor(f"{name}.out.weight"))
        return self._add_to_residual(x, product, f"{name}.out")

    def _attend(self, queries: str, keys: str, values: str, layer: int) -> str:
        """The mean of the values in the ring and of the new ones, as an activation."""
        a, g, lowering = self.architecture, self.graph, self.lowering
        window = a.windows[layer]
        old = self._scores(queries, f"keys.{layer}", layer, self._old_bias_index(window))
        new = self._scores(queries, keys, layer, new_bias_input(window))
        largest = g.maximum(g.reduce("ReduceMax", old), g.reduce("ReduceMax", new))
        shift = self._shift(largest, ATTENTION_BASE)
        old, new = (
            self._power(scores, shift, ATTENTION_FLOOR, ATTENTION_SQUARINGS)
            for scores in (old, new)
        )
        total = g.add(g.reduce("ReduceSum", old), g.reduce("ReduceSum", new))
        mixed = g.add(lowering.mix(g, old, f"values.{layer}"), lowering.mix(g, new, values))
        mean = g.multiply(g.divide(mixed, total), g.constant(ATTENTION_GAIN))
        mean = g.round_and_clip(mean, -ACTIVATION_LIMIT, ACTIVATION_LIMIT)
        return lowering.activation(g, g.reshape(mean, [0, -1, a.heads * a.head_width]))

    def _scores(self, queries: str, keys: str, layer: int, index: str) -> str:
        """Scaled products of queries with keys, and the bias that `index` names."""
        g = self.graph
        scores = g.multiply(self.lowering.scores(g, queries, keys), g.tensor("score_scale"))
        return g.add(scores, g.node("Gather", g.tensor(f"layers.{layer}.bias", flat=True), index))

    def _old_bias_index(self, window: int) -> str:
        """The index of each lane, by its phase; once for all layers with this window."""
        if window not in self._old_indices:
            index = self.graph.node("Gather", old_bias_input(window), phase_input(window), axis=0)
            self._old_indices[window] = index
        return self._old_indices[window]

    def _feed_forward(self, x: str, layer: int) -> str:
        a, g, lowering = self.architecture, self.graph, self.lowering
        name = f"layers.{layer}"
        product = lowering.linear(g, self._normalize(x), g.tensor(f"{name}.up.weight"))
        hidden = g.multiply(product, g.tensor(f"{name}.up.multiplier"))
        if a.activation == "relu2":
            hidden = g.node("Clip", hidden, g.constant(0.0), g.constant(SQUARE_LIMIT))
            hidden = g.multiply(hidden, hidden)
        hidden = lowering.hidden(g, g.round_and_clip(hidden, 0.0, HIDDEN_LIMIT))
        product = lowering.linear_hidden(g, hidden, g.tensor(f"{name}.down.weight"))
        return self._add_to_residual(x, product, f"{name}.down")

    def _clip(self, values: str, limit: float) -> str:
        g = self.graph
        return g.node("Clip", values, g.constant(-limit), g.constant(limit))


def build_graph(architecture: Architecture, tensors: TensorFile, name: str) -> onnx.ModelProto:
    """A graph of a bundle.

    "cpu" and "cuda" are the forward pass in two lowerings. Inputs: `rows` int64
    [L, T, 1 + tables] (see lmpack._models.symbols); for each window the indices and phases of
    lmpack._executors.ring; and for each layer i the ring buffers `keys.i` int8 [L, head, W] and
    `values.i` int8 [L, W, head]. Outputs: `odds` int32 [L, T, V], and for each layer `new_keys.i`
    int8 [L, head, T] and `new_values.i` int8 [L, T, head]. "cuda_rings" writes these into the
    rings (see :func:`~lmpack.training.ring_graph.ring_graph`).

    Args:
        architecture: shape of the model.
        tensors: the safetensors file that holds its integers.
        name: file name of the graph without its suffix.
    """
    if name == "cuda_rings":
        return ring_graph(architecture)
    return _Forward(architecture, tensors, LOWERINGS[name]).build(f"lmpack-{name}")
