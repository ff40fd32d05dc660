"""The forward pass as an ONNX graph, operator by operator (docs/model.md).

Two lowerings of one set of integers. "cpu" multiplies uint8 activations (zero point 128) with int8
weights, which ONNX Runtime does fast on CPUs. "cuda" multiplies int8 with int8, the only integer
product its CUDA provider has, and runs attention as float32 products of integers below 2**24.
"""

from __future__ import annotations

from typing import Protocol

import numpy as np
import onnx
from onnx import TensorProto, helper

from lmpack._executors.ring import bias_input
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

_ZERO_POINT = 128


class Lowering(Protocol):
    """How one provider computes the integer products."""

    def activation(self, graph: GraphBuilder, values: str) -> str:
        """Integers in +-127 (float32) as the left operand of :meth:`linear` and :meth:`scores`."""

    def hidden(self, graph: GraphBuilder, values: str) -> str:
        """Integers in 0..255 (float32) as the left operand of :meth:`linear_hidden`."""

    def linear(self, graph: GraphBuilder, activation: str, weight: str) -> str:
        """Float32 product of an activation with an int8 weight [in, out]."""

    def linear_hidden(self, graph: GraphBuilder, hidden: str, weight: str) -> str:
        """The same for an operand of :meth:`hidden`."""

    def scores(self, graph: GraphBuilder, queries: str, keys: str) -> str:
        """Float32 product of queries (an activation) with int8 keys [L, head, K]."""

    def mix(self, graph: GraphBuilder, weights: str, values: str) -> str:
        """Float32 product of weights in 0..255 (float32) with int8 values [L, K, head]."""


class CpuLowering:
    """uint8 x int8 everywhere."""

    def activation(self, graph: GraphBuilder, values: str) -> str:
        """Integers in +-127 (float32) as a left operand."""
        return self.hidden(graph, graph.add(values, graph.constant(_ZERO_POINT)))

    def hidden(self, graph: GraphBuilder, values: str) -> str:
        """Integers in 0..255 (float32) as a left operand."""
        return graph.cast(values, TensorProto.UINT8)

    def linear(self, graph: GraphBuilder, activation: str, weight: str) -> str:
        """Product of an activation with a weight."""
        zero = graph.constant(_ZERO_POINT, np.uint8)
        product = graph.node("MatMulInteger", activation, weight, zero)
        return graph.cast(product, TensorProto.FLOAT)

    def linear_hidden(self, graph: GraphBuilder, hidden: str, weight: str) -> str:
        """Product of a hidden operand with a weight."""
        product = graph.node("MatMulInteger", hidden, weight)
        return graph.cast(product, TensorProto.FLOAT)

    def scores(self, graph: GraphBuilder, queries: str, keys: str) -> str:
        """Product of queries with keys."""
        return self.linear(graph, queries, keys)

    def mix(self, graph: GraphBuilder, weights: str, values: str) -> str:
        """Product of attention weights with values."""
        return self.linear_hidden(graph, self.hidden(graph, weights), values)


class CudaLowering:
    """int8 x int8 for the layers, float32 products of integers for attention."""

    def activation(self, graph: GraphBuilder, values: str) -> str:
        """Integers in +-127 (float32) as a left operand."""
        return graph.cast(values, TensorProto.INT8)

    def hidden(self, graph: GraphBuilder, values: str) -> str:
        """Integers in 0..255 (float32) as a left operand."""
        shifted = graph.subtract(values, graph.constant(_ZERO_POINT))
        return graph.cast(shifted, TensorProto.INT8)

    def linear(self, graph: GraphBuilder, activation: str, weight: str) -> str:
        """Product of an activation with a weight."""
        product = graph.node("MatMulInteger", activation, weight)
        return graph.cast(product, TensorProto.FLOAT)

    def linear_hidden(self, graph: GraphBuilder, hidden: str, weight: str) -> str:
        """Product of a hidden operand with a weight."""
        zero = graph.constant(-_ZERO_POINT, np.int8)
        product = graph.node("MatMulInteger", hidden, weight, zero)
        return graph.cast(product, TensorProto.FLOAT)

    def scores(self, graph: GraphBuilder, queries: str, keys: str) -> str:
        """Product of queries with keys."""
        queries = graph.cast(queries, TensorProto.FLOAT)
        return graph.node("MatMul", queries, graph.cast(keys, TensorProto.FLOAT))

    def mix(self, graph: GraphBuilder, weights: str, values: str) -> str:
        """Product of attention weights with values."""
        return graph.node("MatMul", weights, graph.cast(values, TensorProto.FLOAT))


LOWERINGS: dict[str, Lowering] = {"cpu": CpuLowering(), "cuda": CudaLowering()}


