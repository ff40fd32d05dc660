"""The tensors of an exact decoder, made from those of a FloatSource, one at a time."""

from __future__ import annotations

import dataclasses
import math
from collections.abc import Iterator
from typing import Any

import numpy as np
import numpy.typing as npt

from lmpack._models.decoder.bounds import SMALLEST_FLOAT
from lmpack._models.decoder.layout import (
    MatrixShape,
    layer_matrices,
    norm_names,
    vocabulary_matrices,
)
from lmpack._models.decoder.shape import (
    LOGIT_STEPS,
    OUTPUT_STEP,
    RESIDUAL_LIMIT,
    DecoderShape,
    hadamard_size,
)
from lmpack.importing.exact_shape import rope_tables
from lmpack.importing.quantize import bounded, in_output_steps
from lmpack.importing.source import Floats, FloatSource
from lmpack.importing.tables import (
    activation_table,
    attention_powers,
    output_powers,
    rotary_tables,
)
from lmpack.importing.token_table import TokenTable


@dataclasses.dataclass(frozen=True)
class FloatMatrix:
    """A matrix before it becomes integers.

    Attributes:
        name: the stem of its tensors' names.
        weight: float32 [rows, inputs], padded.
        order: int64 [outputs], the row of each output.
        bias: float32 [outputs], or None.
        block: channels of a block of the rotation of its inputs.
        units: for each tensor of multipliers its name, and what a scale is multiplied by.
    """

    name: str
    weight: Floats
    order: npt.NDArray[np.int64]
    bias: Floats | None
    block: int
    units: dict[str, float]


