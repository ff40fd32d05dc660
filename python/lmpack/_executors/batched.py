"""Blocks on a device that keeps the state of all lanes: steps are shared, prefills are not."""

from __future__ import annotations

import contextlib
import threading
from collections.abc import Callable, Iterator
from typing import Any, Protocol, runtime_checkable

import numpy as np
import numpy.typing as npt

from lmpack._executors.block_batch import BlockBatch
from lmpack._executors.continuous_batch import ContinuousBatch, LaneModel
from lmpack._executors.encoding_groups import Ask, EncodingGroups
from lmpack._executors.host_lanes import HostLanes
from lmpack._executors.mixing import Mixing
from lmpack._executors.packed_block import PackedBlock
from lmpack._executors.protocol import LanguageModel, StepsDone, available_cores
from lmpack._executors.stepping import SteppingExecutor, lane_symbols
from lmpack._models.architecture import Architecture
from lmpack._native import BlockEncoder, MixedEncoder, ThreadTeam
from lmpack.errors import BundleError

LANES = 512
"""Lanes of a batch whose symbols are found on the host."""

BATCHES = 2
"""While the symbols of one batch are found on the host, the model makes the step of the other."""


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


@runtime_checkable
class PathsModel(Protocol):
    """A model of lanes that knows what mixing asks for while it encodes."""

    def prefill_paths(
        self,
        state: Any,
        symbols: npt.NDArray[np.integer],
        following: npt.NDArray[np.integer],
    ) -> npt.NDArray[np.uint16]:
        """The probabilities uint16 [L, T, 8] of the bits of `following` [L, T].

        In units of 2**-16, each that the bit is 1, given those before it (docs/mixing.md, section
        5).
        """


class BatchedExecutor(SteppingExecutor):
    """Encodes blocks by prefill; those decoded at the same time share batches of lanes.

    Args:
        model: runs on the device.
        lanes: of a batch.
        batches: how many there may be. The first two are made here, one after the other, the
            others when those before are full.
        group_lanes: of blocks that are encoded together.
    """

    architecture: Architecture
    decodes_apart = True

    def __init__(self, model: PrefillingModel, lanes: int, batches: int, group_lanes: int) -> None:
        self.architecture = model.architecture
        self._model = model
        self._lanes, self._most_batches = lanes, batches
        self._team = ThreadTeam(available_cores())
        self._lock = threading.Lock()
        self._batches = [self._new_batch() for _ in range(min(BATCHES, batches))]
        self._load = dict.fromkeys(self._batches, 0)
        self._leasing: ContinuousBatch | None = None
        self._groups = EncodingGroups(model.architecture, model.start, group_lanes)

    def _new_batch(self) -> BlockBatch:
        return BlockBatch(HostLanes(self._model, self._lanes, self._team))

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
        """The payload of a block; its lanes share calls with those of other blocks.

        Of each byte leave the device 8 bytes without mixing; with it the probabilities of its 8
        bits, 16 bytes, or all odds, if the model cannot give these.
        """
        symbols = lane_symbols(plain, lane_length).astype(np.uint8)
        ask: Ask
        code: Callable[[npt.NDArray[Any]], None]
        coder: BlockEncoder | MixedEncoder
        if mixing is None:
            coder = BlockEncoder(len(plain), lane_length, self.architecture.vocabulary)
            ask, code = self._model.prefill_intervals, coder.encode_intervals
        else:
            coder = MixedEncoder(plain, lane_length, mixing)
            ask, code = self._ask_mixed(coder)
        step = 0
        for found in self._groups.answers(symbols, ask):
            code(found)
            step += found.shape[1]
            steps_done(step)
        return coder.finish()

    def _ask_mixed(self, coder: MixedEncoder) -> tuple[Ask, Callable[[npt.NDArray[Any]], None]]:
        """What is asked for a block with mixing, and what takes the answers."""
        if isinstance(self._model, PathsModel):
            return self._model.prefill_paths, lambda paths: coder.encode_paths(paths[:, :, None])
        return self._prefill_odds, coder.encode

    def _prefill_odds(
        self, state: Any, symbols: npt.NDArray[np.integer], following: npt.NDArray[np.integer]
    ) -> npt.NDArray[np.int32]:
        return self._model.prefill(state, symbols)

    def decode(
        self,
        payload: bytes,
        length: int,
        lane_length: int,
        mixing: Mixing | None,
        steps_done: StepsDone,
    ) -> bytes:
        """The bytes of a block; its lanes share steps with those of other blocks."""
        block = PackedBlock(payload, length, lane_length, mixing)
        if block.lanes > self._lanes:
            return super().decode(payload, length, lane_length, mixing, steps_done)
        batch = self._batch_for(block.lanes)
        try:
            return batch.decode(block, steps_done)
        finally:
            with self._lock:
                self._load[batch] -= block.lanes

    def _batch_for(self, lanes: int) -> BlockBatch:
        """The batch with most room; a new one, if it has not enough and there may be another."""
        with self._lock:
            batch = min(self._batches, key=self._load.__getitem__)
            is_full = self._load[batch] + lanes > batch.capacity
            if is_full and len(self._batches) < self._most_batches:
                try:
                    batch = self._new_batch()
                except BundleError:  # there is no memory for it: the others have to do
                    self._most_batches = len(self._batches)
                else:
                    self._batches.append(batch)
                    self._load[batch] = 0
            self._load[batch] += lanes
            return batch

    @contextlib.contextmanager
    def lanes_for(self, lanes: int) -> Iterator[LanguageModel]:
        """Lanes for a block that two models predict: they wait for each other at each step.

        They are of a batch apart, made when it is first asked for; of more lanes than it has, of a
        state of its own.
        """
        if lanes > self._lanes:
            yield self
            return
        with self._lock:
            if self._leasing is None:
                self._leasing = ContinuousBatch(self._model, self._lanes)
            batch = self._leasing
        with batch.lease(lanes) as leased:
            yield leased
