"""Every exported graph stays inside the table of allowed operators and bounds (docs/model.md)."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import onnx
import pytest
from onnx import TensorProto
from random_models import ARCHITECTURES, random_bundle
from safetensors.numpy import load_file

from lmpack._models.architecture import (
    ACTIVATION_LIMIT,
    ATTENTION_TOP,
    HIDDEN_LIMIT,
    KV_LIMIT,
    RESIDUAL_LIMIT,
    WEIGHT_LIMIT,
    Architecture,
)
from lmpack._models.bundle import GRAPHS, TENSORS, Bundle, list_models
from lmpack.training.write_graphs import graphs_of

FORWARD = ("cpu.onnx", "cuda.onnx")

FLOAT, DOUBLE = TensorProto.FLOAT, TensorProto.DOUBLE
INT8, UINT8, INT32, INT64 = (
    TensorProto.INT8,
    TensorProto.UINT8,
    TensorProto.INT32,
    TensorProto.INT64,
)
MOVES = {FLOAT, DOUBLE, INT8, UINT8, INT32, INT64}
ALLOWED = {
    "MatMulInteger": {INT8, UINT8},
    "MatMul": {FLOAT},
    **{name: {FLOAT, DOUBLE} for name in ("Add", "Mul", "Div")},
    **{name: {FLOAT} for name in ("Sub", "Max", "Round", "Clip", "ReduceMax")},
    "Sqrt": {DOUBLE},
    "ReduceSum": {FLOAT, DOUBLE},
    "Cast": MOVES,
    **{name: MOVES for name in ("Gather", "Pad", "Slice", "Transpose", "Reshape")},
}


WITH_POSITIONS = {"Gather", "Pad", "Slice", "Reshape", "ReduceMax", "ReduceSum"}


@pytest.fixture(scope="module", params=[*ARCHITECTURES, "built-in"])
def bundle(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Bundle:
    if request.param == "built-in":
        return list_models()[-1]
    return random_bundle(tmp_path_factory.mktemp(request.param), ARCHITECTURES[request.param])


@pytest.fixture(params=FORWARD)
def graph(request: pytest.FixtureRequest, bundle: Bundle) -> onnx.GraphProto:
    model = onnx.load(bundle.path / request.param, load_external_data=False)
    assert [entry.domain for entry in model.opset_import] == [""]
    return onnx.shape_inference.infer_shapes(model, strict_mode=True, data_prop=True).graph


def element_types(graph: onnx.GraphProto) -> dict[str, int]:
    values = [*graph.input, *graph.value_info, *graph.output]
    types = {value.name: value.type.tensor_type.elem_type for value in values}
    return types | {tensor.name: tensor.data_type for tensor in graph.initializer}


def test_only_allowed_operators_on_allowed_types(graph: onnx.GraphProto) -> None:
    types = element_types(graph)
    for node in graph.node:
        assert node.op_type in ALLOWED, node.op_type
        assert node.domain == ""
        # From the second input on, these have positions, sizes and axes.
        values = node.input[:1] if node.op_type in WITH_POSITIONS else node.input
        for name in values:
            assert types[name] in ALLOWED[node.op_type], (node.op_type, name)


def test_float_products_see_only_integers(graph: onnx.GraphProto) -> None:
    """A MatMul's operands come from an integer type, or from Round."""
    types = element_types(graph)
    made_by = {name: node for node in graph.node for name in node.output}
    for node in graph.node:
        if node.op_type == "MatMul":
            for name in node.input:
                while made_by[name].op_type == "Reshape":
                    name = made_by[name].input[0]
                source = made_by[name]
                integer = source.op_type == "Cast" and types[source.input[0]] in (INT8, UINT8)
                assert integer or source.op_type == "Round", source.op_type


def test_sums_in_float_are_of_integers(graph: onnx.GraphProto) -> None:
    types = element_types(graph)
    made_by = {name: node for node in graph.node for name in node.output}
    for node in graph.node:
        if node.op_type == "ReduceSum":
            source = made_by[node.input[0]]
            if source.op_type == "Mul":  # the squares of the residual stream, in float64
                assert source.input[0] == source.input[1]
                assert types[source.input[0]] == DOUBLE
                source = made_by[source.input[0]]
                assert made_by[source.input[0]].op_type in ("Clip", "Mul")
            else:
                integer = source.op_type == "Cast" and types[source.input[0]] == INT8
                assert integer or source.op_type == "Round"


def test_every_weight_lies_in_the_safetensors_file(graph: onnx.GraphProto, bundle: Bundle) -> None:
    tensors = load_file(bundle.path / TENSORS)
    content = (bundle.path / TENSORS).read_bytes()
    pointers = {}
    for tensor in graph.initializer:
        if tensor.data_location == TensorProto.EXTERNAL:
            place = {entry.key: entry.value for entry in tensor.external_data}
            assert place["location"] == TENSORS
            start = int(place["offset"])
            pointers[tensor.name] = content[start : start + int(place["length"])]
        else:
            assert np.prod(tensor.dims, dtype=int) <= 6, f"{tensor.name} is a weight in the graph"
    assert pointers == {name: tensor.tobytes() for name, tensor in tensors.items()}


def test_bounds(bundle: Bundle) -> None:
    a = bundle.architecture
    tensors = load_file(bundle.path / TENSORS)
    for name, tensor in tensors.items():
        if name.endswith(".weight"):
            assert np.abs(tensor.astype(int)).max() <= WEIGHT_LIMIT
            largest = HIDDEN_LIMIT if name.endswith("down.weight") else ACTIVATION_LIMIT
            assert np.abs(tensor.astype(int)).sum(axis=0).max() * largest < 2**24
    for name in ("embedding", *(f"tables.{i}" for i in range(len(a.tables)))):
        assert np.abs(tensors[name].astype(int)).max() <= 127
    assert (1 + len(a.tables)) * 127 < 2**24
    assert max(a.windows) * ATTENTION_TOP * KV_LIMIT < 2**24
    assert a.head_width * ACTIVATION_LIMIT * KV_LIMIT < 2**24
    assert a.width * RESIDUAL_LIMIT**2 < 2**53


def test_widest_allowed_window_keeps_the_bound() -> None:
    widest = Architecture(
        vocabulary=256, width=32, heads=1, head_width=32, hidden=32, windows=(1024,)
    )
    assert widest.windows[0] * ATTENTION_TOP * KV_LIMIT < 2**24


def test_graphs_are_small(bundle: Bundle) -> None:
    for name in GRAPHS:
        assert Path(bundle.path / name).stat().st_size < 200_000


def test_the_ring_writer_only_moves_bits(bundle: Bundle) -> None:
    graph = onnx.load(bundle.path / "cuda_rings.onnx").graph
    assert {node.op_type for node in graph.node} == {"Unsqueeze", "Expand", "ScatterElements"}


def test_the_graphs_of_a_bundle_are_those_that_the_command_writes(bundle: Bundle) -> None:
    for name, content in graphs_of(bundle.path).items():
        assert (bundle.path / name).read_bytes() == content
