"""How the integer products of a decoder are written for a provider of ONNX Runtime."""

from __future__ import annotations

from typing import Protocol

from onnx import TensorProto

from lmpack.training.graph_builder import GraphBuilder
from lmpack.training.lowering import CpuLowering, CudaLowering, Lowering

EXACT_POSITIONS = 1024
"""Terms of a float32 sum of products up to 255 * 64, so that it stays below 2**24."""


class DecoderLowering(Lowering, Protocol):
    """How one provider computes the products that decoders need beside those of our own models.

    Attributes:
        fixed: whether the buffers of a layer have as many slots as its window, always.
    """

    fixed: bool

    def rotated(self, graph: GraphBuilder, blocks: str, matrix: str) -> str:
        """Integers in +-32767 (float32) times a matrix of +-1, [n, n] with n up to 128."""

    def mixed(self, graph: GraphBuilder, plane: str, values: str, slots: int) -> str:
        """Integers in 0..255 (float32) times int8 values [L, K, P, h]: float64, exact.

        `slots` is how many positions P there are, 0 if they are at most EXACT_POSITIONS.
        """


class DecoderCpuLowering(CpuLowering):
    """uint8 x int8 wherever an operand is small enough."""

    fixed = False

    def rotated(self, graph: GraphBuilder, blocks: str, matrix: str) -> str:
        """One float32 product, whose sums stay below 2**22."""
        return graph.node("MatMul", blocks, matrix)

    def mixed(self, graph: GraphBuilder, plane: str, values: str, slots: int) -> str:
        """One integer product, however many positions there are."""
        product = graph.node("MatMulInteger", self.hidden(graph, plane), values)
        return graph.cast(product, TensorProto.DOUBLE)


class DecoderCudaLowering(CudaLowering):
    """int8 x int8 with weights; float32 products of integers of 8 bits, which TF32 does not round.

    The CUDA provider has no integer product of more than one matrix at a time.
    """

    fixed = True

    def rotated(self, graph: GraphBuilder, blocks: str, matrix: str) -> str:
        """The product of the upper 8 bits * 256 and that of the lower ones."""
        upper = graph.node("Round", graph.multiply(blocks, graph.constant(2.0**-8)))
        lower = graph.subtract(blocks, graph.multiply(upper, graph.constant(256)))
        upper, lower = (graph.node("MatMul", part, matrix) for part in (upper, lower))
        return graph.add(graph.multiply(upper, graph.constant(256)), lower)

    def mixed(self, graph: GraphBuilder, plane: str, values: str, slots: int) -> str:
        """Products of EXACT_POSITIONS positions each, added in float64."""
        if slots <= EXACT_POSITIONS:
            return graph.cast(self.mix(graph, plane, values), TensorProto.DOUBLE)
        total = ""
        for first in range(0, slots, EXACT_POSITIONS):
            last = min(first + EXACT_POSITIONS, slots)
            piece = self.mix(
                graph, graph.slice(plane, first, last), graph.slice(values, first, last, axis=2)
            )
            piece = graph.cast(piece, TensorProto.DOUBLE)
            total = graph.add(total, piece) if total else piece
        return total


DECODER_LOWERINGS: dict[str, DecoderLowering] = {
    "cpu": DecoderCpuLowering(),
    "cuda": DecoderCudaLowering(),
}
