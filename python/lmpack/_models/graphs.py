"""What an ONNX graph of a bundle may contain, read from its bytes.

ONNX Runtime opens files that a graph names, from inside nested graphs too, and knows operators
beside the standard ones. A graph of a bundle needs none of that: it is one flat graph of standard
operators, and its weights are tensors of `model.safetensors`, by their names.
"""

from __future__ import annotations

from collections.abc import Iterator, Set
from typing import NamedTuple

Value = int | memoryview

_VARINT, _FIXED64, _BYTES, _FIXED32 = 0, 1, 2, 5
_LARGEST_TAG = 2**32 - 1
"""Others keep only these bits of a field's number and type, and would see another field."""
_INSIDE = 0
"""Of `data_location`: the data of a tensor are in the graph itself."""


class StoredTensor(NamedTuple):
    """An initializer whose data are in `model.safetensors`.

    Attributes:
        name: of the tensor there.
        shape: its axes in the graph, which may be others for the same number of elements.
    """

    name: str
    shape: tuple[int, ...]


def stored_tensors(model: bytes) -> list[StoredTensor]:
    """The initializers that a graph takes from the bundle's tensors.

    Numbers are those of the fields in https://github.com/onnx/onnx/blob/main/onnx/onnx.proto.

    Raises:
        ValueError: the bytes are no graph that a bundle may have; says why.
    """
    found = []
    for graph in _parts(memoryview(model), "model", 7, {1, 2, 3, 4, 5, 6, 8}):
        for field, part in _fields(graph):
            if field == 1:
                _check_node(part)
            elif field == 5:
                found += _stored(part)
            elif field not in {2, 10, 11, 12, 13}:
                raise ValueError(f"the graph has a field {field}, which a bundle does not need")
    return found


def _check_node(node: Value) -> None:
    for field, part in _fields(node):
        if field == 7 and _text(part) not in ("", "ai.onnx"):
            raise ValueError(f"a node is of the domain {_text(part)!r}, which is not standard")
    for attribute in _parts(node, "node", 5, {1, 2, 3, 4, 6, 7}):
        for tensor in _parts(attribute, "attribute", 5, {1, 2, 3, 4, 7, 8, 9, 13, 20}):
            if _stored(tensor):
                raise ValueError("a node has an attribute whose data are in another file")


def _stored(tensor: Value) -> list[StoredTensor]:
    """The tensor, if its data are elsewhere."""
    name, shape, external = "", [], False
    for field, part in _fields(tensor):
        if field == 1:
            shape += [part] if isinstance(part, int) else _varints(part)
        elif field == 8:
            name = _text(part)
        elif field == 13 or (field == 14 and part != _INSIDE):
            external = True
        elif field not in {2, 4, 5, 6, 7, 9, 10, 11, 12, 14}:
            raise ValueError(f"the tensor has a field {field}, which a bundle does not need")
    return [StoredTensor(name, tuple(shape))] if external else []


def _parts(message: Value, kind: str, wanted: int, plain: Set[int]) -> Iterator[memoryview]:
    """The fields `wanted` of a message, beside which only `plain` ones are allowed."""
    for field, part in _fields(message):
        if field == wanted:
            yield _message(part)
        elif field not in plain:
            raise ValueError(f"the {kind} has a field {field}, which a bundle does not need")


def _fields(message: Value) -> Iterator[tuple[int, Value]]:
    """Number and value of each field of a protobuf message, in their order."""
    data, position = _message(message), 0
    while position < len(data):
        tag, position = _varint(data, position)
        if tag > _LARGEST_TAG:
            raise ValueError("a number of a field is too large")
        kind = tag & 7
        if kind == _VARINT:
            value, position = _varint(data, position)
            yield tag >> 3, value
            continue
        if kind == _BYTES:
            size, position = _varint(data, position)
        elif kind in (_FIXED32, _FIXED64):
            size = 4 if kind == _FIXED32 else 8
        else:
            raise ValueError(f"a field has the wire type {kind}")
        if size > len(data) - position:
            raise ValueError("it ends within a field")
        yield tag >> 3, data[position : position + size]
        position += size


def _varints(data: memoryview) -> list[int]:
    values, position = [], 0
    while position < len(data):
        value, position = _varint(data, position)
        values.append(value)
    return values


def _varint(data: memoryview, position: int) -> tuple[int, int]:
    """A number of at most 64 bits in groups of 7, the lowest first, and the position behind it."""
    value = 0
    for shift in range(0, 70, 7):
        if position == len(data):
            raise ValueError("it ends within a number")
        value |= (data[position] & 0x7F) << shift
        position += 1
        if data[position - 1] < 0x80:
            return value & (2**64 - 1), position
    raise ValueError("a number is too long")


def _message(value: Value) -> memoryview:
    if isinstance(value, int):
        raise ValueError("a number stands where a message belongs")
    return value


def _text(value: Value) -> str:
    return _message(value).tobytes().decode()
