"""Graphs of decoders stay inside the operators and bounds of docs/decoder_model.md."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import numpy as np
import onnx
import pytest
from decoder_cases import Case, case_of
from onnx import TensorProto, numpy_helper
from random_decoder import FAMILIES

from lmpack._models.decoder.bundle import DecoderBundle
from lmpack._models.decoder.shape import (
    ACTIVATION_LIMIT,
    KV_LIMIT,
    LARGEST_CONTEXT,
    LARGEST_HADAMARD,
    LARGEST_HEAD_WIDTH,
    LARGEST_INPUTS,
    LARGEST_WIDTH,
    NORM_STEPS,
    ROTATION_LIMIT,
    WEIGHT_LIMIT,
)
from lmpack._models.folder import TENSORS
from lmpack.importing.graph import decoder_graphs
from lmpack.importing.graph_lowering import EXACT_POSITIONS

FLOAT, DOUBLE, BOOL = TensorProto.FLOAT, TensorProto.DOUBLE, TensorProto.BOOL
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
    **{name: {FLOAT, DOUBLE} for name in ("Add", "Sub", "Mul", "Div", "Max")},
    **{name: {FLOAT} for name in ("Min", "Abs", "Floor", "Round", "Clip", "ReduceMax")},
    "Sqrt": {DOUBLE},
    "ReduceSum": {DOUBLE},
    "Cast": MOVES,
    **{name: MOVES for name in ("Gather", "Slice", "Transpose", "Reshape", "Concat")},
    "Where": {FLOAT, BOOL},
}
WITH_POSITIONS = {"Gather", "Slice", "Reshape", "ReduceMax", "ReduceSum"}
TF32 = 2**11


@pytest.fixture(scope="module", params=FAMILIES)
def case(request: pytest.FixtureRequest) -> Case:
    return case_of(request.param)


@pytest.fixture(scope="module")
def bundle(case: Case, tmp_path_factory: pytest.TempPathFactory) -> DecoderBundle:
    return case.bundle(tmp_path_factory.mktemp("model"))


class Walk:
    """A graph, and what is known of its values."""

    def __init__(self, path: Path) -> None:
        model = onnx.load(path, load_external_data=False)
        assert [entry.domain for entry in model.opset_import] == [""]
        inferred = onnx.shape_inference.infer_shapes(model, strict_mode=True, data_prop=True)
        self.graph: onnx.GraphProto = inferred.graph
        self.made_by = {name: node for node in self.graph.node for name in node.output}
        self.constants = {tensor.name: tensor for tensor in self.graph.initializer}
        values = [*self.graph.input, *self.graph.value_info, *self.graph.output]
        self.types = {value.name: value.type.tensor_type.elem_type for value in values}
        self.types |= {name: tensor.data_type for name, tensor in self.constants.items()}

    def nodes(self, operator: str) -> Iterator[onnx.NodeProto]:
        return (node for node in self.graph.node if node.op_type == operator)

    def is_integer(self, name: str) -> bool:
        """Whether a value has only integers, whatever its type."""
        if name in self.constants:
            tensor = self.constants[name]
            if tensor.data_location == TensorProto.EXTERNAL:
                return name == "attention_exp2"  # a bound of the page
            numbers = numpy_helper.to_array(tensor)
            return bool(np.array_equal(numbers, np.rint(numbers)))
        if self.types[name] not in (FLOAT, DOUBLE):
            return True
        node = self.made_by[name]
        if node.op_type in ("Round", "Floor"):
            return True
        if node.op_type in ("Add", "Sub", "Mul", "MatMul"):
            return all(map(self.is_integer, node.input))
        if node.op_type == "Where":
            return all(map(self.is_integer, node.input[1:]))
        return node.op_type in ("Cast", "Reshape", "Slice", "Gather", "Transpose") and (
            self.is_integer(node.input[0])
        )


@pytest.fixture(scope="module", params=["cpu.onnx", "cuda.onnx"])
def walk(request: pytest.FixtureRequest, bundle: DecoderBundle) -> Walk:
    return Walk(bundle.path / request.param)


def test_only_allowed_operators_on_allowed_types(walk: Walk) -> None:
    for node in walk.graph.node:
        assert node.op_type in ALLOWED, node.op_type
        assert node.domain == ""
        # From the second input on, these have positions, sizes and axes.
        values = node.input[:1] if node.op_type in WITH_POSITIONS else node.input
        for name in values:
            assert walk.types[name] in ALLOWED[node.op_type], (node.op_type, name)


def test_float_products_see_only_integers(walk: Walk) -> None:
    for node in walk.nodes("MatMul"):
        for name in node.input:
            assert walk.is_integer(name), name


def test_sums_are_of_integers(walk: Walk) -> None:
    assert sum(1 for _ in walk.nodes("ReduceSum")) > 0
    for node in walk.nodes("ReduceSum"):
        assert walk.is_integer(node.input[0]), node.input[0]


def test_sums_of_attention_are_rounded_once(walk: Walk) -> None:
    """What is added after a product of values is float64, until its one Cast to float32."""
    for node in walk.nodes("Cast"):
        if walk.types[node.output[0]] == FLOAT and walk.types[node.input[0]] == DOUBLE:
            assert walk.made_by[node.input[0]].op_type in ("Add", "Div", "ReduceSum")


def test_no_division_by_a_number_has_become_a_product(walk: Walk) -> None:
    """Factors that are stored are powers of two, integers, or tensors of the bundle."""
    for node in walk.nodes("Mul"):
        for name in node.input:
            if name in walk.constants and walk.constants[name].data_location == 0:
                numbers = np.abs(numpy_helper.to_array(walk.constants[name]).astype(float))
                powers = np.frexp(numbers)[0] == 0.5
                assert np.all(powers | (numbers == np.rint(numbers))), name


def test_every_weight_lies_in_the_safetensors_file(walk: Walk, bundle: DecoderBundle) -> None:
    content = (bundle.path / TENSORS).read_bytes()
    tensors = bundle.tensors()
    pointers = {}
    for name, tensor in walk.constants.items():
        if tensor.data_location == TensorProto.EXTERNAL:
            place = {entry.key: entry.value for entry in tensor.external_data}
            assert place["location"] == TENSORS
            start = int(place["offset"])
            pointers[name] = content[start : start + int(place["length"])]
        else:
            small = name.startswith(("constant.", "hadamard.")) or name == "halvings"
            assert small, f"{name} is a weight in the graph"
    of_tokens = {"token_lengths", "token_bytes"}
    assert pointers == {
        name: tensor.tobytes() for name, tensor in tensors.items() if name not in of_tokens
    }


def test_graphs_are_the_same_each_time(case: Case, bundle: DecoderBundle) -> None:
    for name, content in decoder_graphs(case.shape, bundle.path / TENSORS).items():
        assert (bundle.path / name).read_bytes() == content
        onnx.checker.check_model(str(bundle.path / name), full_check=True)
        assert len(content) < (1 << 16) + (1 << 15) * case.shape.layers


def test_bounds() -> None:
    """The largest sums that a shape allows, against what the type of their sum holds."""
    assert LARGEST_INPUTS * ACTIVATION_LIMIT * WEIGHT_LIMIT < 2**31
    assert LARGEST_CONTEXT * 255 * KV_LIMIT < 2**31
    assert LARGEST_HEAD_WIDTH * ACTIVATION_LIMIT * KV_LIMIT < 2**24
    assert EXACT_POSITIONS * 255 * KV_LIMIT < 2**24
    assert LARGEST_HADAMARD * (ROTATION_LIMIT + 1) <= 2**24
    assert LARGEST_WIDTH * NORM_STEPS**2 <= 2**53
    assert LARGEST_CONTEXT * 65535 < 2**53
    # TF32 has 11 bits: what the graph for CUDA multiplies as float32.
    assert max(ACTIVATION_LIMIT, KV_LIMIT, 255, (ROTATION_LIMIT + 1) // 256) < TF32
