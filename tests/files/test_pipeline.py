"""Work side by side: results in order, progress, errors and interruptions end all of it."""

from __future__ import annotations

import os
import threading
import time
from collections.abc import Callable, Iterator

import pytest

from lmpack._files.pipeline import InOrder, Piece, Pipeline
from lmpack._files.progress import Tally
from lmpack.errors import DamagedError, UsageError


@pytest.mark.parametrize("workers", [1, 2, 5])
def test_results_come_in_the_order_of_the_calls(workers: int) -> None:
    calls: InOrder[int] = InOrder(workers)
    results: list[int] = []
    for number in range(20):

        def call(number: int = number) -> int:
            time.sleep(0.001 * (number % 3))
            return number

        results += calls.start(call)
        assert len(results) >= number + 1 - workers
    results += calls.finish()
    assert results == list(range(20))


def test_a_single_call_needs_no_thread() -> None:
    calls: InOrder[int] = InOrder(2)
    assert list(calls.start(threading.get_ident)) == []
    assert list(calls.finish()) == [threading.get_ident()]


def test_the_first_call_runs_beside_the_second() -> None:
    calls: InOrder[int] = InOrder(2)
    both = threading.Barrier(2)

    def call() -> int:
        both.wait(5)
        return threading.get_ident()

    threads = [*calls.start(call), *calls.start(call), *calls.finish()]
    assert len({*threads, threading.get_ident()}) == 3


def test_a_call_that_was_given_up_before_it_ran_never_runs() -> None:
    calls: InOrder[None] = InOrder(2)
    ran: list[bool] = []
    assert list(calls.start(lambda: ran.append(True))) == []
    calls.stop()
    assert list(calls.finish()) == []
    assert not ran


def test_no_more_calls_than_workers_are_under_way() -> None:
    calls: InOrder[None] = InOrder(3)
    lock, running, most = threading.Lock(), 0, 0

    def call() -> None:
        nonlocal running, most
        with lock:
            running += 1
            most = max(most, running)
        time.sleep(0.005)
        with lock:
            running -= 1

    for _ in range(12):
        list(calls.start(call))
    list(calls.finish())
    assert most == 3


@pytest.mark.parametrize("threads", [0, 1])
def test_each_call_runs_once_if_there_are_no_more_threads(
    threads: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    calls: InOrder[int] = InOrder(3, budget=100)
    ran: list[int] = []
    start = threading.Thread.start

    def few(thread: threading.Thread) -> None:
        nonlocal threads
        threads -= 1
        if threads < 0:
            raise RuntimeError("can't start new thread")
        start(thread)

    def call(number: int) -> int:
        ran.append(number)
        time.sleep(0.002)
        return number

    monkeypatch.setattr(threading.Thread, "start", few)
    results: list[int] = []
    for number in range(10):
        results += calls.start(lambda number=number: call(number))  # type: ignore[misc]
    results += calls.finish()
    assert results == list(range(10))
    assert sorted(ran) == list(range(10))


class Endless:
    """A call that ends only when it is given up.

    Attributes:
        started: whether it runs.
        ended: whether it has ended.
    """

    def __init__(self, calls: InOrder[int]) -> None:
        self.started, self.ended = threading.Event(), threading.Event()
        self._calls = calls

    def __call__(self) -> int:
        self.started.set()
        try:
            while True:
                self._calls.check()
                time.sleep(0.001)
        finally:
            self.ended.set()


def test_an_error_ends_the_calls_behind_it() -> None:
    calls: InOrder[int] = InOrder(3)
    endless = Endless(calls)

    def fail() -> int:
        endless.started.wait(5)
        raise ValueError("no")

    with pytest.raises(ValueError, match="no"):
        list(calls.start(fail))
        list(calls.start(endless))
        list(calls.finish())
    assert endless.ended.is_set()


def test_one_that_takes_no_more_results_ends_the_calls() -> None:
    calls: InOrder[int] = InOrder(3)
    endless = Endless(calls)
    list(calls.start(Endless(calls)))
    list(calls.start(endless))
    assert endless.started.wait(5)
    calls.stop()
    assert endless.ended.is_set()
    with pytest.raises(InterruptedError):
        calls.check()


@pytest.mark.skipif(not hasattr(os, "fork"), reason="this system has no fork")
def test_a_forked_process_does_not_wait_for_ever() -> None:
    calls: InOrder[int] = InOrder(2)
    list(calls.start(Endless(calls)))
    child = os.fork()
    if child == 0:
        try:
            list(calls.finish())
        except UsageError:
            os._exit(0)
        os._exit(1)
    assert os.waitstatus_to_exitcode(os.waitpid(child, 0)[1]) == 0
    calls.stop()


def test_a_tally_adds_up_pieces() -> None:
    told: list[tuple[int, int]] = []
    tally = Tally(lambda done, settled: told.append((done, settled)))
    first, second = tally.piece(100), tally.piece(50)
    first(0.25)
    second(0.5)
    first(1.0)
    tally.settle(100)
    second(1.0)
    tally.settle(50)
    assert told == [(25, 0), (50, 0), (125, 0), (125, 100), (150, 100), (150, 150)]


def piece(number: int, size: int = 10) -> Piece[int]:
    def code(share_done: Callable[[float], None]) -> int:
        share_done(0.5)
        return number

    return Piece(code, 0, size)


def ignore(done: int, settled: int) -> None:
    pass


def test_a_piece_is_settled_when_the_next_result_is_asked_for() -> None:
    told: list[tuple[int, int]] = []
    with Pipeline[int](1, lambda done, settled: told.append((done, settled))) as pipeline:
        pipeline.skip(5)
        results = pipeline.run(piece(number) for number in range(2))
        assert next(results) == 0
        assert told[-1] == (15, 5)
        assert next(results) == 1
        assert told[-1] == (25, 15)
        assert list(results) == []
    assert told == [(5, 0), (5, 5), (10, 5), (15, 5), (15, 15), (20, 15), (25, 15), (25, 25)]


@pytest.mark.parametrize("workers", [1, 3])
def test_what_is_before_the_damage_is_whole(workers: int) -> None:
    def pieces() -> Iterator[Piece[int]]:
        yield from map(piece, range(5))
        raise DamagedError("from here on")

    results = []
    with Pipeline[int](workers, ignore) as pipeline, pytest.raises(DamagedError, match="from here"):
        for result in pipeline.run(pieces()):
            results.append(result)
    assert results == list(range(5))


def test_leaving_a_pipeline_ends_its_work() -> None:
    ended, started = threading.Event(), threading.Event()

    def endless(share_done: Callable[[float], None]) -> int:
        started.set()
        try:
            while True:
                share_done(0.0)
                time.sleep(0.001)
        finally:
            ended.set()

    with pytest.raises(KeyError), Pipeline[int](3, ignore) as pipeline:
        for _ in range(2):
            list(pipeline.start(Piece(endless, 0, 1)))
        started.wait(5)
        raise KeyError
    assert ended.is_set()
