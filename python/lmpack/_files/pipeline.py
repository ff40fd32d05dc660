"""The one way in which pieces of work run: side by side, in order, with progress, until stopped.

:class:`InOrder` runs calls and knows nothing of what they do; :class:`Pipeline` runs pieces of
files through it.
"""

from __future__ import annotations

import os
import threading
from collections import deque
from collections.abc import Callable, Iterable, Iterator
from types import TracebackType
from typing import TYPE_CHECKING, Generic, NamedTuple, TypeVar

from lmpack._blocks.coding import ShareDone
from lmpack._files.progress import Tally
from lmpack.errors import FormatError, UsageError

if TYPE_CHECKING:
    from concurrent.futures import ThreadPoolExecutor

Result = TypeVar("Result")


class _Call(Generic[Result]):
    """Runs once at most, on whatever thread comes first.

    A Future of the standard library would do, but loads logging, which takes longer than a small
    file takes to be coded.

    Args:
        code: what is called.
    """

    def __init__(self, code: Callable[[], Result]) -> None:
        self._code = code
        self._first = threading.Lock()
        self._ended = threading.Event()
        self._results: list[Result] = []
        self._error: BaseException | None = None

    def run(self) -> None:
        """Run it, unless it runs or was given up.

        Raises:
            BaseException: whatever the call raises, which :meth:`result` raises, too.
        """
        if not self._first.acquire(blocking=False):
            return
        try:
            self._results.append(self._code())
        except BaseException as error:
            self._error = error
            raise
        finally:
            self._ended.set()

    def give_up(self) -> None:
        """Let it not run any more, if it does not run yet. Nobody may wait for it then."""
        self._first.acquire(blocking=False)

    @property
    def has_ended(self) -> bool:
        """Whether its result is there."""
        return self._ended.is_set()

    def result(self) -> Result:
        """What the call gave, once it has ended; raises what it raised."""
        self._ended.wait()
        if self._error is not None:
            raise self._error
        return self._results[0]


class InOrder(Generic[Result]):
    """Runs calls on threads; results come in the order in which the calls were started.

    There are threads from the second call on: the first one waits for it, and runs where its result
    is taken if there is none. So a file of one block does without them.

    Not for use by two threads at the same time.

    Args:
        workers: how many calls run at the same time; with 1, a call runs when it is started.
        budget: how much the calls may cost that have been started and whose results have not been
            taken; one call may always be started. None for as many calls as there are workers.
        max_memory: how much memory these calls may need, if more than one is started. None for any.
    """

    def __init__(
        self, workers: int, budget: int | None = None, max_memory: int | None = None
    ) -> None:
        self._workers = workers
        self._budget = budget
        self._max_memory = max_memory
        self._has_threads = False
        self._pool: ThreadPoolExecutor | None = None
        self._calls: deque[tuple[_Call[Result], int, int]] = deque()
        self._cost = 0
        self._memory = 0
        self._stopped = threading.Event()
        self._process = os.getpid()

    def start(self, call: Callable[[], Result], cost: int = 0, memory: int = 0) -> Iterator[Result]:
        """Start a call, and give the results that have to be taken before the next one.

        It is started while the results are taken: only when there is memory for it.
        """
        yield from self._results(lambda: self._is_too_much(memory))
        started = _Call(call)
        self._begin(started)
        self._calls.append((started, cost, memory))
        self._cost += cost
        self._memory += memory
        yield from self._results(self._is_full)

    def finish(self) -> Iterator[Result]:
        """The results that are left."""
        return self._results(lambda: bool(self._calls))

    def stop(self) -> None:
        """Give up what is under way: calls end at their next :meth:`check`. Waits for them."""
        self._stopped.set()
        for call, _, _ in self._calls:
            call.give_up()
        self._calls.clear()
        self._cost = 0
        self._memory = 0
        self._close()

    def check(self) -> None:
        """Ends the call that calls it, if it has been given up.

        Raises:
            InterruptedError: it has.
        """
        if self._stopped.is_set():
            raise InterruptedError("the call was given up")

    def _begin(self, call: _Call[Result]) -> None:
        if self._workers == 1:
            call.run()
        elif self._calls or self._has_threads:
            if not self._has_threads:
                self._has_threads = True
                for waiting, _, _ in self._calls:
                    self._submit(waiting)
            self._submit(call)

    def _submit(self, call: _Call[Result]) -> None:
        # At the end of the interpreter a pool takes nothing more, but files are still closed. One
        # that cannot start a thread has taken the call all the same, and may run it or not.
        try:
            if self._pool is None:
                from concurrent.futures import ThreadPoolExecutor

                self._pool = ThreadPoolExecutor(self._workers)
            self._pool.submit(call.run)
        except RuntimeError:
            call.run()

    def _is_full(self) -> bool:
        if self._budget is None:
            return len(self._calls) >= self._workers
        return self._cost > self._budget

    def _is_too_much(self, memory: int) -> bool:
        """Whether another call that needs so much has to wait for those before."""
        most = self._max_memory
        return most is not None and bool(self._calls) and self._memory + memory > most

    def _results(self, wanted: Callable[[], bool]) -> Iterator[Result]:
        """Results as long as they are wanted, and of all first calls that have ended."""
        try:
            while wanted() or (self._calls and self._calls[0][0].has_ended):
                self._check_process()
                call, cost, memory = self._calls.popleft()
                if not self._has_threads:
                    call.run()
                result = call.result()
                self._cost -= cost
                self._memory -= memory
                yield result
        except BaseException:
            self.stop()
            raise
        if not self._calls:
            self._close()

    def _check_process(self) -> None:
        """Threads do not come along into a forked process: it would wait for ever."""
        if os.getpid() != self._process:
            raise UsageError("the work was begun before this process was forked: begin it again")

    def _close(self) -> None:
        if self._pool is not None:
            self._pool.shutdown()
            self._pool = None


