"""Calls side by side: results in order, errors and interruptions end all of them."""

from __future__ import annotations

import os
import threading
import time

import pytest

from lmpack._files.pipeline import InOrder
from lmpack._files.progress import Tally
from lmpack.errors import UsageError


@pytest.mark.parametrize("workers", [1, 2, 5])
def test_results_come_in_the_order_of_the_calls(workers: int) -> None:
    calls: InOrder[int] = InOrder(workers)
    results = []
    for number in range(20):

        def call(number: int = number) -> int:
            time.sleep(0.001 * (number % 3))
            return number

        results += calls.start(call)
        assert len(results) >= number + 1 - workers
    results += calls.finish()
    assert results == list(range(20))


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
    calls: InOrder[int] = InOrder(2)
    endless = Endless(calls)
    list(calls.start(endless))
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
