"""Continuous batching: blocks that are decoded at the same time share the steps of one model.

As in Orca (Yu et al., OSDI 2022): a block joins and leaves at any step, not at the end of a batch.
"""

from __future__ import annotations

import contextlib
import threading
from collections import deque
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import Future, ThreadPoolExecutor
from typing import Any, Protocol

import numpy as np
import numpy.typing as npt

from lmpack._models.architecture import Architecture


class LaneModel(Protocol):
    """A model whose lanes have positions of their own; see :class:`..onnx_device.DeviceModel`."""

    architecture: Architecture

    def start(self, lanes: int) -> Any:
        """A state with nothing fed yet."""

    def warm_up(self, state: Any) -> None:
        """Do what only the first step of a state does, on the thread that makes its steps."""

    def restart(self, state: Any, lanes: Sequence[int]) -> None:
        """Take some lanes back to their start."""

    def step(self, state: Any, symbols: npt.NDArray[np.integer]) -> npt.NDArray[np.int32]:
        """Feed one symbol to each lane: [L] -> int32 [L, V]."""


class ContinuousBatch:
    """A fixed number of lanes, leased to blocks.

    A step is made when each block that has lanes has said its next symbols. Steps are made by a
    thread of the batch, as a captured step of ONNX Runtime must be replayed by the thread that
    captured it; no interrupt reaches it, so a round that has begun ends for all its blocks. Lanes
    that are free are fed the start symbol, or what the block said that left them in this round. A
    block that ends gives its lanes back, and the one that has waited longest gets them.

    A step waits for no block that has not started: it may wait for lanes of another batch, and
    those that have them for this step.

    Args:
        model: makes the steps. The batch does not overlap them.
        capacity: number of lanes.
    """

    def __init__(self, model: LaneModel, capacity: int) -> None:
        self.capacity = capacity
        self.architecture = model.architecture
        self._model = model
        self._state = model.start(capacity)
        self._maker = ThreadPoolExecutor(1, thread_name_prefix="lmpack-lanes")
        self._maker.submit(model.warm_up, self._state).result()
        self._changed = threading.Condition()
        self._queue: deque[LeasedLanes] = deque()  # wait for lanes
        self._leases: set[LeasedLanes] = set()  # have lanes; all others are free
        self._blocks: set[LeasedLanes] = set()  # have started; a part of the leases
        self._starting: set[LeasedLanes] = set()  # are about to, before the next step
        self._ready: set[LeasedLanes] = set()  # have said their symbols; a part of the blocks
        self._symbols = np.full(capacity, model.architecture.start_symbol, np.int64)
        self._round: Future[npt.NDArray[np.int32]] = Future()  # the odds, [capacity, V]
        self._is_running = False

    @property
    def load(self) -> int:
        """Lanes that are in use, or waited for by blocks that each need at least one."""
        with self._changed:
            return self.capacity - len(self._free()) + len(self._queue)

    @contextlib.contextmanager
    def lease(self, count: int) -> Iterator[LeasedLanes]:
        """The lanes of a block, at most `capacity`, as soon as there are that many.

        They are given back at the end of the context, however it ends.
        """
        mine = LeasedLanes(self, count)
        try:
            self._take(mine)
            yield mine
        finally:
            self._leave(mine)

    def start(self, mine: LeasedLanes) -> None:
        """Take the lanes of a block to their start; from now on steps wait for it."""
        with self._changed:
            self._starting.add(mine)
            # Not while a step is made: it reads what is changed here.
            self._changed.wait_for(lambda: not self._is_running)
            self._model.restart(self._state, mine.lanes)
            self._blocks.add(mine)
            self._starting.discard(mine)

    def begin_step(
        self, mine: LeasedLanes, symbols: npt.NDArray[np.integer]
    ) -> Callable[[], npt.NDArray[np.int32]]:
        """Feed one symbol to each lane of a block, when all other blocks do.

        Returns:
            What waits for the odds [L, V].
        """
        with self._changed:
            self._symbols[mine.lanes] = symbols
            self._ready.add(mine)
            this = self._round
            self._make_if_complete()
        return lambda: np.ascontiguousarray(this.result()[mine.lanes])

    def _take(self, mine: LeasedLanes) -> None:
        with self._changed:
            self._queue.append(mine)
            # Not while a step is made: it reads what is changed here.
            self._changed.wait_for(lambda: self._next_that_fits() is mine)
            mine.lanes = self._free()[: mine.count]
            self._leases.add(mine)
            self._queue.popleft()
            self._changed.notify_all()

    def _leave(self, mine: LeasedLanes) -> None:
        """Undo what a block has done, as far as it came."""
        with self._changed:
            if mine in self._queue:
                self._queue.remove(mine)
            self._leases.discard(mine)
            self._starting.discard(mine)
            self._blocks.discard(mine)
            self._ready.discard(mine)
            self._changed.notify_all()
            self._make_if_complete()

    def _free(self) -> list[int]:
        leased = {lane for block in self._leases for lane in block.lanes}
        return [lane for lane in range(self.capacity) if lane not in leased]

    def _next_that_fits(self) -> LeasedLanes | None:
        """The block that has waited longest, if there are lanes for it."""
        if self._queue and self._queue[0].count <= len(self._free()):
            return self._queue[0]
        return None

    def _is_complete(self) -> bool:
        """Whether nothing is missing for the step. Who starts now takes part in it."""
        everybody = bool(self._ready) and self._ready == self._blocks and not self._is_running
        return everybody and not self._starting

    def _make_if_complete(self) -> None:
        """Order the step; twice is no harm. Called after each change of what the step waits for."""
        if self._is_complete():
            try:
                self._maker.submit(self._make)
            except RuntimeError as error:  # the interpreter ends
                self._end_round().set_exception(error)

    def _make(self) -> None:
        """Make the step for all. Nobody changes the symbols before it is over."""
        with self._changed:
            if not self._is_complete():
                return
            self._is_running = True
        try:
            odds = self._model.step(self._state, self._symbols)
        except BaseException as error:
            self._end_round().set_exception(error)
        else:
            self._end_round().set_result(odds)

    def _end_round(self) -> Future[npt.NDArray[np.int32]]:
        """Begin the next round, and give the one whose outcome is known now."""
        with self._changed:
            over, self._round = self._round, Future()
            self._symbols[:] = self.architecture.start_symbol
            self._ready.clear()
            self._is_running = False
            self._changed.notify_all()
            return over


class LeasedLanes:
    """The lanes of one block: a language model of which only that block knows.

    Attributes:
        count: how many it wants.
        lanes: which it has; none as long as it waits for them.
    """

    name = "lanes"
    version = ""

    def __init__(self, batch: ContinuousBatch, count: int) -> None:
        self.architecture = batch.architecture
        self.count = count
        self.lanes: list[int] = []
        self._batch = batch

    def start(self, lanes: int) -> None:
        """Take the lanes to their start."""
        self._batch.start(self)

    def begin_step(
        self, state: None, symbols: npt.NDArray[np.integer]
    ) -> Callable[[], npt.NDArray[np.int32]]:
        """See :class:`~lmpack._executors.protocol.Deferring`."""
        return self._batch.begin_step(self, symbols)

    def step(self, state: None, symbols: npt.NDArray[np.integer]) -> npt.NDArray[np.int32]:
        """Feed one symbol to each lane: [L] -> int32 [L, V]."""
        return self.begin_step(state, symbols)()

    def prefill(self, state: None, symbols: npt.NDArray[np.integer]) -> npt.NDArray[np.int32]:
        """Feed symbols [L, T], one after another: int32 [L, T, V]."""
        return np.stack([self.step(state, column) for column in symbols.T], axis=1)