class Piece(NamedTuple, Generic[Result]):
    """A part of a file that is coded by itself.

    Attributes:
        code: does it; takes what is told of the progress.
        cost: bytes that it holds in memory before and after it is coded.
        size: bytes of the source that it stands for.
        memory: bytes that it needs in memory while it is coded.
    """

    code: Callable[[ShareDone], Result]
    cost: int
    size: int
    memory: int = 0


class Pipeline(Generic[Result]):
    """Codes pieces side by side and gives what comes out in order.

    A piece counts as settled when the result after it is asked for. Leaving the `with` block stops
    what is still under way.

    Args:
        workers: how many pieces are coded at the same time.
        tell: called with the bytes that are coded and those that are settled, from any thread, but
            never by two at the same time.
        budget: as for :class:`InOrder`, in bytes of :attr:`Piece.cost`.
        max_memory: as for :class:`InOrder`, in bytes of :attr:`Piece.memory`.
    """

    def __init__(
        self,
        workers: int,
        tell: Callable[[int, int], None],
        budget: int | None = None,
        max_memory: int | None = None,
    ) -> None:
        self._calls: InOrder[tuple[Result, int]] = InOrder(workers, budget, max_memory)
        self._tally = Tally(tell)

    def __enter__(self) -> Pipeline[Result]:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        traceback: TracebackType | None,
    ) -> None:
        self.stop()

    def run(self, pieces: Iterable[Piece[Result]]) -> Iterator[Result]:
        """The results of all pieces. If their source turns out damaged, those before are whole."""
        try:
            for piece in pieces:
                yield from self.start(piece)
        except FormatError:
            yield from self.finish()
            raise
        yield from self.finish()

    def start(self, piece: Piece[Result]) -> Iterator[Result]:
        """Start a piece, and give the results that have to be taken before the next one."""
        tell = self._tally.piece(piece.size)

        def share_done(share: float) -> None:
            self._calls.check()
            tell(share)

        def call() -> tuple[Result, int]:
            result = piece.code(share_done)
            tell(1.0)
            return result, piece.size

        return self._settled(self._calls.start(call, piece.cost, piece.memory))

    def finish(self) -> Iterator[Result]:
        """The results that are left."""
        return self._settled(self._calls.finish())

    def skip(self, size: int) -> None:
        """Count bytes of the source as settled for which nothing is done."""
        self._tally.piece(size)(1.0)
        self._tally.settle(size)

    def stop(self) -> None:
        """Give up what is under way, and wait for it."""
        self._calls.stop()

    def _settled(self, results: Iterator[tuple[Result, int]]) -> Iterator[Result]:
        for result, size in results:
            yield result
            self._tally.settle(size)
