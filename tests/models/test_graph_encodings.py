"""Graphs spelt so that another reader of protobuf sees more in them than ours might."""

from __future__ import annotations

import numpy as np
import onnxruntime
import pytest
from onnx import TensorProto, helper

from lmpack._models.graphs import stored_tensors

LOST = 1 << 32
"""Added to the number of a field and its type, which C++ keeps in 32 bits."""
NAME, RAW, EXTERNAL_DATA, DATA_LOCATION = 8, 9, 13, 14


def varint(value: int) -> bytes:
    groups = bytearray()
    while value >= 0x80:
        groups.append(value & 0x7F | 0x80)
        value >>= 7
    return bytes([*groups, value])


def number(field: int, value: int, added: int = 0) -> bytes:
    return varint((field << 3) + added) + varint(value)


def message(field: int, content: bytes, added: int = 0) -> bytes:
    return varint((field << 3 | 2) + added) + varint(len(content)) + content


def int8_tensor(*fields: bytes) -> bytes:
    return number(1, 4) + number(2, TensorProto.INT8) + message(NAME, b"t") + b"".join(fields)


def initializer(tensor: bytes) -> bytes:
    return message(7, message(5, tensor))


def constant(tensor: bytes) -> bytes:
    attribute = message(1, b"value") + message(5, tensor) + number(20, 4)
    return message(
        7, message(1, message(2, b"t") + message(4, b"Constant") + message(5, attribute))
    )


def entry(key: bytes, value: bytes) -> bytes:
    return message(1, key) + message(2, value)


OUTSIDE = (
    message(EXTERNAL_DATA, entry(b"location", b"secret"), LOST),
    message(EXTERNAL_DATA, entry(b"length", b"4"), LOST),
    number(DATA_LOCATION, TensorProto.EXTERNAL, LOST),
)


@pytest.mark.parametrize("place", [initializer, constant])
def test_a_field_whose_number_is_longer_than_32_bits_is_refused(place: object) -> None:
    """ONNX Runtime takes the lowest 32 bits of it, and would read the file of that name."""
    assert callable(place)
    with pytest.raises(ValueError, match="a number of a field is too large"):
        stored_tensors(place(int8_tensor(*OUTSIDE)))


def test_a_field_of_a_tensor_that_is_not_known_is_refused() -> None:
    with pytest.raises(ValueError, match="the tensor has a field 15"):
        stored_tensors(initializer(int8_tensor(message(RAW, b"1234"), message(15, b""))))


@pytest.mark.parametrize("value", [1, 2, 1 + LOST])
def test_data_are_elsewhere_whatever_the_number_for_it(value: int) -> None:
    tensor = int8_tensor(number(DATA_LOCATION, value))
    assert [one.name for one in stored_tensors(initializer(tensor))] == ["t"]
    with pytest.raises(ValueError, match="data are in another file"):
        stored_tensors(constant(tensor))


def test_these_graphs_are_graphs_for_onnx_runtime() -> None:
    """Else the other tests would prove nothing."""
    output = helper.make_tensor_value_info("t", TensorProto.INT8, [4])
    model = helper.make_model(
        helper.make_graph([], "g", [], [output]), opset_imports=[helper.make_opsetid("", 17)]
    )
    model.ir_version = 8
    content = model.SerializeToString() + constant(int8_tensor(message(RAW, b"\1\2\3\4")))
    session = onnxruntime.InferenceSession(content, providers=["CPUExecutionProvider"])
    np.testing.assert_array_equal(session.run(None, {})[0], [1, 2, 3, 4])
