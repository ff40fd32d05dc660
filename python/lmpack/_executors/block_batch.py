"""Continuous batching of whole blocks, by one thread for each batch of lanes.

As in Orca (Yu et al., OSDI 2022), a block joins and leaves while others go on. It takes no part in
the steps, and its thread sleeps until it has ended: the thread of the batch makes many steps in one
go, and blocks begin and end between these runs. Where symbols are found is up to the lanes.
"""

from __future__ import annotations

import dataclasses
import threading
import time
from collections import deque
from concurrent.futures import Future, ThreadPoolExecutor
from typing import Protocol

from lmpack._executors.packed_block import PackedBlock
from lmpack._executors.protocol import StepsDone

RUN = 64
"""Steps in one go, at most: so long a block waits for its lanes, or is not given up."""

REPORT_SECONDS = 0.1
"""Between two reports to all blocks; there may be thousands of them."""


class DecodingLanes(Protocol):
    """Lanes of a model. All calls are made by one thread.

    Attributes:
        lanes: number of lanes.
    """

    lanes: int

    def warm_up(self) -> None:
        """Do what only a first step does."""

    def clear(self) -> None:
        """Drop all blocks."""

    def begin(self, first: int, block: PackedBlock) -> None:
        """Give a block the lanes from `first` on; DamagedError if no encoder wrote its payload."""

    def run(self, steps: int) -> None:
        """Order some steps of all blocks, at most as many as each of them has left."""

    def finish(self, first: int) -> bytes:
        """The content of the block at `first`; DamagedError if no encoder wrote its payload."""

    def drop(self, first: int) -> None:
        """Take its lanes from the block at `first`."""


@dataclasses.dataclass(eq=False)
class _Decoding:
    """A block on its way. The thread of the runs alone changes where it is and how far.

    Attributes:
        block: what is decoded.
        first: of its lanes, once it has some.
        steps: ordered so far.
        steps_done: told how many they are; what it raises is what comes out.
        is_given_up: nobody waits for it any more.
        content: what comes out.
    """

    block: PackedBlock
    steps_done: StepsDone
    first: int = 0
    steps: int = 0
    is_given_up: bool = False
    content: Future[bytes] = dataclasses.field(default_factory=Future)

    @property
    def end(self) -> int:
        """The lane behind its lanes."""
        return self.first + self.block.lanes

    @property
    def steps_left(self) -> int:
        return self.block.lane_length - self.steps


class BlockBatch:
    """Lanes that are lent to blocks until they are decoded.

    Args:
        lanes: of the device. The first step is made here.

    Attributes:
        capacity: number of lanes.
    """

    def __init__(self, lanes: DecodingLanes) -> None:
        self.capacity = lanes.lanes
        self._lanes = lanes
        self._maker = ThreadPoolExecutor(1, thread_name_prefix="lmpack-blocks")
        self._maker.submit(lanes.warm_up).result()
        self._lock = threading.Lock()
        self._queue: deque[_Decoding] = deque()  # wait for lanes, the oldest first
        self._blocks: set[_Decoding] = set()  # have lanes
        self._taken = bytearray(self.capacity)  # by lane: 1 if a block has it
        self._is_working = False
        self._reported = 0.0

    def decode(self, block: PackedBlock, steps_done: StepsDone) -> bytes:
        """The content of a block that has at most `capacity` lanes.

        `steps_done` is called by the thread of the batch.

        Raises:
            DamagedError: the payload is not that of any bytes.
        """
        mine = _Decoding(block, steps_done)
        with self._lock:
            if not self._is_working:
                self._maker.submit(self._work)
                self._is_working = True
            self._queue.append(mine)
        try:
            return mine.content.result()
        finally:
            mine.is_given_up = True

    def _work(self) -> None:
        """Make runs until no block is left."""
        while self._has_work():
            try:
                self._make_run()
            except BaseException as error:
                self._fail(error)

    def _has_work(self) -> bool:
        with self._lock:
            self._is_working = bool(self._queue or self._blocks)
            return self._is_working

    def _make_run(self) -> None:
        for decoding in [decoding for decoding in self._blocks if decoding.is_given_up]:
            self._drop(decoding)
        self._admit()
        if not self._blocks:
            return
        # Blocks that wait for lanes get them as soon as one ends.
        steps = min(RUN, *(decoding.steps_left for decoding in self._blocks))
        self._lanes.run(steps)
        for decoding in list(self._blocks):
            decoding.steps += steps
            if not decoding.steps_left:
                self._settle(decoding)
        self._report()

    def _report(self) -> None:
        """Tell all blocks now and then how far they are."""
        now = time.monotonic()
        if now - self._reported < REPORT_SECONDS:
            return
        self._reported = now
        with self._lock:
            waiting = list(self._queue)
        for decoding in (*self._blocks, *waiting):
            self._tell(decoding)

    def _tell(self, decoding: _Decoding) -> bool:
        """Tell a block how far it is; whether it is to go on."""
        if not decoding.is_given_up:
            try:
                decoding.steps_done(decoding.steps)
            except BaseException as error:
                decoding.is_given_up = True
                decoding.content.set_exception(error)
        return not decoding.is_given_up

    def _admit(self) -> None:
        """Give lanes to those that have waited longest."""
        if not self._blocks:
            # Also what a run that failed has left.
            self._lanes.clear()
        while (decoding := self._oldest()) is not None:
            first = self._taken.find(bytes(decoding.block.lanes))
            if first < 0:
                return
            decoding.first = first
            with self._lock:
                self._queue.popleft()
            try:
                self._lanes.begin(first, decoding.block)
            except Exception as error:
                decoding.content.set_exception(error)
            else:
                self._blocks.add(decoding)
                self._taken[decoding.first : decoding.end] = b"\1" * decoding.block.lanes

    def _oldest(self) -> _Decoding | None:
        """Of those that wait and are waited for."""
        with self._lock:
            while self._queue and self._queue[0].is_given_up:
                self._queue.popleft()
            return self._queue[0] if self._queue else None

    def _settle(self, decoding: _Decoding) -> None:
        """Hand out what a block has become."""
        if self._tell(decoding):
            try:
                plain = self._lanes.finish(decoding.first)
            except Exception as error:
                decoding.content.set_exception(error)
            else:
                decoding.content.set_result(plain)
        self._drop(decoding)

    def _drop(self, decoding: _Decoding) -> None:
        self._blocks.discard(decoding)
        self._taken[decoding.first : decoding.end] = bytes(decoding.block.lanes)
        self._lanes.drop(decoding.first)

    def _fail(self, error: BaseException) -> None:
        """Tell all blocks that the device has failed."""
        with self._lock:
            failed = [*self._blocks, *self._queue]
            self._blocks.clear()
            self._queue.clear()
            self._taken[:] = bytes(self.capacity)
        for decoding in failed:
            if not decoding.content.done():
                decoding.content.set_exception(error)
