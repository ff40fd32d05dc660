"""Which tensors a model of a shape has: names, types and sizes, known before a file is opened."""

from __future__ import annotations

import math
from collections.abc import Iterator
from typing import NamedTuple

from lmpack._models.architecture import Architecture

Layout = dict[str, "TensorLayout"]

INT8, UINT8, FLOAT32 = "int8", "uint8", "float32"
"""Types of elements as numpy calls them, which is not loaded for it; little-endian in files."""

ITEM_SIZES = {INT8: 1, UINT8: 1, FLOAT32: 4}


class TensorLayout(NamedTuple):
    """A tensor of `model.safetensors`.

    Attributes:
        dtype: INT8, UINT8 or FLOAT32.
        shape: its axes.
    """

    dtype: str
    shape: tuple[int, ...]

    @property
    def item_size(self) -> int:
        """Bytes of an element."""
        return ITEM_SIZES[self.dtype]

    @property
    def size(self) -> int:
        """Its bytes."""
        return math.prod(self.shape) * self.item_size


def tensor_layout(architecture: Architecture) -> Layout:
    """The tensors of docs/model.md by their names, for a shape."""
    a = architecture
    layout = {
        "embedding": TensorLayout(INT8, (a.vocabulary + 1, a.width)),
        "score_scale": TensorLayout(FLOAT32, (1,)),
    }
    for i, table in enumerate(a.tables):
        layout[f"tables.{i}"] = TensorLayout(INT8, (table.rows, table.width))
    for name, inputs, outputs in matrices(a):
        layout[f"{name}.weight"] = TensorLayout(INT8, (inputs, outputs))
        layout[f"{name}.multiplier"] = TensorLayout(FLOAT32, (outputs,))
    for i, window in enumerate(a.windows):
        layout[f"layers.{i}.bias"] = TensorLayout(FLOAT32, (a.heads, window + 1))
    return layout


def matrices(architecture: Architecture) -> Iterator[tuple[str, int, int]]:
    """Name, inputs and outputs of every matrix: four of each layer, and the head."""
    a = architecture
    queries = a.heads * a.head_width
    for i in range(a.layers):
        yield f"layers.{i}.qkv", a.width, queries + 2 * a.head_width
        yield f"layers.{i}.out", queries, a.width
        yield f"layers.{i}.up", a.width, a.hidden
        yield f"layers.{i}.down", a.hidden, a.width
    yield "head", a.width, a.vocabulary
