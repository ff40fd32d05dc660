"""Wall time of the command for small files, the start of the interpreter included.

    scripts/bench small_files

The first run of a model on a machine also proves its conformance; it is measured by itself, with
an empty cache.
"""

from __future__ import annotations

import os
import re
import statistics
import subprocess
import sys
import tempfile
import time
from pathlib import Path
from typing import Any

from benchmarks.data import start_of
from benchmarks.record import environment, write_result

SOURCE = "canterbury/alice29.txt"
SIZES = (2_000, 50_000)
RUNS = 9
IMPORTS = 8
"""How many of the modules that take longest to load are listed."""


def seconds(command: list[str], environ: dict[str, str]) -> float:
    """Wall time of a command."""
    started = time.perf_counter()
    subprocess.run(command, check=True, env=environ)
    return time.perf_counter() - started


def slowest_imports(command: list[str]) -> list[dict[str, Any]]:
    """Modules of a Python command by the time that they and what they import take, in seconds."""
    command = [command[0], "-X", "importtime", *command[1:]]
    output = subprocess.run(command, check=True, capture_output=True, text=True).stderr
    found = re.findall(r"^import time:\s+\d+ \|\s+(\d+) \|\s+(\S+)$", output, re.MULTILINE)
    slowest = sorted(((int(micros) / 1e6, name) for micros, name in found), reverse=True)
    return [{"module": name, "seconds": seconds} for seconds, name in slowest[:IMPORTS]]


def main() -> int:
    text = start_of(SOURCE)
    result: dict[str, Any] = {"environment": environment(), "runs": RUNS, "rows": []}
    lmpack = [sys.executable, "-m", "lmpack"]
    with tempfile.TemporaryDirectory() as folder:
        plain, packed, back = (Path(folder) / name for name in ("in", "in.lmp", "back"))
        environ = {**os.environ, "XDG_CACHE_HOME": folder}
        commands = {
            "compress": [*lmpack, "compress", "-qf", str(plain), "-o", str(packed)],
            "decompress": [*lmpack, "decompress", "-qf", str(packed), "-o", str(back)],
        }
        plain.write_bytes(text[: SIZES[0]])
        result["first"] = seconds(commands["compress"], environ)
        result["nothing"] = statistics.median(
            seconds([sys.executable, "-c", ""], environ) for _ in range(RUNS)
        )
        for size in SIZES:
            plain.write_bytes(text[:size])
            row: dict[str, Any] = {"bytes": size}
            for name, command in commands.items():
                times = [seconds(command, environ) for _ in range(RUNS)]
                row[name] = {"median": statistics.median(times), "longest": max(times)}
            if back.read_bytes() != text[:size]:
                raise RuntimeError("the round trip failed")
            result["rows"].append(row)
        result["imports"] = slowest_imports(commands["compress"])
        write_result("small_files", result)
    return 0


if __name__ == "__main__":
    sys.exit(main())
