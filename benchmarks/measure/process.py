"""Time and memory of a command."""

from __future__ import annotations

import contextlib
import os
import re
import subprocess
import time
from pathlib import Path
from typing import Any

LONGEST_PAUSE = 0.02
PAUSE_SHARE = 0.02
"""Seconds between two looks at a process: a share of the time that it has run, up to a limit."""


def run(command: list[str], **streams: Any) -> dict[str, float]:
    """Wall and CPU seconds and peak resident set in bytes of a command.

    The peak is what the system says of the process while it runs: what it says afterwards counts
    the memory of the process that started it, too. One of a few milliseconds is hardly seen.
    `streams` are passed on to subprocess.Popen.
    """
    started = time.perf_counter()
    process = subprocess.Popen(command, **streams)
    peak = 0
    while os.waitid(os.P_PID, process.pid, os.WEXITED | os.WNOHANG | os.WNOWAIT) is None:
        with contextlib.suppress(OSError):
            facts = Path(f"/proc/{process.pid}/status").read_text()
            peak = max([peak, *map(int, re.findall(r"VmHWM:\s+(\d+) kB", facts))])
        time.sleep(min(LONGEST_PAUSE, PAUSE_SHARE * (time.perf_counter() - started)))
    wall = time.perf_counter() - started
    _, status, usage = os.wait4(process.pid, 0)
    process.returncode = os.waitstatus_to_exitcode(status)
    if process.returncode:
        raise RuntimeError(f"{command} ended with status {process.returncode}")
    cpu = usage.ru_utime + usage.ru_stime
    return {"wall": wall, "cpu": cpu, "peak_memory": peak * 1024}
