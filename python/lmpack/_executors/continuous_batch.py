"""Continuous batching: blocks that are decoded at the same time share the steps of one model.

As in Orca (Yu et al., OSDI 2022): a block joins and leaves at any step, not at the end of a batch.
"""

from __future__ import annotations

import contextlib
import dataclasses
import threading
from collections import deque
from collections.abc import Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
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

    A step is made when each block that has lanes has said its next symbols; the last one of them
    orders it for all. Steps are made by a thread of the batch, as a captured step of ONNX Runtime
    must be replayed by the thread that captured it. Lanes that are free are fed the start symbol.
    A block that ends gives its lanes back, and the one that has waited longest gets them.

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
        self._free = list(range(capacity))
        self._changed = threading.Condition()
        self._queue: deque[_Request] = deque()
        self._symbols = np.full(capacity, model.architecture.start_symbol, np.int64)
        self._blocks = self._ready = 0
        self._is_running = False
        self._round = _Round()

    @property
    def load(self) -> int:
        """Lanes that are in use, or waited for by blocks that each need at least one."""
        with self._changed:
            return self.capacity - len(self._free) + len(self._queue)

    @contextlib.contextmanager
    def lease(self, count: int) -> Iterator[LeasedLanes]:
        """The lanes of a block, at most `capacity`, as soon as there are that many.

        They are given back at the end of the context, however it ends.
        """
        mine = self._take(count)
        try:
            yield LeasedLanes(self, mine)
        finally:
            self._give_back(mine)

    def step(self, lanes: Sequence[int], symbols: npt.NDArray[np.integer]) -> npt.NDArray[np.int32]:
        """Feed one symbol to each lane of a block, when all other blocks do: odds [L, V]."""
        mine = self._join(lanes, symbols)
        if self._must_make(mine):
            self._make(mine)
        if mine.error is not None:
            raise mine.error
        assert mine.odds is not None
        return np.ascontiguousarray(mine.odds[lanes])

    def _take(self, count: int) -> list[int]:
        request = _Request(count)
        with self._changed:
            self._queue.append(request)
            try:
                # Not while a step is made: it reads what is changed here.
                self._changed.wait_for(
                    lambda: self._next_that_fits() is request and not self._is_running
                )
                mine = [self._free.pop() for _ in range(count)]
                self._model.restart(self._state, mine)
                self._blocks += 1
            finally:
                self._queue.remove(request)
                self._changed.notify_all()
            return mine

    def _give_back(self, lanes: list[int]) -> None:
        with self._changed:
            self._free += lanes
            self._blocks -= 1
            self._changed.notify_all()

    def _next_that_fits(self) -> _Request | None:
        """The block that has waited longest, if there are lanes for it."""
        if self._queue and self._queue[0].count <= len(self._free):
            return self._queue[0]
        return None

    def _join(self, lanes: Sequence[int], symbols: npt.NDArray[np.integer]) -> _Round:
        """Say the next symbols of a block. Wakes nobody: the last block makes the step itself."""
        with self._changed:
            self._symbols[lanes] = symbols
            self._ready += 1
            return self._round

    def _must_make(self, this: _Round) -> bool:
        """Wait for the end of the round, or until it is complete and this thread has to make it."""
        with self._changed:
            self._changed.wait_for(lambda: this.is_over or self._is_complete())
            self._is_running |= not this.is_over
            return not this.is_over

    def _is_complete(self) -> bool:
        """Whether nothing is missing for the step. Who gets lanes now takes part in it."""
        everybody = self._ready == self._blocks and self._next_that_fits() is None
        return everybody and not self._is_running

    def _make(self, this: _Round) -> None:
        """Make the step for all. Nobody changes the symbols before it is over."""
        try:
            this.odds = self._maker.submit(self._model.step, self._state, self._symbols).result()
        except BaseException as error:
            this.error = error
        with self._changed:
            this.is_over = True
            self._round = _Round()
            self._symbols[:] = self.architecture.start_symbol
            self._ready = 0
            self._is_running = False
            self._changed.notify_all()


@dataclasses.dataclass(frozen=True, eq=False)
class _Request:
    """A block that waits for this many lanes."""

    count: int


class _Round:
    """A step, and what came of it.

    Attributes:
        is_over: whether it has been made.
        odds: int32 [capacity, V].
        error: what went wrong, for all blocks that took part.
    """

    is_over = False
    odds: npt.NDArray[np.int32] | None = None
    error: BaseException | None = None


class LeasedLanes:
    """The lanes of one block: a language model of which only that block knows."""

    name = "lanes"
    version = ""

    def __init__(self, batch: ContinuousBatch, lanes: list[int]) -> None:
        self.architecture = batch.architecture
        self._batch = batch
        self._lanes = lanes

    def start(self, lanes: int) -> None:
        """Nothing: the lanes are at their start."""

    def step(self, state: None, symbols: npt.NDArray[np.integer]) -> npt.NDArray[np.int32]:
        """Feed one symbol to each lane: [L] -> int32 [L, V]."""
        return self._batch.step(self._lanes, symbols)

    def prefill(self, state: None, symbols: npt.NDArray[np.integer]) -> npt.NDArray[np.int32]:
        """Feed symbols [L, T], one after another: int32 [L, T, V]."""
        return np.stack([self.step(state, column) for column in symbols.T], axis=1)
