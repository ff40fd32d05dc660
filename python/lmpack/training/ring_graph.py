"""The graph that writes new keys and values into the rings of all layers; it only moves bits."""

from __future__ import annotations

import numpy as np
import onnx
from onnx import TensorProto, helper

from lmpack._executors.ring import slots_input
from lmpack._models.architecture import Architecture
from lmpack.training.graph_builder import GraphBuilder


def ring_graph(architecture: Architecture) -> onnx.ModelProto:
    """The ring writer of a model.

    Inputs: for each window W `slots.W` int64 [L, T], and for each layer i with what the forward
    pass gave, `new_keys.i` int8 [L, head, T] and `new_values.i` int8 [L, T, head], the rings
    `keys.i` int8 [L, head, W] and `values.i` int8 [L, W, head]. Outputs: `written_keys.i` and
    `written_values.i`, which are to be bound to the rings themselves.
    """
    return _RingWriter(architecture).build()


class _RingWriter:
    def __init__(self, architecture: Architecture):
        self.architecture = architecture
        self.graph = GraphBuilder()
        self.inputs: list[onnx.ValueInfoProto] = []
        self.outputs: list[onnx.ValueInfoProto] = []

    def build(self) -> onnx.ModelProto:
        a = self.architecture
        head = a.head_width
        keys, values = {}, {}
        for window in sorted(set(a.windows)):
            slots = slots_input(window)
            self._input(slots, TensorProto.INT64, ["L", "T"])
            keys[window] = self._spread(slots, 1, [1, head, 1])
            values[window] = self._spread(slots, 2, [1, 1, head])
        for layer, window in enumerate(a.windows):
            self._write(f"keys.{layer}", keys[window], 2, ["L", head, window], ["L", head, "T"])
            self._write(f"values.{layer}", values[window], 1, ["L", window, head], ["L", "T", head])
        return self.graph.model(self.inputs, self.outputs, "lmpack-cuda_rings")

    def _input(self, name: str, dtype: int, shape: list[str | int]) -> None:
        self.inputs.append(helper.make_tensor_value_info(name, dtype, shape))

    def _spread(self, slots: str, axis: int, shape: list[int]) -> str:
        """The slots with one more axis, the same for each channel of a head."""
        g = self.graph
        slots = g.node("Unsqueeze", slots, g.constant([axis], np.int64))
        return g.node("Expand", slots, g.constant(shape, np.int64))

    def _write(
        self, name: str, slots: str, axis: int, ring: list[str | int], new: list[str | int]
    ) -> None:
        self._input(name, TensorProto.INT8, ring)
        self._input(f"new_{name}", TensorProto.INT8, new)
        written = self.graph.node("ScatterElements", name, slots, f"new_{name}", axis=axis)
        self.graph.rename(written, f"written_{name}")
        value = helper.make_tensor_value_info(f"written_{name}", TensorProto.INT8, ring)
        self.outputs.append(value)
