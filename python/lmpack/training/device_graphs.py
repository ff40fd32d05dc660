"""The small graphs that move data on a device: the same for all models, and part of the package.

    python -m lmpack.training.device_graphs

writes them anew. Three of them only move bits; the fourth counts with integers below 2**55, and
adds them up in float64 where the sums stay below 2**53.
"""

from __future__ import annotations

from typing import Any

import numpy as np
import onnx
from onnx import TensorProto, helper

from lmpack._executors.device import GATHER_ROWS, GRAPHS, INTERVALS, WRITE_KEYS, WRITE_VALUES
from lmpack.training.graph_builder import IR_VERSION, OPSET

FREQUENCY_BITS, QUOTIENT_BITS = 24, 31


def device_graphs() -> dict[str, bytes]:
    """The content of each file.

    gather_rows: `table` int64 [P, H, K] and `phases` int64 [L] to `rows` int64 [L, H, K].
    write_keys: `ring` int8 [L, D, W], `slots` int64 [L, D, T] and `new` int8 [L, D, T] to `written`
    int8 [L, D, W]. write_values: the same with [L, W, D], [L, T, D] and [L, T, D]. intervals:
    `weights` int32 [L, T, V], `symbols` int64 [L, T, 1] and `numbers` int64 [V], 0 to V - 1, to
    `intervals` int32 [L, T, 2], the cumulative frequency and the frequency of each symbol.
    """
    value = helper.make_tensor_value_info
    rows = _model(
        [helper.make_node("Gather", ["table", "phases"], ["rows"], axis=0)],
        [
            value("table", TensorProto.INT64, ["P", "H", "K"]),
            value("phases", TensorProto.INT64, ["L"]),
        ],
        value("rows", TensorProto.INT64, ["L", "H", "K"]),
    )
    return {
        GATHER_ROWS: rows,
        INTERVALS: _intervals(),
        WRITE_KEYS: _writer(2, ["L", "D", "W"], ["L", "D", "T"]),
        WRITE_VALUES: _writer(1, ["L", "W", "D"], ["L", "T", "D"]),
    }


def _writer(axis: int, ring: list[str], new: list[str]) -> bytes:
    value = helper.make_tensor_value_info
    return _model(
        [helper.make_node("ScatterElements", ["ring", "slots", "new"], ["written"], axis=axis)],
        [
            value("ring", TensorProto.INT8, ring),
            value("slots", TensorProto.INT64, new),
            value("new", TensorProto.INT8, new),
        ],
        value("written", TensorProto.INT8, ring),
    )


def _intervals() -> bytes:
    """From weights to the place of a symbol, as docs/format.md, section 5.2, defines it."""
    nodes: list[onnx.NodeProto] = []
    constants: list[onnx.TensorProto] = []

    def node(operator: str, *inputs: str, **attributes: Any) -> str:
        name = f"value.{len(nodes)}"
        nodes.append(helper.make_node(operator, inputs, [name], **attributes))
        return name

    def cast(value: str, kind: int) -> str:
        return node("Cast", value, to=kind)

    def constant(value: int | list[int]) -> str:
        name = f"constant.{value}"
        constants.append(onnx.numpy_helper.from_array(np.array(value, np.int64), name))
        return name

    def total(value: str) -> str:
        """Sum over the symbols. Each value is below 2**25 and there are at most 2**16."""
        summed = node("ReduceSum", cast(value, TensorProto.DOUBLE), constant([-1]), keepdims=1)
        return cast(summed, TensorProto.INT64)

    weights = cast("weights", TensorProto.INT64)
    spread = node("Sub", constant(1 << FREQUENCY_BITS), node("Size", "numbers"))
    quotient = node("Div", node("Mul", spread, constant(1 << QUOTIENT_BITS)), total(weights))
    shares = node("Div", node("Mul", weights, quotient), constant(1 << QUOTIENT_BITS))
    frequencies = node("Add", shares, constant(1))
    missing = node("Sub", constant(1 << FREQUENCY_BITS), total(frequencies))
    # Weights are below 2**24, so that float32 tells them apart.
    likeliest = node("ArgMax", cast("weights", TensorProto.FLOAT), axis=-1, keepdims=1)
    is_likeliest = cast(node("Equal", "numbers", likeliest), TensorProto.INT64)
    frequencies = node("Add", frequencies, node("Mul", is_likeliest, missing))
    below = cast(node("Less", "numbers", "symbols"), TensorProto.INT64)
    cumulative = total(node("Mul", frequencies, below))
    frequency = node("GatherElements", frequencies, "symbols", axis=-1)
    pair = node("Concat", cumulative, frequency, axis=-1)
    nodes.append(helper.make_node("Cast", [pair], ["intervals"], to=TensorProto.INT32))
    value = helper.make_tensor_value_info
    return _model(
        nodes,
        [
            value("weights", TensorProto.INT32, ["L", "T", "V"]),
            value("symbols", TensorProto.INT64, ["L", "T", 1]),
            value("numbers", TensorProto.INT64, ["V"]),
        ],
        value("intervals", TensorProto.INT32, ["L", "T", 2]),
        constants,
    )


def _model(
    nodes: list[onnx.NodeProto],
    inputs: list[onnx.ValueInfoProto],
    output: onnx.ValueInfoProto,
    constants: list[onnx.TensorProto] | None = None,
) -> bytes:
    unique = {tensor.name: tensor for tensor in constants or []}
    graph = helper.make_graph(
        nodes, "lmpack-device", inputs, [output], initializer=list(unique.values())
    )
    opset = [helper.make_opsetid("", OPSET)]
    model = helper.make_model(graph, opset_imports=opset, ir_version=IR_VERSION)
    onnx.checker.check_model(model, full_check=True)
    content: bytes = model.SerializeToString(deterministic=True)
    return content


def main() -> None:
    """Write them into the package."""
    for name, content in device_graphs().items():
        (GRAPHS / name).write_bytes(content)


if __name__ == "__main__":
    main()
