"""Attacks on the whole command, by the tools of the tests of faults."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator
from pathlib import Path

from faults import FaultServer, Unavailable

from benchmarks.reliability.tally import Setting, Tally

Attempts = Callable[[FaultServer, Path], Iterator[tuple[str, list[str]]]]
"""Makes one attempt after another with files in a folder: its name, and what is wrong after it."""


def judged(setting: Setting, attempts: Attempts) -> Tally:
    """The counts of attempts, made until there are no more or the time is over."""
    tally = Tally()
    end = time.monotonic() + setting.seconds
    try:
        with FaultServer(setting.folder) as server:
            for name, wrong in attempts(server, setting.folder / "files"):
                tally.judge(name, wrong)
                if time.monotonic() >= end:
                    tally.is_complete = False
                    break
    except Unavailable as reason:
        tally.left_out = str(reason)
    return tally
