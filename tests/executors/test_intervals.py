"""Places looked up by a graph are those of docs/format.md, section 5.2; also among equal odds."""

from __future__ import annotations

import numpy as np
import onnx
import pytest

from lmpack._executors.intervals import INTERVALS, IntervalLookup
from lmpack._executors.provider import Provider
from lmpack.training.intervals_graph import intervals_graph
from lmpack.training.write_graphs import serialized

CPU = Provider("CPUExecutionProvider", "cpu")
TOTAL = 1 << 24


def frequencies(odds: list[int]) -> list[int]:
    """One by one, in Python's integers."""
    quotient = ((TOTAL - len(odds)) << 31) // sum(odds)
    found = [1 + (weight * quotient >> 31) for weight in odds]
    found[odds.index(max(odds))] += TOTAL - sum(found)
    return found


def random_odds(vocabulary: int, ties: bool) -> np.ndarray:
    """Odds [4, 20, V]; with ties all but every second position have several largest ones."""
    random = np.random.default_rng(vocabulary)
    odds = random.integers(1, 1 << 23, (4, 20, vocabulary)).astype(np.int32)
    if ties:
        odds[:, ::2] = np.minimum(odds[:, ::2], random.integers(1, 1000))
        odds[0, 0] = 1 << 23
    return odds


@pytest.mark.parametrize("vocabulary", [2, 32, 256, 5120])
@pytest.mark.parametrize("ties", [False, True])
def test_places(vocabulary: int, ties: bool) -> None:
    odds = random_odds(vocabulary, ties)
    symbols = np.random.default_rng(1).integers(0, vocabulary, odds.shape[:2])
    symbols[0, 0] = 0
    found = IntervalLookup(CPU, vocabulary)(CPU.on_device(odds), symbols)
    for lane, step in np.ndindex(*symbols.shape):
        expected, symbol = frequencies(odds[lane, step].tolist()), symbols[lane, step]
        place = sum(expected[:symbol]), expected[symbol]
        assert tuple(found[lane, step]) == place


def test_no_node_leaves_open_which_of_equal_values_it_takes() -> None:
    operators = {node.op_type for node in onnx.load(INTERVALS).graph.node}
    assert not operators & {"ArgMax", "ArgMin", "TopK"}


def test_the_file_is_the_one_that_the_command_writes() -> None:
    assert INTERVALS.read_bytes() == serialized(intervals_graph())
