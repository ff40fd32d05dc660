"""The graph that looks up the places of symbols on a device: the same for all models.

It counts with integers below 2**55, and adds them up in float64 where the sums stay below 2**53.
"""

from __future__ import annotations

import numpy as np
import onnx
from onnx import TensorProto, helper

from lmpack._executors.coding_constants import FREQUENCY_BITS, MOST_SYMBOLS, QUOTIENT_BITS
from lmpack.training.graph_builder import GraphBuilder


def intervals_graph() -> onnx.ModelProto:
    """From odds to the place of a symbol, as docs/format.md, section 5.2, defines it.

    Inputs: `odds` int32 [L, T, V], `symbols` int64 [L, T, 1], `numbers` int64 [V], 0 to V - 1, and
    `room` int64 [1], 2**24 - V. Output: `intervals` int32 [L, T, 2], the cumulative frequency and
    the frequency of each symbol.
    """
    g = GraphBuilder()
    frequencies = _frequencies(g)
    below = g.cast(g.node("Less", "numbers", "symbols"), TensorProto.INT64)
    cumulative = _total(g, g.multiply(frequencies, below))
    frequency = g.node("GatherElements", frequencies, "symbols", axis=-1)
    pair = g.node("Concat", cumulative, frequency, axis=-1)
    g.rename(g.cast(pair, TensorProto.INT32), "intervals")
    value = helper.make_tensor_value_info
    inputs = [
        value("odds", TensorProto.INT32, ["L", "T", "V"]),
        value("symbols", TensorProto.INT64, ["L", "T", 1]),
        value("numbers", TensorProto.INT64, ["V"]),
        value("room", TensorProto.INT64, [1]),
    ]
    output = value("intervals", TensorProto.INT32, ["L", "T", 2])
    return g.model(inputs, [output], "lmpack-intervals")


def _frequencies(g: GraphBuilder) -> str:
    """Int64 [L, T, V], which add up to 2**24."""
    unit = g.constant(1 << QUOTIENT_BITS, np.int64)
    odds = g.cast("odds", TensorProto.INT64)
    quotient = g.divide(g.multiply("room", unit), _total(g, odds))
    shares = g.divide(g.multiply(odds, quotient), unit)
    frequencies = g.add(shares, g.constant(1, np.int64))
    missing = g.subtract(g.constant(1 << FREQUENCY_BITS, np.int64), _total(g, frequencies))
    return g.add(frequencies, g.multiply(_is_likeliest(g, odds), missing))


def _is_likeliest(g: GraphBuilder, odds: str) -> str:
    """1 for the first of the symbols with the largest odds, 0 for all others.

    Not by ArgMax: no document says which of equal values it gives on CUDA. These keys are all
    different: odds * 2**16 - number, integers below 2**40, which float64 holds.
    """
    scaled = g.multiply(odds, g.constant(MOST_SYMBOLS, np.int64))
    keys = g.cast(g.subtract(scaled, "numbers"), TensorProto.DOUBLE)
    return g.cast(g.node("Equal", keys, g.reduce("ReduceMax", keys)), TensorProto.INT64)


def _total(g: GraphBuilder, values: str) -> str:
    """Sum over the symbols. Each value is below 2**25 and there are at most 2**16."""
    return g.cast(g.reduce("ReduceSum", g.cast(values, TensorProto.DOUBLE)), TensorProto.INT64)
