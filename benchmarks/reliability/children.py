"""Runs hostile cases in forked children with limits: who crashes or hangs ends alone.

Of a case only three ends are good: the right content, an `LmpackError`, nothing else. A child that
needs more than MEMORY beyond what it started with, or more than CASE_SECONDS for a case, fails it.
"""

from __future__ import annotations

import functools
import itertools
import json
import os
import resource
import signal
import time
from collections.abc import Callable, Iterable
from pathlib import Path
from typing import Any, NamedTuple

from benchmarks.reliability.tally import Tally
from lmpack.errors import LmpackError

MEMORY = 512 << 20
"""Bytes of address space that a child may take beside what it has when it starts."""
CASE_SECONDS = 30
"""Of wall time; a case needs some milliseconds, but the machine may be busy."""
KIB_PER_MIB = 1024


class Case(NamedTuple):
    """One attempt.

    Attributes:
        name: to find it again.
        check: makes it; whether the content was right.
    """

    name: str
    check: Callable[[], bool]


def run_cases(cases: Callable[[], Iterable[Case]], seconds: float, memory: int = MEMORY) -> Tally:
    """Run cases until there are no more or the time is over.

    Args:
        cases: gives the same ones at each call: a child that died is followed by another one,
            which starts behind the case that it died of.
        seconds: after which no case is begun.
        memory: bytes of address space that a child may take.
    """
    tally = Tally(facts={"peak_growth_mib": 0.0})
    end = time.monotonic() + seconds
    done = 0
    while True:
        remaining = itertools.islice(cases(), done, None)
        lines, status = _run_child(functools.partial(_work, remaining, end, memory))
        for line in lines:
            done += _count(tally, line)
        if status == 0:
            return tally
        case = next(itertools.islice(cases(), done, None))
        how = f"hung for {CASE_SECONDS} s" if status == -signal.SIGALRM else f"status {status}"
        tally.fail(f"{case.name}: the process ended: {how}")
        done += 1


def in_child(work: Callable[[], Any], seconds: int) -> Any:
    """What a function returns in a child of its own, as JSON carries it.

    Raises:
        ChildProcessError: the child did not end well, or not within `seconds`.
    """

    def report(pipe: int) -> None:
        signal.alarm(seconds)
        os.write(pipe, json.dumps(work()).encode() + b"\n")

    lines, status = _run_child(report)
    if status or not lines:
        raise ChildProcessError(f"the process ended with {status}: {' '.join(lines)}")
    return json.loads(lines[-1])


def _run_child(work: Callable[[int], None]) -> tuple[list[str], int]:
    """The lines that a forked child writes into its pipe, and its status."""
    reading, writing = os.pipe()
    child = os.fork()
    if child == 0:
        os.close(reading)
        status = 1
        try:
            work(writing)
            status = 0
        except BaseException as error:
            os.write(writing, f"! {error!r}\n".encode())
        finally:
            os._exit(status)
    os.close(writing)
    with os.fdopen(reading, errors="replace") as pipe:
        lines = pipe.read().splitlines()
    return lines, os.waitstatus_to_exitcode(os.waitpid(child, 0)[1])


def _work(cases: Iterable[Case], end: float, memory: int, pipe: int) -> None:
    """The child: a line for each case, and the peak of memory at the end."""
    limit_memory(memory)
    before = peak_mib()
    is_over = False
    for case in cases:
        if is_over := time.monotonic() >= end:
            break
        signal.alarm(CASE_SECONDS)
        os.write(pipe, (_outcome(case) + "\n").encode(errors="replace"))
    signal.alarm(0)
    os.write(pipe, f"peak {peak_mib() - before}\n".encode())
    if is_over:
        os.write(pipe, b"late\n")


def _outcome(case: Case) -> str:
    """A line: `held`, `detected NAME` or `failed WHY`."""
    try:
        why = None if case.check() else "wrong content"
    except LmpackError as error:
        return f"detected {type(error).__name__}"
    except BaseException as error:
        why = repr(error)
    if why is None:
        return "held"
    return "failed " + " ".join(f"{case.name}: {why}".split())


def _count(tally: Tally, line: str) -> int:
    """Take a child's line into the counts; the number of cases that it is of."""
    what, _, rest = line.partition(" ")
    if what == "held":
        tally.held += 1
    elif what == "detected":
        tally.detected[rest] += 1
    elif what == "failed":
        tally.fail(rest)
    elif what == "peak":
        tally.facts["peak_growth_mib"] = max(tally.facts["peak_growth_mib"], float(rest))
        return 0
    elif what == "late":
        tally.is_complete = False
        return 0
    return 1


def limit_memory(memory: int) -> None:
    """Allow this process so much more address space than it has, where that is known."""
    status = Path("/proc/self/statm")
    if status.exists():
        used = int(status.read_text().split()[0]) * resource.getpagesize()
        resource.setrlimit(resource.RLIMIT_AS, (used + memory,) * 2)


def peak_mib() -> float:
    """The most memory that this process has had, in MiB."""
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / KIB_PER_MIB
