"""A thin layer over onnx.helper: nodes by operator name, weights as pointers into safetensors."""

from __future__ import annotations

import json
import math
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt
import onnx
from onnx import TensorProto, helper

OPSET = 18
IR_VERSION = 9
_TYPES = {
    "I8": TensorProto.INT8,
    "F32": TensorProto.FLOAT,
}


class TensorFile:
    """Where each tensor lies inside a safetensors file.

    The format: 8 bytes header length, a JSON header, then the tensors
    (https://github.com/huggingface/safetensors#format).
    """

    def __init__(self, path: Path):
        with path.open("rb") as file:
            header_size = int.from_bytes(file.read(8), "little")
            header = json.loads(file.read(header_size))
        header.pop("__metadata__", None)
        self.name = path.name
        self._start = 8 + header_size
        self._entries: Mapping[str, Any] = header

    def pointer(self, name: str, flat: bool) -> onnx.TensorProto:
        """An initializer whose data stay in the safetensors file; `flat` gives it one axis."""
        entry = self._entries[name]
        first, end = entry["data_offsets"]
        shape = [math.prod(entry["shape"])] if flat else entry["shape"]
        tensor = TensorProto(name=name, data_type=_TYPES[entry["dtype"]], dims=shape)
        tensor.data_location = TensorProto.EXTERNAL
        place = {"location": self.name, "offset": self._start + first, "length": end - first}
        for key, value in place.items():
            tensor.external_data.add(key=key, value=str(value))
        return tensor


class GraphBuilder:
    """Collects nodes and initializers; every method gives the name of a value."""

    def __init__(self, tensors: TensorFile | None = None):
        self._tensors = tensors
        self._nodes: list[onnx.NodeProto] = []
        self._initializers: dict[str, onnx.TensorProto] = {}
        self._renamed: dict[str, str] = {}

    def tensor(self, name: str, flat: bool = False) -> str:
        """A tensor of the safetensors file, with one axis if `flat`."""
        assert self._tensors is not None
        self._initializers.setdefault(name, self._tensors.pointer(name, flat))
        return name

    def constant(
        self, value: npt.ArrayLike, dtype: npt.DTypeLike = np.float32, name: str = ""
    ) -> str:
        """A small constant, stored in the graph itself; without a name its value is its name."""
        array = np.asarray(value, dtype)
        if not name:
            name = f"constant.{array.dtype.name}." + "_".join(map(str, array.reshape(-1).tolist()))
            name += "".join(f".{size}" for size in array.shape)
        self._initializers.setdefault(name, onnx.numpy_helper.from_array(array, name))
        return name

    def node(self, operator: str, *inputs: str, **attributes: Any) -> str:
        """Add a node with one output."""
        name = f"{operator}_{len(self._nodes)}"
        self._nodes.append(helper.make_node(operator, inputs, [name], **attributes))
        return name

    def rename(self, value: str, name: str) -> None:
        """Give a value the name of a graph output."""
        self._renamed[value] = name

    def cast(self, value: str, to: int) -> str:
        """Cast to an ONNX element type."""
        return self.node("Cast", value, to=to)

    def add(self, a: str, b: str) -> str:
        """The node Add of two values."""
        return self.node("Add", a, b)

    def subtract(self, a: str, b: str) -> str:
        """The node Sub of two values."""
        return self.node("Sub", a, b)

    def multiply(self, a: str, b: str) -> str:
        """The node Mul of two values."""
        return self.node("Mul", a, b)

    def divide(self, a: str, b: str) -> str:
        """The node Div of two values."""
        return self.node("Div", a, b)

    def maximum(self, a: str, b: str) -> str:
        """The larger of a and b."""
        return self.node("Max", a, b)

    def round_and_clip(self, value: str, low: float, high: float) -> str:
        """Round half to even, then clip (float32)."""
        rounded = self.node("Round", value)
        return self.node("Clip", rounded, self.constant(low), self.constant(high))

    def square(self, value: str, times: int) -> str:
        """Value ** (2 ** times), by repeated multiplication."""
        for _ in range(times):
            value = self.multiply(value, value)
        return value

    def reshape(self, value: str, shape: Sequence[int]) -> str:
        """Another shape; 0 keeps an axis, -1 takes what is left."""
        return self.node("Reshape", value, self.constant(shape, np.int64))

    def transpose(self, value: str, order: Sequence[int]) -> str:
        """Axes in another order."""
        return self.node("Transpose", value, perm=list(order))

    def reduce(self, operator: str, value: str) -> str:
        """ReduceSum or ReduceMax over the last axis, which stays with size 1."""
        return self.node(operator, value, self.constant([-1], np.int64), keepdims=1)

    def slice(self, value: str, start: int, end: int, axis: int = -1) -> str:
        """Entries `start` to `end` of an axis."""
        bounds = (self.constant([number], np.int64) for number in (start, end, axis))
        return self.node("Slice", value, *bounds)

    def model(
        self,
        inputs: Sequence[onnx.ValueInfoProto],
        outputs: Sequence[onnx.ValueInfoProto],
        name: str,
    ) -> onnx.ModelProto:
        """The finished model."""
        for node in self._nodes:
            for names in (node.input, node.output):
                for i, value in enumerate(names):
                    if value in self._renamed:
                        names[i] = self._renamed[value]
        graph = helper.make_graph(
            self._nodes, name, inputs, outputs, initializer=list(self._initializers.values())
        )
        return helper.make_model(
            graph,
            opset_imports=[helper.make_opsetid("", OPSET)],
            ir_version=IR_VERSION,
            producer_name="lmpack",
        )
