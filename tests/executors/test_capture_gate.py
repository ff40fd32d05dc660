"""While one thread captures, no other calls the device."""

from __future__ import annotations

import os
import signal
import threading
import time
from concurrent.futures import ThreadPoolExecutor

import pytest
from interrupting import background, interrupted_when, needs_signals

from lmpack._executors.capture_gate import GATE, CaptureGate


def test_calls_overlap_and_captures_do_not() -> None:
    gate, lock = CaptureGate(), threading.Lock()
    now = {"call": 0, "capture": 0}
    seen: list[tuple[int, int]] = []

    def enter(kind: str) -> None:
        with gate.call() if kind == "call" else gate.capture():
            with lock:
                now[kind] += 1
                seen.append((now["call"], now["capture"]))
            time.sleep(0.002)
            with lock:
                now[kind] -= 1

    with ThreadPoolExecutor(8) as pool:
        list(pool.map(enter, ["call", "call", "call", "capture"] * 10))
    assert max(calls for calls, _ in seen) > 1
    assert {calls for calls, captures in seen if captures} == {0}
    assert max(captures for _, captures in seen) == 1


def test_a_stream_of_calls_does_not_keep_a_capture_out() -> None:
    gate, over = CaptureGate(), threading.Event()

    def call_again_and_again() -> None:
        while not over.is_set():
            with gate.call():
                time.sleep(0.001)

    threads = [threading.Thread(target=call_again_and_again) for _ in range(4)]
    for thread in threads:
        thread.start()
    with gate.capture():
        over.set()
    for thread in threads:
        thread.join()


def test_an_error_opens_it_again() -> None:
    gate = CaptureGate()
    for entered in (gate.call, gate.capture):
        try:
            with entered():
                raise InterruptedError
        except InterruptedError:
            pass
    with gate.capture():
        pass


@needs_signals
def test_a_capture_that_is_interrupted_while_it_waits_keeps_no_call_out() -> None:
    gate = CaptureGate()

    def call() -> None:
        with gate.call():
            pass

    with gate.call(), interrupted_when(lambda: bool(gate._captures)), gate.capture():
        pass
    background(call).result(10)


@pytest.mark.skipif(not hasattr(os, "fork"), reason="this system has no fork")
def test_a_forked_process_does_not_wait_for_calls_of_its_parent() -> None:
    with GATE.call():
        child = os.fork()
        if child == 0:
            signal.alarm(10)
            with GATE.capture():
                os._exit(0)
        assert os.waitstatus_to_exitcode(os.waitpid(child, 0)[1]) == 0
