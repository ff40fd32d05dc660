"""A stage: a process of its own with a time limit, which cannot take the next one down."""

from __future__ import annotations

import contextlib
import dataclasses
import json
import os
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any, BinaryIO

from benchmarks.gpu.results import ROOT

GRACE_SECONDS = 5.0
"""Between asking a stage to end and ending it."""
LOG_LINES, LOG_BYTES, LINE_LENGTH = 40, 1 << 16, 1000
"""Of the end of a stage's log, what is in the result: lines, bytes, characters of a line."""
DONE, NO_RESULT = "done", "ended without a result"


@dataclasses.dataclass(frozen=True)
class Stage:
    """What to run.

    Attributes:
        name: of the stage, its result and its log.
        command: arguments of Python; a result is written to the file behind --result.
        seconds: limit.
    """

    name: str
    command: tuple[str, ...]
    seconds: float


def run_stage(stage: Stage, folder: Path) -> dict[str, Any]:
    """Run a stage to its end or limit; its state, time, log and the result that it wrote.

    Args:
        stage: what to run.
        folder: for its files NAME.json and NAME.log.
    """
    result = folder / f"{stage.name}.json"
    result.unlink(missing_ok=True)
    command = [sys.executable, *stage.command, "--result", str(result)]
    started = time.monotonic()
    with (folder / f"{stage.name}.log").open("w+b") as log:
        process = subprocess.Popen(
            command, cwd=ROOT, stdout=log, stderr=subprocess.STDOUT, start_new_session=True
        )
        state = _state(process, max(0.0, stage.seconds))
        lines = _last_lines(log)
    seconds = round(time.monotonic() - started, 1)
    found = _read(result)
    if state == DONE and found is None:
        state = NO_RESULT
    return {"state": state, "seconds": seconds, "log": lines, "result": found}


@contextlib.contextmanager
def ended_by_sigterm() -> Iterator[None]:
    """Let SIGTERM leave the context as an exception, so that nothing is left behind."""

    def leave(number: int, _: object) -> None:
        signal.signal(signal.SIGTERM, signal.SIG_IGN)  # once is enough
        sys.exit(128 + number)

    before = signal.signal(signal.SIGTERM, leave)
    try:
        yield
    finally:
        signal.signal(signal.SIGTERM, before)


def _state(process: subprocess.Popen[bytes], seconds: float) -> str:
    try:
        status = process.wait(seconds)
    except subprocess.TimeoutExpired:
        _end(process)
        return f"out of time after {seconds:.0f} s"
    except BaseException:  # whoever waits is told to end
        _end(process)
        raise
    finally:
        _signal(process, signal.SIGKILL)  # what it may have left running
    return DONE if status == 0 else f"failed with status {status}"


def _end(process: subprocess.Popen[bytes]) -> None:
    """End a stage and all that it started."""
    _signal(process, signal.SIGTERM)
    with contextlib.suppress(subprocess.TimeoutExpired):
        process.wait(GRACE_SECONDS)
    _signal(process, signal.SIGKILL)
    process.wait()


def _signal(process: subprocess.Popen[bytes], number: signal.Signals) -> None:
    with contextlib.suppress(ProcessLookupError):
        os.killpg(process.pid, number)


def _last_lines(log: BinaryIO) -> list[str]:
    """The end of a log, which may be of any size and without lines."""
    log.seek(max(0, log.seek(0, os.SEEK_END) - LOG_BYTES))
    lines = log.read(LOG_BYTES).decode(errors="replace").splitlines()[-LOG_LINES:]
    return [line[:LINE_LENGTH] for line in lines]


def _read(path: Path) -> Any:
    """The result, if it is there and whole."""
    with contextlib.suppress(OSError, ValueError):
        return json.loads(path.read_text())
    return None
