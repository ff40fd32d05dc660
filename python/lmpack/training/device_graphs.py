"""The small graphs that move data on a device: the same for all models, and part of the package.

    python -m lmpack.training.device_graphs

writes them anew. They only move bits: nothing of the exact arithmetic is in them.
"""

from __future__ import annotations

import onnx
from onnx import TensorProto, helper

from lmpack.executors.device import GATHER_ROWS, GRAPHS, WRITE_KEYS, WRITE_VALUES
from lmpack.training.graph_builder import IR_VERSION, OPSET


def device_graphs() -> dict[str, bytes]:
    """The content of each file.

    gather_rows: `table` int64 [P, H, K] and `phases` int64 [L] to `rows` int64 [L, H, K].
    write_keys: `ring` int8 [L, D, W], `slots` int64 [L, D, T] and `new` int8 [L, D, T] to `written`
    int8 [L, D, W]. write_values: the same with [L, W, D], [L, T, D] and [L, T, D].
    """
    value = helper.make_tensor_value_info
    rows = _model(
        helper.make_node("Gather", ["table", "phases"], ["rows"], axis=0),
        [
            value("table", TensorProto.INT64, ["P", "H", "K"]),
            value("phases", TensorProto.INT64, ["L"]),
        ],
        value("rows", TensorProto.INT64, ["L", "H", "K"]),
    )
    return {
        GATHER_ROWS: rows,
        WRITE_KEYS: _writer(2, ["L", "D", "W"], ["L", "D", "T"]),
        WRITE_VALUES: _writer(1, ["L", "W", "D"], ["L", "T", "D"]),
    }


def _writer(axis: int, ring: list[str], new: list[str]) -> bytes:
    value = helper.make_tensor_value_info
    return _model(
        helper.make_node("ScatterElements", ["ring", "slots", "new"], ["written"], axis=axis),
        [
            value("ring", TensorProto.INT8, ring),
            value("slots", TensorProto.INT64, new),
            value("new", TensorProto.INT8, new),
        ],
        value("written", TensorProto.INT8, ring),
    )


def _model(
    node: onnx.NodeProto, inputs: list[onnx.ValueInfoProto], output: onnx.ValueInfoProto
) -> bytes:
    graph = helper.make_graph([node], "lmpack-device", inputs, [output])
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
