"""Blocks on a device that keeps the state of all lanes: steps are shared, prefills are not."""

from __future__ import annotations

import contextlib
from collections.abc import Iterator
from typing import Any, Protocol

import numpy as np
import numpy.typing as npt

from lmpack._executors.continuous_batch import ContinuousBatch, LaneModel
from lmpack._executors.mixing import Mixing
from lmpack._executors.protocol import LanguageModel, StepsDone
from lmpack._executors.stepping import (
    ENCODER_PIECE,
    SteppingExecutor,
    fed_symbols,
    lane_symbols,
    pieces,
)
from lmpack._models.architecture import Architecture
from lmpack._native import BlockEncoder

LANES = 512
"""Lanes of a batch of decoding."""

BATCHES = 2
"""While the lanes of one batch are decoded on the CPU, the model makes the step of the other."""


class PrefillingModel(LaneModel, Protocol):
    """A model of lanes that also takes many symbols of each at a time."""

    def prefill(self, state: Any, symbols: npt.NDArray[np.integer]) -> npt.NDArray[np.int32]:
        """Feed symbols [L, T] and give the odds after each: int32 [L, T, V]."""

    def prefill_intervals(
        self,
        state: Any,
        symbols: npt.NDArray[np.integer],
        following: npt.NDArray[np.integer],
    ) -> npt.NDArray[np.int32]:
        """The same, but the places int32 [L, T, 2] of the symbols that follow, [L, T]."""


class BatchedExecutor(SteppingExecutor):
    """Encodes blocks by prefill; those decoded at the same time share batches of lanes.

    Args:
        model: runs on the device. The first step of each batch is made here, one after the other.
        lanes: of a batch.
        batches: how many there are.
    """

    architecture: Architecture

    def __init__(self, model: PrefillingModel, lanes: int, batches: int) -> None:
        self.architecture = model.architecture
        self._model = model
        self._batches = [ContinuousBatch(model, lanes) for _ in range(batches)]

    def start(self, lanes: int) -> Any:
        """A state of `lanes` lanes with nothing fed yet."""
        return self._model.start(lanes)

    def prefill(self, state: Any, symbols: npt.NDArray[np.integer[Any]]) -> npt.NDArray[np.int32]:
        """Feed symbols [L, T] and give the odds after each: int32 [L, T, V]."""
        return self._model.prefill(state, symbols)

    def step(self, state: Any, symbols: npt.NDArray[np.integer[Any]]) -> npt.NDArray[np.int32]:
        """Feed one symbol to each lane: [L] -> int32 [L, V]."""
        return self._model.step(state, symbols)

    def encode(
        self, plain: bytes, lane_length: int, mixing: Mixing | None, steps_done: StepsDone
    ) -> bytes:
        """The payload of a block; without mixing 8 bytes for each of its bytes leave the device."""
        if mixing is not None:
            return super().encode(plain, lane_length, mixing, steps_done)
        symbols = lane_symbols(plain, lane_length)
        coder = BlockEncoder(len(plain), lane_length, self.architecture.vocabulary)
        state = self._model.start(len(symbols))
        for piece in pieces(lane_length, ENCODER_PIECE):
            fed = fed_symbols(symbols, piece, self.architecture)
            coder.encode_intervals(self._model.prefill_intervals(state, fed, symbols[:, piece]))
            steps_done(piece.stop)
        return coder.finish()

    @contextlib.contextmanager
    def lanes_for(self, lanes: int) -> Iterator[LanguageModel]:
        """Lanes of the batch with most room, or, if they are more than it has, a state apart."""
        batch = min(self._batches, key=lambda batch: batch.load)
        if lanes > batch.capacity:
            yield self
            return
        with batch.lease(lanes) as leased:
            yield leased
