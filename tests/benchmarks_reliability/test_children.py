"""Cases that crash, hang, take memory or give wrong content are counted, and the others, too."""

from __future__ import annotations

import os
import signal
from collections.abc import Iterator

import pytest

import lmpack
from benchmarks.reliability import children
from benchmarks.reliability.children import Case, in_child, run_cases


def damaged() -> bool:
    raise lmpack.DamagedError("detected")


def strange() -> bool:
    raise KeyError("not ours")


def crash() -> bool:
    os.kill(os.getpid(), signal.SIGKILL)
    return True


def hang() -> bool:
    while True:
        pass


def take_memory() -> bool:
    return len(bytearray(children.MEMORY * 2)) > 0


BAD = {"strange": strange, "wrong": lambda: False, "crash": crash, "memory": take_memory}


def test_every_end_is_counted(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(children, "CASE_SECONDS", 1)

    def cases() -> Iterator[Case]:
        yield Case("good", lambda: True)
        for name, check in {**BAD, "hang": hang}.items():
            yield Case(name, check)
            yield Case("damaged", damaged)

    tally = run_cases(cases, 100)
    assert (tally.held, tally.detected, tally.failed) == (1, {"DamagedError": 5}, 5)
    assert tally.is_complete
    examples = dict(example.split(": ", 1) for example in tally.examples)
    assert examples.keys() == {*BAD, "hang"}
    assert "KeyError" in examples["strange"]
    assert examples["wrong"] == "wrong content"
    assert "status -9" in examples["crash"]
    assert "MemoryError" in examples["memory"]
    assert "hung" in examples["hang"]


def test_what_there_was_no_time_for_is_said() -> None:
    tally = run_cases(lambda: [Case("never", damaged)] * 3, 0)
    assert (tally.cases, tally.is_complete) == (0, False)


def test_a_child_gives_its_result_or_says_why_not() -> None:
    assert in_child(lambda: [1, "two"], 60) == [1, "two"]
    with pytest.raises(ChildProcessError, match="not ours"):
        in_child(strange, 60)
    with pytest.raises(ChildProcessError, match="-9"):
        in_child(crash, 60)
