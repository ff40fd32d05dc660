"""Time and memory of a command."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path
from typing import Any

LAUNCHER = Path(__file__).with_name("launcher.py")


def run(command: list[str], **streams: Any) -> dict[str, float]:
    """Wall and CPU seconds and peak resident set in bytes of a command.

    All three are what the system says when it has ended (wait4); the peak of one that takes less
    than a bare Python is looked for while it runs. `streams` are passed on to subprocess.Popen.

    Raises:
        RuntimeError: the command fails, or cannot be started.
    """
    reading, writing = os.pipe()
    with os.fdopen(reading, "rb") as facts_of:
        launcher = [sys.executable, "-I", "-S", str(LAUNCHER), str(writing), *command]
        try:
            process = subprocess.Popen(launcher, pass_fds=(writing,), **streams)
        finally:
            os.close(writing)
        said = facts_of.read()
        process.wait()
    facts = json.loads(said) if said else {"status": process.returncode}
    if status := facts.pop("status"):
        raise RuntimeError(f"{command} ended with status {status}")
    return dict(facts)
