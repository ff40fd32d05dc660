"""Runs a command and writes what it took as JSON into a pipe: `launcher.py FD COMMAND...`.

What the system says of an ended process counts the memory that its parent had at its start, too. So
:mod:`.process` starts commands by this small program, which loads the standard library alone. Of a
command that takes less than even that, the peak is looked for while it runs.
"""

from __future__ import annotations

import json
import os
import re
import sys
import time
from pathlib import Path

LONGEST_PAUSE = 0.02
PAUSE_SHARE = 0.02
"""Seconds between two looks at a small process: a share of its time so far, up to a limit."""


def measured(command: list[str]) -> dict[str, float]:
    """Wall and CPU seconds, peak resident set in bytes and exit status of a command."""
    started = time.perf_counter()
    process = os.posix_spawnp(command[0], command, os.environ)
    seen = 0
    while os.waitid(os.P_PID, process, os.WEXITED | os.WNOHANG | os.WNOWAIT) is None:
        seen = max(seen, peak_of(process))
        time.sleep(min(LONGEST_PAUSE, PAUSE_SHARE * (time.perf_counter() - started)))
    wall = time.perf_counter() - started
    _, status, usage = os.wait4(process, 0)
    peak = usage.ru_maxrss * 1024
    return {
        "wall": wall,
        "cpu": usage.ru_utime + usage.ru_stime,
        "peak_memory": peak if peak > peak_of(os.getpid()) else seen,
        "status": os.waitstatus_to_exitcode(status),
    }


def peak_of(process: int) -> int:
    """Bytes that a process which runs has had at most; 0 if it has ended."""
    try:
        facts = Path(f"/proc/{process}/status").read_text(encoding="utf-8")
    except OSError:
        return 0
    found = re.search(r"VmHWM:\s+(\d+) kB", facts)
    return int(found[1]) * 1024 if found else 0


if __name__ == "__main__":
    pipe, *arguments = sys.argv[1:]
    os.set_inheritable(int(pipe), False)
    os.write(int(pipe), json.dumps(measured(arguments)).encode())
