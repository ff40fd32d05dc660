"""What the command says on a terminal, for the picture in the README.

    scripts/bench terminal

The commands are run one after another in a folder that holds README.md, each in a terminal of its
own; what it shows in the end is kept, line by line.
"""

from __future__ import annotations

import os
import pty
import shutil
import subprocess
import sys
import tempfile
from pathlib import Path

from benchmarks.places import ROOT
from benchmarks.record import environment, write_result

COLUMNS = 80
COMMANDS = (
    "lmpack compress README.md",
    "lmpack -l README.md.lmp",
    "lmpack decompress README.md.lmp -o same.md && cmp README.md same.md && echo the same",
    "lmpack bench README.md",
)


def shown(output: str) -> list[str]:
    """The lines that stay on a terminal: what a carriage return goes back over is written over."""
    lines = (line.rstrip("\r").rpartition("\r")[2] for line in output.split("\n"))
    return [line.rstrip() for line in lines][:-1]


def run_in_a_terminal(command: str, folder: Path, environ: dict[str, str]) -> list[str]:
    """What a command line of a shell shows.

    Raises:
        RuntimeError: it fails.
    """
    ours, theirs = pty.openpty()
    with os.fdopen(ours, "rb", buffering=0) as screen:
        process = subprocess.Popen(
            ["bash", "-c", command], stdout=theirs, stderr=theirs, cwd=folder, env=environ
        )
        os.close(theirs)
        output = b""
        while True:
            try:
                piece = screen.read(1 << 16)
            except OSError:  # Linux says so when the other side has closed
                break
            if not piece:
                break
            output += piece
    if process.wait():
        raise RuntimeError(f"{command} ended with status {process.returncode}:\n{output.decode()}")
    return shown(output.decode())


def main() -> int:
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        shutil.copy(ROOT / "README.md", folder)
        command = folder / "bin" / "lmpack"
        command.parent.mkdir()
        command.write_text(f'#!/bin/sh\nexec {sys.executable} -m lmpack "$@"\n')
        command.chmod(0o755)
        environ = {**os.environ, "TERM": "xterm", "COLUMNS": str(COLUMNS)}
        environ["PATH"] = f"{command.parent}:{environ['PATH']}"
        # Once before: a model is proved on its first run, and that is no usual one.
        subprocess.run(
            ["lmpack", "compress", "-qk", "README.md", "-o", "first.lmp"],
            check=True,
            cwd=folder,
            env=environ,
        )
        rows = [
            {"command": line, "lines": run_in_a_terminal(line, folder, environ)}
            for line in COMMANDS
        ]
    write_result("terminal", {"environment": environment(), "columns": COLUMNS, "rows": rows})
    return 0


if __name__ == "__main__":
    sys.exit(main())