class _Forward:
    """Builds the forward pass; L lanes, T positions, W a layer's window, H heads."""

    def __init__(self, architecture: Architecture, tensors: TensorFile, lowering: Lowering):
        self.architecture = architecture
        self.graph = GraphBuilder(tensors)
        self.lowering = lowering
        self.outputs: list[onnx.ValueInfoProto] = []

    def build(self, name: str) -> onnx.ModelProto:
        a, g = self.architecture, self.graph
        x = self._embed()
        for layer in range(a.layers):
            x = self._attention(x, layer)
            x = self._feed_forward(x, layer)
        product = self.lowering.linear(g, self._normalize(x), g.tensor("head.weight"))
        scores = g.multiply(product, g.tensor("head.multiplier"))
        base = self._base(scores, OUTPUT_BASE, OUTPUT_FLOOR)
        weights = g.cast(g.node("Round", g.square(base, OUTPUT_SQUARINGS)), TensorProto.INT32)
        self._output(weights, "weights", TensorProto.INT32, ["L", "T", a.vocabulary])
        return g.model(self._inputs(), self.outputs, name)

    def _inputs(self) -> list[onnx.ValueInfoProto]:
        a = self.architecture
        value = helper.make_tensor_value_info
        inputs = [
            value("rows", TensorProto.INT64, ["L", "T", 1 + len(a.tables)]),
        ]
        for window in sorted(set(a.windows)):
            inputs.append(value(bias_input(window), TensorProto.INT64, ["B", "TH", f"K{window}"]))
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

    def _base(self, scores: str, top: float, floor: float) -> str:
        """max(scores - (max scores - top), floor) over the last axis."""
        g = self.graph
        shift = g.subtract(g.reduce("ReduceMax", scores), g.constant(top))
        return g.maximum(g.subtract(scores, shift), g.constant(floor))

    def _add_to_residual(self, x: str, product: str, name: str) -> str:
        g = self.graph
        update = g.node("Round", g.multiply(product, g.tensor(f"{name}.multiplier")))
        low, high = g.constant(-RESIDUAL_LIMIT), g.constant(RESIDUAL_LIMIT)
        return g.node("Clip", g.add(x, update), low, high)

    def _attention(self, x: str, layer: int) -> str:
        a, g, lowering = self.architecture, self.graph, self.lowering
        name, window = f"layers.{layer}", a.windows[layer]
        product = lowering.linear(g, self._normalize(x), g.tensor(f"{name}.qkv.weight"))
        qkv = g.node("Round", g.multiply(product, g.tensor(f"{name}.qkv.multiplier")))
        queries, keys, values = g.split(qkv, [a.heads * a.head_width, a.head_width, a.head_width])
        queries = self._clip(queries, ACTIVATION_LIMIT)
        queries = lowering.activation(g, g.reshape(queries, [0, -1, a.head_width]))
        keys = g.transpose(g.cast(self._clip(keys, KV_LIMIT), TensorProto.INT8), [0, 2, 1])
        values = g.cast(self._clip(values, KV_LIMIT), TensorProto.INT8)
        old = lowering.scores(g, queries, f"keys.{layer}")
        new = lowering.scores(g, queries, keys)
        scores = g.multiply(g.node("Concat", old, new, axis=-1), g.tensor("score_scale"))
        bias = g.node("Gather", g.tensor(f"{name}.bias", flat=True), bias_input(window))
        base = self._base(g.add(scores, bias), ATTENTION_BASE, ATTENTION_FLOOR)
        weights = g.node("Round", g.square(base, ATTENTION_SQUARINGS))
        total = g.reduce("ReduceSum", weights)
        old_weights = self._slice(weights, 0, window)
        new_weights = self._slice(weights, window, np.iinfo(np.int64).max)
        mixed = g.add(
            lowering.mix(g, old_weights, f"values.{layer}"), lowering.mix(g, new_weights, values)
        )
        mean = g.multiply(g.divide(mixed, total), g.constant(ATTENTION_GAIN))
        mean = g.round_and_clip(mean, -ACTIVATION_LIMIT, ACTIVATION_LIMIT)
        mean = lowering.activation(g, g.reshape(mean, [0, -1, a.heads * a.head_width]))
        self._output(keys, f"new_keys.{layer}", TensorProto.INT8, ["L", a.head_width, "T"])
        self._output(values, f"new_values.{layer}", TensorProto.INT8, ["L", "T", a.head_width])
        product = lowering.linear(g, mean, g.tensor(f"{name}.out.weight"))
        return self._add_to_residual(x, product, f"{name}.out")

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

    def _slice(self, values: str, start: int, end: int) -> str:
        g = self.graph
        bounds = (g.constant([number], np.int64) for number in (start, end, -1))
        return g.node("Slice", values, *bounds)


def build_graph(architecture: Architecture, tensors: TensorFile, lowering: str) -> onnx.ModelProto:
    """The graph of a model.

    Inputs: `rows` int64 [L, T, 1 + tables] (see lmpack._models.symbols); for each window W that
    layers have `bias_index.W` int64 [1 or L, T * H, W + T] (see lmpack._executors.ring); and for
    each layer i the ring buffers `keys.i` int8 [L, head, W] and `values.i` int8 [L, W, head].
    Outputs: `weights` int32 [L, T, V], and for each layer `new_keys.i` int8 [L, head, T] and
    `new_values.i` int8 [L, T, head], to be written into the rings.

    Args:
        architecture: shape of the model.
        tensors: the safetensors file that holds its integers.
        lowering: "cpu" or "cuda".
    """
    return _Forward(architecture, tensors, LOWERINGS[lowering]).build(f"lmpack-{lowering}")
