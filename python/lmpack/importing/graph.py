"""The graphs of a decoder: its forward pass, operator by operator (docs/decoder_model.md)."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import onnx
from onnx import TensorProto, helper

from lmpack._executors.decoder_rings import (
    BUFFERS,
    POSITIONS,
    SYMBOLS,
    WEIGHTS,
    buffer_shape,
    new_visible_input,
    old_visible_input,
    slots_axis,
)
from lmpack._models.decoder.layout import layer_matrices, vocabulary_matrices
from lmpack._models.decoder.shape import (
    ACTIVATION_LIMIT,
    LOGIT_LIMIT,
    LOGIT_STEPS,
    RESIDUAL_LIMIT,
    WEIGHT_BITS,
    DecoderShape,
)
from lmpack.importing.graph_attention import Attention
from lmpack.importing.graph_lowering import DECODER_LOWERINGS, DecoderLowering
from lmpack.importing.graph_steps import Steps
from lmpack.training.graph_builder import TensorFile


class _Forward:
    """Builds the forward pass; L lanes, T positions."""

    def __init__(self, shape: DecoderShape, tensors: TensorFile, lowering: DecoderLowering) -> None:
        self.shape = shape
        self.graph = Steps(tensors, shape, lowering)
        self.outputs: list[onnx.ValueInfoProto] = []
        self.matrices = {
            matrix.name: matrix for matrix in (*layer_matrices(shape), *vocabulary_matrices(shape))
        }
        self._embedding = self.graph.matrix(self.matrices["embedding"])

    def build(self, name: str) -> onnx.ModelProto:
        s, g = self.shape, self.graph
        for rope in range(s.rope_tables):
            for part in ("cos", "sin"):
                rows = g.node("Gather", g.tensor(f"rope.{rope}.{part}"), POSITIONS)
                g.rename(g.reshape(rows, [0, 0, 1, s.head_width // 2]), f"{part}.{rope}")
        stream = self._embedded()
        for layer in range(s.layers):
            stream = self._add(stream, self._attention(stream, layer))
            stream = self._add(stream, self._feed_forward(stream, layer))
        weights = self._weights(self._norm("final_norm", self._value(stream)))
        self._output(weights, WEIGHTS, TensorProto.INT32, ["L", "T", s.vocabulary])
        return g.model(self._inputs(), self.outputs, name)

    def _inputs(self) -> list[onnx.ValueInfoProto]:
        s, fixed = self.shape, self.graph.lowering.fixed
        value = helper.make_tensor_value_info
        inputs = [
            value(SYMBOLS, TensorProto.INT64, ["L", "T"]),
            value(POSITIONS, TensorProto.INT64, [1, "T"]),
        ]
        slots = {window: window if fixed else f"C{window}" for window in s.windows}
        for window in sorted(slots):
            old: list[str | int] = [1, 1, "R", slots[window]]
            inputs.append(value(old_visible_input(window), TensorProto.BOOL, old))
            inputs.append(value(new_visible_input(window), TensorProto.BOOL, [1, 1, "R", "T"]))
        for layer, window in enumerate(s.windows):
            for kind in BUFFERS:
                axes = self._buffer_axes(kind, slots[window])
                inputs.append(value(f"{kind}.{layer}", _element(kind), axes))
        return inputs

    def _buffer_axes(self, kind: str, slots: str | int) -> list[str | int]:
        axes: list[str | int] = list(buffer_shape(kind, self.shape, 0, 0))
        axes[0], axes[slots_axis(kind)] = "L", slots
        return axes

    def _output(self, value: str, name: str, dtype: int, axes: list[str | int]) -> None:
        self.graph.rename(value, name)
        self.outputs.append(helper.make_tensor_value_info(name, dtype, axes))

    def _embedded(self) -> str:
        """The stream [L, T, d]."""
        s, g = self.shape, self.graph
        rows = g.node("Gather", self._embedding, SYMBOLS, axis=1)
        rows = g.cast(g.transpose(rows, [1, 2, 0]), TensorProto.FLOAT)
        multiplier = g.node("Gather", g.tensor("embedding.multiplier"), SYMBOLS)
        rows = g.multiply(g.hadamard(rows, [s.width]), g.reshape(multiplier, [0, 0, 1]))
        stream = g.node("Round", rows)
        if not s.ropes:
            stream = g.add(stream, g.node("Gather", g.tensor("positions"), POSITIONS))
        return g.clip(stream, RESIDUAL_LIMIT)

    def _value(self, stream: str) -> str:
        return self.graph.multiply(stream, self.graph.constant(2.0**-self.shape.residual_bits))

    def _add(self, stream: str, y: str) -> str:
        g = self.graph
        steps = g.multiply(y, g.constant(2.0**self.shape.residual_bits))
        steps = g.node("Round", g.clip(steps, RESIDUAL_LIMIT))
        return g.clip(g.add(stream, steps), RESIDUAL_LIMIT)

    def _norm(self, name: str, value: str) -> str:
        s = self.shape
        return self.graph.normalize(name, value, s.width, layer_norm=s.norm == "layer")

    def _linear(self, value: str, name: str) -> str:
        g, matrix = self.graph, self.matrices[name]
        return g.project(g.rotate(value, [matrix.inputs], ACTIVATION_LIMIT), matrix)

    def _attention(self, stream: str, layer: int) -> str:
        g, name = self.graph, f"layers.{layer}"
        x = self._norm(f"{name}.attention_norm", self._value(stream))
        mean, new = Attention(g, layer).build(self._linear(x, f"{name}.qkv"))
        for kind in BUFFERS:
            axes = self._buffer_axes(kind, "T")
            self._output(getattr(new, kind), f"new_{kind}.{layer}", _element(kind), axes)
        y = g.project(g.quantize(mean, ACTIVATION_LIMIT), self.matrices[f"{name}.out"])
        return self._norm(f"{name}.post_attention_norm", y) if self.shape.post_norms else y

    def _feed_forward(self, stream: str, layer: int) -> str:
        s, g, name = self.shape, self.graph, f"layers.{layer}"
        x = self._norm(f"{name}.feed_forward_norm", self._value(stream))
        up = self._linear(x, f"{name}.up")
        if s.gated:
            gate = g.activate(g.slice(up, 0, s.hidden))
            y = g.multiply(gate, g.slice(up, s.hidden, 2 * s.hidden))
        else:
            y = g.activate(up)
        y = self._linear(y, f"{name}.down")
        return self._norm(f"{name}.post_feed_forward_norm", y) if s.post_norms else y

    def _weights(self, x: str) -> str:
        """Unnormalised probabilities of the tokens: int32 [L, T, V]."""
        s, g = self.shape, self.graph
        weight = self._embedding if s.tied else g.matrix(self.matrices["head"])
        rotated = g.rotate(x, [s.width], ACTIVATION_LIMIT)
        scores = g.slice(g.product(rotated, weight, "head.multiplier"), 0, s.vocabulary)
        logits = g.node("Round", g.clip(scores, LOGIT_LIMIT))
        below = g.subtract(g.reduce("ReduceMax", logits), logits)
        end = g.constant(LOGIT_STEPS * (WEIGHT_BITS + 1))
        index = g.cast(g.node("Min", below, end), TensorProto.INT32)
        return g.node("Gather", self._powers(), index)

    def _powers(self) -> str:
        """The weight of a token so many steps below the likeliest one; the last one is 0."""
        g = self.graph
        halvings = np.append(2.0 ** -np.arange(WEIGHT_BITS + 1), 0)[:, None]
        table = g.multiply(g.constant(halvings, name="halvings"), g.tensor("exp2"))
        table = g.cast(g.node("Floor", table), TensorProto.INT32)
        return g.reshape(table, [-1])


def _element(kind: str) -> int:
    return TensorProto.INT8 if kind in ("keys", "values") else TensorProto.FLOAT


def decoder_graphs(shape: DecoderShape, file: Path) -> dict[str, bytes]:
    """The graphs of a bundle by the names of their files; the same bytes each time.

    Args:
        shape: of the model.
        file: its tensors, as a safetensors file; only its header is read.
    """
    tensors = TensorFile(file)
    return {
        f"{name}.onnx": build_decoder_graph(shape, tensors, name).SerializeToString(
            deterministic=True
        )
        for name in DECODER_LOWERINGS
    }


def build_decoder_graph(shape: DecoderShape, tensors: TensorFile, name: str) -> onnx.ModelProto:
    """The forward pass of a decoder in the lowering "cpu" or "cuda".

    Inputs: `symbols` int64 [L, T]; `position` int64 [1, T], theirs in the segment; for each window
    what is visible, and for each layer its buffers, both as lmpack._executors.decoder_rings has
    them. Outputs: `weights` int32 [L, T, V], and for each layer i `new_keys.i`, `new_values.i`,
    `new_key_scales.i` and `new_value_scales.i`, laid out like the buffers with T slots. In "cuda"
    the buffers have as many slots as the window has positions, and T is at most 1024.

    Args:
        shape: of the model.
        tensors: the safetensors file that holds its tensors.
        name: file name of the graph without its suffix.
    """
    return _Forward(shape, tensors, DECODER_LOWERINGS[name]).build(f"lmpack-decoder-{name}")
