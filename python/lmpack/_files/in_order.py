"""Calls that run side by side while their results are taken in order."""

from __future__ import annotations

import contextlib
import os
import threading
from collections import deque
from collections.abc import Callable, Iterator
from concurrent.futures import Future, ThreadPoolExecutor
from typing import Generic, TypeVar

from lmpack.errors import UsageError

Result = TypeVar("Result")


class InOrder(Generic[Result]):
    """Runs calls on threads; results come in the order in which the calls were started.

    Not for use by two threads at a time.

    Args:
        workers: how many calls run at a time; with 1, a call runs when it is started.
        budget: how much the calls may cost that have been started and whose results have not been
            taken; one call may always be started. None for as many calls as there are workers.
    """

    def __init__(self, workers: int, budget: int | None = None) -> None:
        self._workers = workers
        self._budget = budget
        self._pool: ThreadPoolExecutor | None = None
        self._calls: deque[tuple[Future[Result], int]] = deque()
        self._cost = 0
        self._stopped = threading.Event()
        self._process = os.getpid()

    def start(self, call: Callable[[], Result], cost: int = 0) -> Iterator[Result]:
        """Start a call, and give the results that have to be taken before the next one."""
        self._calls.append((self._started(call), cost))
        self._cost += cost
        return self._results(self._is_full)

    def finish(self) -> Iterator[Result]:
        """The results that are left."""
        return self._results(lambda: bool(self._calls))

    def stop(self) -> None:
        """Give up what is under way: calls end at their next :meth:`check`. Waits for them."""
        self._stopped.set()
        for call, _ in self._calls:
            call.cancel()
        self._calls.clear()
        self._cost = 0
        self._close()

    def check(self) -> None:
        """Ends the call that calls it, if it has been given up.

        Raises:
            InterruptedError: it has.
        """
        if self._stopped.is_set():
            raise InterruptedError("the call was given up")

    def _started(self, call: Callable[[], Result]) -> Future[Result]:
        # At the end of the interpreter a pool takes nothing more, but files are still closed.
        with contextlib.suppress(RuntimeError):
            if self._workers > 1:
                self._pool = self._pool or ThreadPoolExecutor(self._workers)
                return self._pool.submit(call)
        done: Future[Result] = Future()
        done.set_result(call())
        return done

    def _is_full(self) -> bool:
        if self._budget is None:
            return len(self._calls) >= self._workers
        return self._cost > self._budget

    def _results(self, wanted: Callable[[], bool]) -> Iterator[Result]:
        """Results as long as they are wanted, and of all first calls that have ended."""
        try:
            while wanted() or (self._calls and self._calls[0][0].done()):
                self._check_process()
                call, cost = self._calls.popleft()
                result = call.result()
                self._cost -= cost
                yield result
        except BaseException:
            self.stop()
            raise
        if not self._calls:
            self._close()

    def _check_process(self) -> None:
        """Threads do not come along into a forked process: it would wait for ever."""
        if os.getpid() != self._process:
            raise UsageError("the work was begun before this process was forked: begin it anew")

    def _close(self) -> None:
        if self._pool is not None:
            self._pool.shutdown()
            self._pool = None


class Tally:
    """Adds up how far several pieces of work are.

    Args:
        tell: called with the sum of what is done and the sum of what is settled, from any thread,
            but by one at a time.
    """

    def __init__(self, tell: Callable[[int, int], None]) -> None:
        self._tell = tell
        self._lock = threading.Lock()
        self._done = 0.0
        self._settled = 0

    def piece(self, size: int) -> Callable[[float], None]:
        """A function that takes how far a piece of the given size is, 0 to 1, never less."""
        before = 0.0

        def advance(share: float) -> None:
            nonlocal before
            with self._lock:
                self._done += (share - before) * size
                before = share
                self._tell(round(self._done), self._settled)

        return advance

    def settle(self, size: int) -> None:
        """A piece of the given size is done and its result is where it belongs."""
        with self._lock:
            self._settled += size
            self._tell(round(self._done), self._settled)
