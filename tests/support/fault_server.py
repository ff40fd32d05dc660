"""Runs the command in forked copies of itself, with one fault in each: a process of its own.

    LD_PRELOAD=SHIM python fault_server.py SHIM

Reads requests from standard input, one JSON object a line, and answers each with one (`faults.py`
has both ends of it). A fork of a process that has loaded everything costs a tenth of a start.
"""

from __future__ import annotations

import contextlib
import ctypes
import json
import os
import resource
import runpy
import signal
import sys
import tempfile
import time
import traceback
from pathlib import Path
from typing import Any

from lmpack.cli.main import main as main_command

POLL_SECONDS = 0.001
STATUS_OF_LOST_OUTPUT = 120


def load_everything() -> None:
    """Run the command in this process, so that all that it imports at first use is there."""
    with tempfile.TemporaryDirectory() as folder:
        plain = Path(folder) / "plain"
        plain.write_bytes(bytes(range(256)) * 4)
        for arguments in (["compress", "-1"], ["decompress", "-f"]):
            name = f"{plain}.lmp" if arguments[0] == "decompress" else str(plain)
            with contextlib.suppress(SystemExit):
                main_command([*arguments, "-q", "-T1", name])
        assert plain.with_suffix(".lmp").exists()


def run_command(request: dict[str, Any], shim: ctypes.CDLL) -> None:
    """The child: become `lmpack` with a fault, and end."""
    status = 1
    try:
        for descriptor, path in ((1, request["stdout"]), (2, request["stderr"])):
            os.dup2(os.open(path, os.O_WRONLY | os.O_CREAT | os.O_TRUNC), descriptor)
        os.dup2(os.open(os.devnull, os.O_RDONLY), 0)
        signal.signal(signal.SIGINT, signal.default_int_handler)
        if request["file_size"] is not None:
            resource.setrlimit(resource.RLIMIT_FSIZE, (request["file_size"],) * 2)
        sys.argv = ["lmpack", *request["arguments"]]
        call, under, nth, action, number = request["fault"] or ("", "", 0, 0, 0)
        shim.fail_call(call.encode(), under.encode(), nth, action, number)
        runpy.run_module("lmpack", run_name="__main__", alter_sys=True)
        status = 0
    except SystemExit as end:
        status = end.code if isinstance(end.code, int) else int(end.code is not None)
    except BaseException:
        traceback.print_exc()
    try:
        sys.stdout.flush()
        sys.stderr.flush()
    except OSError:  # Python itself ends like this, too
        traceback.print_exc()
        status = STATUS_OF_LOST_OUTPUT
    finally:
        os._exit(status)


def wait(pid: int, request: dict[str, Any]) -> tuple[int, bool]:
    """Status of a child, negative for a signal, and whether it had to be ended."""
    started = time.monotonic()
    kill = request["kill"]
    while True:
        found, status = os.waitpid(pid, os.WNOHANG)
        if found:
            return os.waitstatus_to_exitcode(status), False
        passed = time.monotonic() - started
        if kill is not None and passed >= kill[0]:
            os.kill(pid, kill[1])
            kill = None
        if passed > request["limit"]:
            os.kill(pid, signal.SIGKILL)
            os.waitpid(pid, 0)
            return -signal.SIGKILL, True
        time.sleep(POLL_SECONDS)


def main(shim_path: str) -> None:
    shim = ctypes.CDLL(shim_path)
    load_everything()
    answers = os.fdopen(os.dup(1), "w")
    for line in sys.stdin:
        request = json.loads(line)
        started = time.monotonic()
        pid = os.fork()
        if pid == 0:
            run_command(request, shim)
        status, hung = wait(pid, request)
        answer = {
            "status": status,
            "hung": hung,
            "met": shim.calls_met(),
            "seconds": time.monotonic() - started,
        }
        print(json.dumps(answer), file=answers, flush=True)


if __name__ == "__main__":
    main(sys.argv[1])
