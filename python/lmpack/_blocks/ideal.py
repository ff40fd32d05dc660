"""What data would cost under a model's own probabilities, without coder and container."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt

from lmpack._executors.protocol import LanguageModel

LANES = 16
MOST_ODDS = 1 << 20
"""Lanes, and odds in all, that are predicted in one go; they bound the memory."""


def ideal_bits(model: LanguageModel, symbols: npt.NDArray[np.integer], lane_length: int) -> float:
    """The sum of -log2(odds of each symbol / sum of the odds), in bits.

    Args:
        model: any.
        symbols: integers [n], cut into lanes, each of which is predicted from its own alone.
        lane_length: symbols in a lane; the last one may be shorter.
    """
    whole = len(symbols) // lane_length * lane_length
    lanes = symbols[:whole].reshape(-1, lane_length)
    groups = [lanes[first : first + LANES] for first in range(0, len(lanes), LANES)]
    if whole < len(symbols):
        groups.append(symbols[None, whole:])
    return sum(float(code_lengths(model, group).sum()) for group in groups)


def code_lengths(model: LanguageModel, symbols: npt.NDArray[np.integer]) -> npt.NDArray[np.float64]:
    """The bits that each symbol costs, given those before it in its lane: [L, T] -> [L, T].

    Args:
        model: any.
        symbols: [L, T], L lanes that know nothing of one another. One of odds 0 counts as if it
            had half a unit.
    """
    start = np.full((len(symbols), 1), model.architecture.start_symbol, np.int32)
    fed = np.concatenate([start, symbols[:, :-1]], axis=1).astype(np.int32)
    state = model.start(len(symbols))
    bits = np.empty(symbols.shape, np.float64)
    count = max(1, MOST_ODDS // (len(symbols) * model.architecture.vocabulary))
    for first in range(0, symbols.shape[1], count):
        steps = slice(first, first + count)
        odds = model.prefill(state, fed[:, steps])
        chosen = np.take_along_axis(odds, symbols[:, steps, None].astype(np.intp), axis=2)
        shares = np.maximum(chosen[:, :, 0], 0.5) / odds.sum(axis=2, dtype=np.float64)
        bits[:, steps] = -np.log2(shares)
    return bits