class ExactTensors:
    """What the tensors of an exact decoder are made of.

    Attributes:
        shape: of the exact model.

    Args:
        source: the float model.
        shape: of the exact model.
        table: its tokens.
    """

    def __init__(self, source: FloatSource, shape: DecoderShape, table: TokenTable) -> None:
        self._source = source
        self.shape = shape
        self._table = table
        self._names = set(source.names())

    def matrices(self) -> list[MatrixShape]:
        """All matrices."""
        return [*layer_matrices(self.shape), *vocabulary_matrices(self.shape)]

    def matrix(self, matrix: MatrixShape) -> FloatMatrix:
        """One of the matrices, read from the source.

        Raises:
            BundleError: it cannot be read.
        """
        if matrix.name in ("embedding", "head"):
            return self._vocabulary_matrix(matrix)
        stem, kind = matrix.name.rsplit(".", 1)
        read = {"qkv": self._qkv, "out": self._out, "up": self._up, "down": self._down}[kind]
        weight = read(stem)
        bias = self._bias(stem, kind) if matrix.biased else None
        size = self.shape.head_width if kind == "out" else matrix.inputs
        units = {f"{matrix.name}.multiplier": 1 / OUTPUT_STEP}
        order = np.arange(matrix.outputs)
        return FloatMatrix(matrix.name, weight, order, bias, hadamard_size(size), units)

    def others(self) -> Iterator[tuple[str, npt.NDArray[Any]]]:
        """Names and first entries of all tensors but those of matrices; the others are 0.

        Raises:
            BundleError: one cannot be read.
        """
        shape, source = self.shape, self._source.shape
        for name in norm_names(shape):
            yield f"{name}.gain", bounded(name, self._source.tensor(name))
            if shape.norm == "layer":
                yield f"{name}.bias", in_output_steps(name, self._or_zeros(f"{name}.bias", name))
        if shape.qk_norm:
            for i in range(shape.layers):
                for part in ("q_norm", "k_norm"):
                    name = f"layers.{i}.{part}"
                    yield f"{name}.gain", bounded(name, self._source.tensor(name))
        yield from self._positions()
        scale = source.query_scale * math.log2(math.e) / hadamard_size(shape.head_width)
        yield "score_scale", np.full(shape.layers, scale, np.float32)
        yield "norm_epsilon", np.array([max(source.epsilon, SMALLEST_FLOAT)], np.float32)
        yield "activation", activation_table(source.activation, shape.activation_range)
        yield "attention_exp2", attention_powers()
        yield "exp2", output_powers()
        tokens = self._table.tokens
        yield "token_lengths", np.fromiter(map(len, tokens), np.uint8)
        yield "token_bytes", np.frombuffer(b"".join(tokens), np.uint8)

    def _positions(self) -> Iterator[tuple[str, npt.NDArray[Any]]]:
        shape = self.shape
        if not shape.ropes:
            values = self._source.tensor("positions")[: shape.context]
            steps = np.rint(values * np.float32(2.0**shape.residual_bits))
            limit = np.float32(RESIDUAL_LIMIT)
            yield "positions", np.clip(steps, -limit, limit)
        for k, stored in enumerate(rope_tables(self._source)):
            cos, sin = rotary_tables(np.frombuffer(stored), shape.context)
            more = shape.head_width // 2 - cos.shape[1]
            yield f"rope.{k}.cos", np.pad(cos, ((0, 0), (0, more)), constant_values=1)
            yield f"rope.{k}.sin", np.pad(sin, ((0, 0), (0, more)))

    def _vocabulary_matrix(self, matrix: MatrixShape) -> FloatMatrix:
        """The tensor as it is: its rows are put in order piece by piece."""
        logit = LOGIT_STEPS * math.log2(math.e)
        embedded = self._source.shape.embedding_scale * 2.0**self.shape.residual_bits
        units = {"head.multiplier": logit}
        if matrix.name == "embedding":
            units = {"embedding.multiplier": embedded} | (units if self.shape.tied else {})
        return FloatMatrix(
            matrix.name,
            self._source.tensor(matrix.name),
            self._table.ids[: matrix.outputs],
            None,
            hadamard_size(matrix.inputs),
            units,
        )

    def _qkv(self, stem: str) -> Floats:
        parts = [self._heads(self._source.tensor(f"{stem}.{part}")) for part in "qkv"]
        return np.concatenate(parts)

    def _out(self, stem: str) -> Floats:
        return np.ascontiguousarray(self._heads(self._source.tensor(f"{stem}.out").T).T)

    def _up(self, stem: str) -> Floats:
        parts = ("gate", "up") if self.shape.gated else ("up",)
        return np.concatenate(
            [self._hidden(self._source.tensor(f"{stem}.{part}")) for part in parts]
        )

    def _down(self, stem: str) -> Floats:
        return np.ascontiguousarray(self._hidden(self._source.tensor(f"{stem}.down").T).T)

    def _bias(self, stem: str, kind: str) -> Floats:
        """The bias of a matrix, with zeros for parts that have none."""
        parts = {"qkv": ("q", "k", "v"), "up": ("gate", "up") if self.shape.gated else ("up",)}
        found = [
            self._or_zeros(f"{stem}.{part}.bias", f"{stem}.{part}")
            for part in parts.get(kind, (kind,))
        ]
        if kind == "qkv":
            found = [self._heads(each) for each in found]
        elif kind == "up":
            found = [self._hidden(each) for each in found]
        return in_output_steps(f"{stem}.{kind}.bias", np.concatenate(found))

    def _or_zeros(self, name: str, matrix: str) -> Floats:
        if name in self._names:
            return self._source.tensor(name)
        return np.zeros(len(self._source.tensor(matrix)), np.float32)

    def _heads(self, rows: Floats) -> Floats:
        """Rows of heads, both halves of each filled up with zeros."""
        width, wide = self._source.shape.head_width, self.shape.head_width
        halves = rows.reshape(-1, width // 2, *rows.shape[1:])
        more = [(0, 0), (0, (wide - width) // 2), *[(0, 0)] * (rows.ndim - 1)]
        return np.pad(halves, more).reshape(-1, *rows.shape[1:])

    def _hidden(self, rows: Floats) -> Floats:
        more = [(0, self.shape.hidden - len(rows)), *[(0, 0)] * (rows.ndim - 1)]
        return np.pad(rows, more)
