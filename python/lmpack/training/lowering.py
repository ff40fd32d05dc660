"""How one set of integer products is written for a provider of ONNX Runtime.

"cpu" multiplies uint8 activations (zero point 128) with int8 weights, which ONNX Runtime does fast
on CPUs. "cuda" multiplies int8 with int8, the only integer product its CUDA provider has, and runs
attention as float32 products of integers below 2**24.
"""

from __future__ import annotations

from typing import Protocol

import numpy as np
from onnx import TensorProto

from lmpack.training.graph_builder import GraphBuilder

_ZERO_POINT = 128


class Lowering(Protocol):
    """How one provider computes the integer products."""

    def activation(self, graph: GraphBuilder, values: str) -> str:
        """Integers in +-127 (float32) as the left operand of :meth:`linear` and :meth:`scores`."""

    def hidden(self, graph: GraphBuilder, values: str) -> str:
        """Integers in 0..255 (float32) as the left operand of :meth:`linear_hidden`."""

    def linear(self, graph: GraphBuilder, activation: str, weight: str) -> str:
        """Float32 product of an activation with an int8 weight [in, out]."""

    def linear_hidden(self, graph: GraphBuilder, hidden: str, weight: str) -> str:
        """The same for an operand of :meth:`hidden`."""

    def scores(self, graph: GraphBuilder, queries: str, keys: str) -> str:
        """Float32 product of queries (an activation) with int8 keys [L, head, K]."""

    def mix(self, graph: GraphBuilder, attention: str, values: str) -> str:
        """Float32 product of attention in 0..255 (float32) with int8 values [L, K, head]."""


class CpuLowering:
    """uint8 x int8 everywhere."""

    def activation(self, graph: GraphBuilder, values: str) -> str:
        """Integers in +-127 (float32) as a left operand."""
        return self.hidden(graph, graph.add(values, graph.constant(_ZERO_POINT)))

    def hidden(self, graph: GraphBuilder, values: str) -> str:
        """Integers in 0..255 (float32) as a left operand."""
        return graph.cast(values, TensorProto.UINT8)

    def linear(self, graph: GraphBuilder, activation: str, weight: str) -> str:
        """Product of an activation with a weight."""
        zero = graph.constant(_ZERO_POINT, np.uint8)
        product = graph.node("MatMulInteger", activation, weight, zero)
        return graph.cast(product, TensorProto.FLOAT)

    def linear_hidden(self, graph: GraphBuilder, hidden: str, weight: str) -> str:
        """Product of a hidden operand with a weight."""
        product = graph.node("MatMulInteger", hidden, weight)
        return graph.cast(product, TensorProto.FLOAT)

    def scores(self, graph: GraphBuilder, queries: str, keys: str) -> str:
        """Product of queries with keys."""
        return self.linear(graph, queries, keys)

    def mix(self, graph: GraphBuilder, attention: str, values: str) -> str:
        """Product of attention with values."""
        return self.linear_hidden(graph, self.hidden(graph, attention), values)


class CudaLowering:
    """int8 x int8 for the layers, float32 products of integers for attention."""

    def activation(self, graph: GraphBuilder, values: str) -> str:
        """Integers in +-127 (float32) as a left operand."""
        return graph.cast(values, TensorProto.INT8)

    def hidden(self, graph: GraphBuilder, values: str) -> str:
        """Integers in 0..255 (float32) as a left operand."""
        shifted = graph.subtract(values, graph.constant(_ZERO_POINT))
        return graph.cast(shifted, TensorProto.INT8)

    def linear(self, graph: GraphBuilder, activation: str, weight: str) -> str:
        """Product of an activation with a weight."""
        product = graph.node("MatMulInteger", activation, weight)
        return graph.cast(product, TensorProto.FLOAT)

    def linear_hidden(self, graph: GraphBuilder, hidden: str, weight: str) -> str:
        """Product of a hidden operand with a weight."""
        zero = graph.constant(-_ZERO_POINT, np.int8)
        product = graph.node("MatMulInteger", hidden, weight, zero)
        return graph.cast(product, TensorProto.FLOAT)

    def scores(self, graph: GraphBuilder, queries: str, keys: str) -> str:
        """Product of queries with keys."""
        queries = graph.cast(queries, TensorProto.FLOAT)
        return graph.node("MatMul", queries, graph.cast(keys, TensorProto.FLOAT))

    def mix(self, graph: GraphBuilder, attention: str, values: str) -> str:
        """Product of attention with values."""
        return graph.node("MatMul", attention, graph.cast(values, TensorProto.FLOAT))


LOWERINGS: dict[str, Lowering] = {"cpu": CpuLowering(), "cuda": CudaLowering()}
