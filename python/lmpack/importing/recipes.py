"""How the tensors of a file become those of a FloatSource: what each format does, undone."""

from __future__ import annotations

import dataclasses
from collections.abc import Mapping
from typing import NamedTuple

import numpy as np

from lmpack.importing.source import Floats, FloatShape
from lmpack.importing.tensor_shapes import Shape, tensor_shapes

QKV = "qkv"
"""Name of the one matrix in which some formats hold q, k and v, one below the other."""


class Recipe(NamedTuple):
    """How one tensor is made of a stored one.

    Attributes:
        stored: name of the stored tensor.
        shape: the shape that the stored tensor must have.
        transposed: whether it is [inputs, outputs].
        rows: the first row that is taken, and the one behind the last, once it is transposed.
        interleaved: of how many heads the rows lie as pairs that are turned together: channels j
            and j + head_width / 2 as 2 j and 2 j + 1. 0 if they do not.
        increment: what is added.
    """

    stored: str
    shape: Shape
    transposed: bool
    rows: slice
    interleaved: int
    increment: float

    def apply(self, stored: Floats) -> Floats:
        """The tensor, of the stored one."""
        tensor = (stored.T if self.transposed else stored)[self.rows]
        if self.interleaved:
            rest = tensor.shape[1:]
            tensor = (
                tensor.reshape(self.interleaved, -1, 2, *rest).swapaxes(1, 2).reshape(-1, *rest)
            )
        if self.increment:
            tensor = tensor + np.float32(self.increment)
        return np.ascontiguousarray(tensor)


@dataclasses.dataclass(frozen=True)
class Naming:
    """How a format names and holds the tensors of a family.

    Attributes:
        stems: stored names, without ".weight" or ".bias", by canonical name, or by its last part
            with {i} for the number of the layer. With one for "qkv", q, k and v are its rows.
        biased: which matrices have a bias.
        transposed: whether matrices of layers are [inputs, outputs].
        interleaved: whether the rows of q and k are (Recipe.interleaved).
        norm_increment: what is added to the gains of norms.
    """

    stems: Mapping[str, str]
    biased: frozenset[str] = frozenset()
    transposed: bool = False
    interleaved: bool = False
    norm_increment: float = 0.0

    def recipes(self, shape: FloatShape) -> dict[str, Recipe]:
        """Recipes of all tensors of a model by their canonical names."""
        return {
            name: self._recipe(name, expected, shape)
            for name, expected in tensor_shapes(shape, self.biased).items()
        }

    def _recipe(self, name: str, expected: Shape, shape: FloatShape) -> Recipe:
        stem_name, bias, _ = name.partition(".bias")
        part = stem_name.rsplit(".", 1)[-1]
        layer = stem_name.split(".")[1] if stem_name.startswith("layers.") else ""
        rows = slice(0, expected[0])
        stored_shape = expected
        fused = part in ("q", "k", "v") and QKV in self.stems
        if fused:
            ends = np.cumsum([shape.heads, shape.kv_heads, shape.kv_heads]) * shape.head_width
            start = [0, *ends.tolist()][("q", "k", "v").index(part)]
            rows = slice(start, start + expected[0])
            stored_shape = (int(ends[-1]), *expected[1:])
        transposed = self.transposed and bool(layer) and len(expected) == 2
        stem = self.stems[QKV if fused else part].replace("{i}", layer)
        heads = {"q": shape.heads, "k": shape.kv_heads}.get(part, 0) if self.interleaved else 0
        return Recipe(
            stored=stem + (".bias" if bias else ".weight"),
            shape=stored_shape[::-1] if transposed else stored_shape,
            transposed=transposed,
            rows=rows,
            interleaved=heads,
            increment=self.norm_increment if part.endswith("norm") and not bias else 0.0,
        )
