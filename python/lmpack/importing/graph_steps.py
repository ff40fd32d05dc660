"""The operations of docs/decoder_model.md as nodes of ONNX."""

from __future__ import annotations

from typing import NamedTuple

import numpy as np
from onnx import TensorProto

from lmpack._models.decoder.layout import MatrixShape
from lmpack._models.decoder.shape import (
    ACTIVATION_STEPS,
    NORM_STEPS,
    OUTPUT_STEP,
    PROJECTION_LIMIT,
    ROTATION_LIMIT,
    SMALLEST_MAXIMUM,
    DecoderShape,
    hadamard_size,
)
from lmpack.importing.graph_lowering import DecoderLowering
from lmpack.training.graph_builder import GraphBuilder, TensorFile


class Rotated(NamedTuple):
    """Names of integers (float32 [..., n]) and of what they are to be multiplied by ([..., 1])."""

    integers: str
    scale: str


class Steps(GraphBuilder):
    """Nodes for the parts of a decoder that attention, feed-forward and head share."""

    def __init__(self, tensors: TensorFile, shape: DecoderShape, lowering: DecoderLowering) -> None:
        super().__init__(tensors)
        self.shape = shape
        self.lowering = lowering

    def size(self, value: str) -> str:
        """Without their signs."""
        return self.node("Abs", value)

    def largest(self, value: str, least: float) -> str:
        """The largest size in each vector, at least so much."""
        return self.maximum(self.reduce("ReduceMax", self.size(value)), self.constant(least))

    def clip(self, value: str, limit: float) -> str:
        """Within the limit and its negative."""
        return self.node("Clip", value, self.constant(-limit), self.constant(limit))

    def exact_sum(self, *values: str) -> str:
        """The sum over the last axis of integers of several values, in float64."""
        total = ""
        for value in values:
            part = self.reduce("ReduceSum", self.cast(value, TensorProto.DOUBLE))
            total = self.add(total, part) if total else part
        return total

    def entry(self, name: str, index: int) -> str:
        """One number of a tensor."""
        return self.node("Gather", self.tensor(name), self.constant(index, np.int64))

    def matrix(self, matrix: MatrixShape) -> str:
        """The weights int8 [inputs, padded outputs]: ONNX Runtime does this once, when it loads."""
        stored = self.transpose(self.tensor(f"{matrix.name}.weight"), [1, 3, 0, 2])
        return self.reshape(stored, [matrix.inputs, -1])

    def hadamard(self, value: str, axes: list[int]) -> str:
        """Integers float32 of axes [L, T, ...] whose last ones are given, rotated in blocks."""
        size = hadamard_size(axes[-1])
        matrix = np.ones((1, 1), np.int8)
        while len(matrix) < size:
            matrix = np.block([[matrix, matrix], [matrix, -matrix]])
        named = self.constant(matrix, np.int8, f"hadamard.{size}")
        blocks = self.reshape(value, [0, 0, -1, size])
        rotated = self.lowering.rotated(self, blocks, self.cast(named, TensorProto.FLOAT))
        return self.reshape(rotated, [0, 0, *axes])

    def rotate(self, value: str, axes: list[int], limit: float) -> Rotated:
        """Axes [L, T, ...], whose last ones are given, to integers within the limit, rotated."""
        m = self.largest(value, SMALLEST_MAXIMUM)
        rotation = self.constant(ROTATION_LIMIT)
        steps = self.node("Round", self.multiply(value, self.divide(rotation, m)))
        rotated = self.hadamard(steps, axes)
        top, bound = self.largest(rotated, 1), self.constant(limit)
        integers = self.node("Round", self.multiply(rotated, self.divide(bound, top)))
        scale = self.multiply(self.divide(m, rotation), self.divide(top, bound))
        return Rotated(integers, scale)

    def quantize(self, value: str, limit: float) -> Rotated:
        """The same without the rotation."""
        m, bound = self.largest(value, SMALLEST_MAXIMUM), self.constant(limit)
        integers = self.node("Round", self.multiply(value, self.divide(bound, m)))
        return Rotated(integers, self.divide(m, bound))

    def product(self, x: Rotated, matrix: str, multiplier: str) -> str:
        """Float32 [L, T, padded outputs]: scaled products with weights."""
        operand = self.lowering.activation(self, x.integers)
        product = self.lowering.linear(self, operand, matrix)
        return self.multiply(self.multiply(product, x.scale), self.tensor(multiplier))

    def project(self, x: Rotated, matrix: MatrixShape) -> str:
        """Float32 [L, T, outputs], multiples of 2**-16 but for the bias."""
        product = self.product(x, self.matrix(matrix), f"{matrix.name}.multiplier")
        rounded = self.node("Round", self.clip(product, PROJECTION_LIMIT))
        y = self.multiply(rounded, self.constant(OUTPUT_STEP))
        return self.add(y, self.tensor(f"{matrix.name}.bias")) if matrix.biased else y

    def normalize(self, name: str, value: str, channels: int, layer_norm: bool) -> str:
        """Float32 [..., channels], by the root of the mean square, or by the deviation."""
        double = TensorProto.DOUBLE
        c = self.divide(self.constant(NORM_STEPS), self.largest(value, SMALLEST_MAXIMUM))
        k = self.cast(self.node("Round", self.multiply(value, c)), double)
        wide, count = self.cast(c, double), self.constant(channels, np.float64)
        square = self.divide(self.reduce("ReduceSum", self.multiply(k, k)), count)
        epsilon = self.cast(self.entry("norm_epsilon", 0), double)
        e = self.multiply(self.multiply(wide, wide), epsilon)
        if layer_norm:
            u = self.divide(self.reduce("ReduceSum", k), count)
            variance = self.subtract(square, self.multiply(u, u))
            square = self.maximum(variance, self.constant(0, np.float64))
            value = self.subtract(value, self.cast(self.divide(u, wide), TensorProto.FLOAT))
        r = self.divide(wide, self.node("Sqrt", self.add(square, e)))
        y = self.multiply(value, self.cast(r, TensorProto.FLOAT))
        y = self.multiply(y, self.tensor(f"{name}.gain"))
        return self.add(y, self.tensor(f"{name}.bias")) if layer_norm else y

    def activate(self, value: str) -> str:
        """Value times what the table of the activation says between its entries."""
        limit = self.constant(self.shape.activation_range)
        e = self.add(self.clip(value, self.shape.activation_range), limit)
        e = self.multiply(e, self.constant(ACTIVATION_STEPS))
        i = self.node("Floor", e)
        table = self.tensor("activation")
        low, high = (
            self.node("Gather", table, self.cast(at, TensorProto.INT32))
            for at in (i, self.add(i, self.constant(1)))
        )
        slope = self.multiply(self.subtract(e, i), self.subtract(high, low))
        return self.multiply(value, self.add(low, slope))
