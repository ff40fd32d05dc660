"""What data would cost under a model's own probabilities, without coder and container."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt

from lmpack.executors.protocol import Predictor

LANES = 16
STEPS = 256
"""Lanes and positions that are predicted in one go; they bound the memory."""


def ideal_bits(predictor: Predictor, data: bytes, lane_length: int) -> float:
    """The sum of -log2(weight of each byte / sum of the weights), in bits.

    Args:
        predictor: of a model with at least 256 symbols, which stand for bytes.
        data: cut into lanes, each of which is predicted from its own bytes alone. A byte of weight
            0 counts as if it had half a unit.
        lane_length: bytes in a lane; the last one may be shorter.
    """
    symbols = np.frombuffer(data, np.uint8).astype(np.int32)
    whole = len(symbols) // lane_length * lane_length
    lanes = symbols[:whole].reshape(-1, lane_length)
    groups = [lanes[first : first + LANES] for first in range(0, len(lanes), LANES)]
    if whole < len(symbols):
        groups.append(symbols[None, whole:])
    return sum(_group_bits(predictor, group) for group in groups)


def _group_bits(predictor: Predictor, symbols: npt.NDArray[np.int32]) -> float:
    start = np.full((len(symbols), 1), predictor.architecture.start_symbol, np.int32)
    fed = np.concatenate([start, symbols[:, :-1]], axis=1)
    state = predictor.start(len(symbols))
    bits = 0.0
    for first in range(0, symbols.shape[1], STEPS):
        weights = predictor.prefill(state, fed[:, first : first + STEPS])
        targets = symbols[:, first : first + STEPS, None]
        chosen = np.maximum(np.take_along_axis(weights, targets, axis=2)[:, :, 0], 0.5)
        bits += float(np.log2(weights.sum(axis=2, dtype=np.float64) / chosen).sum())
    return bits
