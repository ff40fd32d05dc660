"""The command with one fault in it: a call that fails, a signal, or a full disk."""

from __future__ import annotations

import errno
import json
import os
import shutil
import signal
import subprocess
import sys
from pathlib import Path
from typing import Any, NamedTuple

HERE = Path(__file__).parent
SHIM_SOURCE = HERE / "failing_calls.c"
SERVER = HERE / "fault_server.py"
LIMIT_SECONDS = 60.0
"""After which the command counts as hung; it needs some milliseconds."""

_FAIL, _WRITE_LESS, _SIGNAL = range(3)


class Unavailable(Exception):
    """This machine cannot let calls fail; says why."""


class Fault(NamedTuple):
    """What happens to the n-th call of a kind on files below a folder.

    Attributes:
        call: open, read, write, fsync, close, chmod, chown, utime, rename, link, unlink, mkdir,
            flock, truncate; malloc, of the whole process; any, of all of them on files.
        error: `errno` of the call; 0 lets a write take half of what it is given.
        signal: sent by the process to itself before the call, in place of an error.
    """

    call: str
    error: int = 0
    signal: int = 0

    def __str__(self) -> str:
        if self.signal:
            return f"{signal.Signals(self.signal).name} before {self.call}"
        return f"{self.call} {errno.errorcode[self.error] if self.error else 'takes half'}"

    def planned(self, under: Path, nth: int) -> list[Any]:
        """Arguments of the shim's `fail_call`."""
        action = _SIGNAL if self.signal else _FAIL if self.error else _WRITE_LESS
        return [self.call, f"{under}/", nth, action, self.signal or self.error]


class Run(NamedTuple):
    """What the command did.

    Attributes:
        status: exit code, or a negative signal.
        hung: it was ended after LIMIT_SECONDS.
        met: calls of the fault's kind that were made.
        seconds: that it took.
        stderr: what it said.
    """

    status: int
    hung: bool
    met: int
    seconds: float
    stderr: str


class FaultServer:
    """Runs the command with faults. A context manager.

    Args:
        folder: for the compiled shim and what the command prints.

    Raises:
        Unavailable: there is no compiler, or calls cannot be put in the place of the system's.
    """

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        shim = compiled_shim(folder)
        environment = {**os.environ, "LD_PRELOAD": str(shim), "XDG_CACHE_HOME": str(folder)}
        self._process = subprocess.Popen(
            [sys.executable, str(SERVER), str(shim)],
            stdin=subprocess.PIPE, stdout=subprocess.PIPE, env=environment, text=True,
        )  # fmt: skip

    def __enter__(self) -> FaultServer:
        return self

    def __exit__(self, *_: object) -> None:
        assert self._process.stdin is not None and self._process.stdout is not None
        self._process.stdin.close()
        self._process.wait(LIMIT_SECONDS)
        self._process.stdout.close()

    def run(
        self,
        arguments: list[str],
        under: Path,
        fault: Fault | None = None,
        nth: int = 1,
        *,
        kill: tuple[float, int] | None = None,
        file_size: int | None = None,
        stdout: str = os.devnull,
    ) -> Run:
        """Run `lmpack` to its end.

        Args:
            arguments: of the command.
            under: folder of the files whose calls are counted.
            fault: what happens to their `nth` call; None for nothing.
            nth: from 1.
            kill: seconds after which a signal is sent, and the signal.
            file_size: limit of the bytes of a file, as a disk that is full.
            stdout: path of standard output.
        """
        assert self._process.stdin is not None and self._process.stdout is not None
        stderr = self._folder / "stderr"
        request = {
            "arguments": arguments,
            "fault": None if fault is None else fault.planned(under, nth),
            "kill": kill,
            "file_size": file_size,
            "stdout": stdout,
            "stderr": str(stderr),
            "limit": LIMIT_SECONDS,
        }
        self._process.stdin.write(json.dumps(request) + "\n")
        self._process.stdin.flush()
        answer = json.loads(self._process.stdout.readline())
        return Run(**answer, stderr=stderr.read_text(errors="replace"))


def compiled_shim(folder: Path) -> Path:
    """The shim, compiled with the machine's compiler.

    Raises:
        Unavailable: that, or preloading, is not possible here.
    """
    if not sys.platform.startswith("linux"):
        raise Unavailable("calls are made to fail by LD_PRELOAD and /proc, which only Linux has")
    compiler = os.environ.get("CC") or shutil.which("cc")
    if compiler is None:
        raise Unavailable("there is no C compiler, which the failing calls need")
    shim = folder / "failing_calls.so"
    if not shim.exists():
        command = [*compiler.split(), "-O1", "-shared", "-fPIC", str(SHIM_SOURCE), "-o", str(shim)]
        compiled = subprocess.run([*command, "-ldl"], capture_output=True, text=True)
        if compiled.returncode:
            raise Unavailable(f"the failing calls do not compile: {compiled.stderr[-500:]}")
    return shim
