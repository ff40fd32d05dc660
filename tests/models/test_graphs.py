"""Graphs that ONNX Runtime would run, and that a bundle must not have."""

from __future__ import annotations

import shutil
from collections.abc import Callable
from pathlib import Path

import numpy as np
import onnx
import pytest
from onnx import TensorProto, helper
from random_models import ARCHITECTURES, random_bundle
from rewritten_bundles import replace_graph

from lmpack._executors.onnxruntime import OnnxRuntimeExecutor
from lmpack._models.bundle import GRAPHS, TENSORS, Bundle, list_models, load_byte_model
from lmpack._models.graphs import stored_tensors
from lmpack.errors import BundleError

FORWARD = "cpu.onnx"
Change = Callable[[onnx.ModelProto], object]


@pytest.fixture(scope="module")
def original(tmp_path_factory: pytest.TempPathFactory) -> Bundle:
    return random_bundle(tmp_path_factory.mktemp("original"), ARCHITECTURES["plain"])


def external(name: str, location: str) -> onnx.TensorProto:
    tensor = TensorProto(name=name, data_type=TensorProto.INT8, dims=[4])
    tensor.data_location = TensorProto.EXTERNAL
    tensor.external_data.add(key="location", value=location)
    tensor.external_data.add(key="length", value="4")
    return tensor


def add_constant(location: str) -> Change:
    node = helper.make_node("Constant", [], ["secret"], value=external("secret", location))
    return lambda model: model.graph.node.append(node)


def add_nested_graph(model: onnx.ModelProto) -> None:
    """Without a check, ONNX Runtime gives the content of any file below the current folder."""
    output = [helper.make_tensor_value_info("z", TensorProto.INT8, [4])]
    node = helper.make_node("Constant", [], ["z"], value=external("z", "secret"))
    branch = helper.make_graph([node], "branch", [], output)
    model.graph.node.append(
        helper.make_node("If", ["b"], ["q"], then_branch=branch, else_branch=branch)
    )


def add_function(model: onnx.ModelProto) -> None:
    model.functions.append(helper.make_function("a", "f", [], [], [], []))


def add_sparse(model: onnx.ModelProto) -> None:
    model.graph.sparse_initializer.add().dims.append(4)


def add_training(model: onnx.ModelProto) -> None:
    model.training_info.add().algorithm.name = "a"


def wide(model: onnx.ModelProto) -> None:
    (scale,) = (t for t in model.graph.initializer if t.name == "score_scale")
    scale.dims[:] = [2]


def rename(model: onnx.ModelProto) -> None:
    (scale,) = (t for t in model.graph.initializer if t.name == "score_scale")
    scale.name = "another"


CHANGES: dict[str, tuple[Change, str]] = {
    "a constant in a file": (add_constant("secret"), "data are in another file"),
    "a constant in the tensors": (add_constant(TENSORS), "data are in another file"),
    "a nested graph": (add_nested_graph, "the attribute has a field 6"),
    "a function": (add_function, "the model has a field 25"),
    "sparse tensors": (add_sparse, "the graph has a field 15"),
    "training": (add_training, "the model has a field 20"),
    "another domain": (
        lambda model: model.graph.node.append(
            helper.make_node("EPContext", [], ["y"], domain="com.microsoft")
        ),
        "the domain 'com.microsoft'",
    ),
    "an unknown tensor": (rename, "'another'"),
    "another size": (wide, "cannot reshape"),
}


@pytest.mark.parametrize("change", CHANGES)
def test_a_graph_that_could_reach_beyond_the_bundle_is_refused(
    original: Bundle, tmp_path: Path, change: str
) -> None:
    folder = Path(shutil.copytree(original.path, tmp_path / "copy"))
    model = onnx.load(folder / FORWARD, load_external_data=False)
    edit, message = CHANGES[change]
    edit(model)
    replace_graph(folder, FORWARD, model.SerializeToString())
    with pytest.raises(BundleError, match=message) as caught:
        OnnxRuntimeExecutor(load_byte_model(folder))
    assert str(folder / FORWARD) in str(caught.value)


def test_a_location_elsewhere_is_never_read(original: Bundle, tmp_path: Path) -> None:
    """A tensor is found by its name, whatever file and place the graph states."""
    folder = Path(shutil.copytree(original.path, tmp_path / "copy"))
    model = onnx.load(folder / FORWARD, load_external_data=False)
    for tensor in model.graph.initializer:
        for entry in tensor.external_data:
            entry.value = "../secret" if entry.key == "location" else "0"
    replace_graph(folder, FORWARD, model.SerializeToString())
    symbols = np.array([[256, 1, 2, 3]])
    ours, theirs = map(OnnxRuntimeExecutor, (original, load_byte_model(folder)))
    expected = ours.prefill(ours.start(1), symbols)
    np.testing.assert_array_equal(theirs.prefill(theirs.start(1), symbols), expected)


@pytest.mark.parametrize(
    ("content", "message"),
    [
        (b"\x3a\x05abc", "ends within a field"),
        (b"\x38\x01", "a number stands where a message belongs"),
        (b"\x3a", "ends within a number"),
        (b"\xff" * 11, "a number is too long"),
        (b"\x0b", "the wire type 3"),
        (b"\x3a\x02\x0f\x00", "the wire type 7"),
        (b"\x12\x06..ORTM", "ONNX Runtime cannot load"),
    ],
)
def test_what_is_no_graph_is_refused(
    original: Bundle, tmp_path: Path, content: bytes, message: str
) -> None:
    """The last one begins as a file of ONNX Runtime's own format, too."""
    folder = Path(shutil.copytree(original.path, tmp_path / "copy"))
    replace_graph(folder, FORWARD, content)
    with pytest.raises(BundleError, match=message):
        OnnxRuntimeExecutor(load_byte_model(folder))


def test_fields_that_are_spelt_in_another_way_are_seen() -> None:
    packed = b"\x0a\x02\x02\x03"  # dims 2 and 3
    external_only = packed + b"\x42\x01n" + b"\x6a\x00"
    model = b"\x3a" + bytes([len(external_only) + 2]) + b"\x2a" + bytes([len(external_only)])
    assert stored_tensors(model + external_only) == [("n", (2, 3))]


def test_the_shipped_graphs_refer_to_all_tensors_or_none() -> None:
    for bundle in list_models():
        used = [set(bundle.graph(name).tensors) for name in GRAPHS]
        assert used == [set(bundle.tensors())] * 2 + [set()]
