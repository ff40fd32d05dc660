"""Wall and CPU time of the command for small files, the start of the interpreter included.

    scripts/bench small_files

The first run of a model on a machine also proves its conformance; it is measured by itself, with
an empty cache. CPU times are the best of alternated runs, beside those of a Python that does
nothing: what another program takes of the machine meanwhile counts for neither. Compiled modules
are kept from run to run, as in an installed package.
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
from benchmarks.measure import process
from benchmarks.record import environment, write_result

SOURCE = "canterbury/alice29.txt"
SIZES = (2_000, 50_000)
RUNS = 9
START_UP_SIZE = 2048
START_UP_LEVELS = (1, 6, 9)
START_UP_RUNS = 10
IMPORTS = 8
"""How many of the modules that take longest to load are listed."""


def seconds(command: list[str], environ: dict[str, str]) -> float:
    """Wall time of a command."""
    started = time.perf_counter()
    subprocess.run(command, check=True, env=environ)
    return time.perf_counter() - started


def start_up(text: bytes, folder: Path, environ: dict[str, str]) -> dict[str, Any]:
    """Least CPU seconds of each level for a small file, of an empty Python and of numpy alone."""
    plain = folder / "small"
    plain.write_bytes(text[:START_UP_SIZE])
    lmpack = [sys.executable, "-m", "lmpack"]
    commands = {
        "nothing": [sys.executable, "-c", ""],
        "numpy": [sys.executable, "-c", "import numpy"],
    }
    for level in START_UP_LEVELS:
        packed = str(folder / f"{level}.lmp")
        commands[f"compress -{level}"] = [
            *lmpack,
            "compress",
            f"-{level}",
            "-qf",
            str(plain),
            "-o",
            packed,
        ]
        commands[f"decompress -{level}"] = [
            *lmpack,
            "decompress",
            "-qf",
            packed,
            "-o",
            str(folder / "back"),
        ]
    for command in commands.values():  # the first one loads from the disk, and proves the model
        process.run(command, env=environ)
    times = {name: float("inf") for name in commands}
    for _ in range(START_UP_RUNS):
        for name, command in commands.items():
            times[name] = min(times[name], process.run(command, env=environ)["cpu"])
    return {"bytes": START_UP_SIZE, "runs": START_UP_RUNS, "cpu": times}


def slowest_imports(command: list[str], environ: dict[str, str]) -> list[dict[str, Any]]:
    """Modules of a Python command by the time that they and what they import take, in seconds."""
    command = [command[0], "-X", "importtime", *command[1:]]
    done = subprocess.run(command, env=environ, check=True, capture_output=True, text=True)
    output = done.stderr
    found = re.findall(r"^import time:\s+\d+ \|\s+(\d+) \|\s+(\S+)$", output, re.MULTILINE)
    slowest = sorted(((int(micros) / 1e6, name) for micros, name in found), reverse=True)
    return [{"module": name, "seconds": seconds} for seconds, name in slowest[:IMPORTS]]


def main() -> int:
    text = start_of(SOURCE)
    result: dict[str, Any] = {"environment": environment(), "runs": RUNS, "rows": []}
    lmpack = [sys.executable, "-m", "lmpack"]
    with tempfile.TemporaryDirectory() as folder:
        plain, packed, back = (Path(folder) / name for name in ("in", "in.lmp", "back"))
        environ = {**os.environ, "XDG_CACHE_HOME": folder, "PYTHONPYCACHEPREFIX": folder}
        environ.pop("PYTHONDONTWRITEBYTECODE", None)
        commands = {
            "compress": [*lmpack, "compress", "-qf", str(plain), "-o", str(packed)],
            "decompress": [*lmpack, "decompress", "-qf", str(packed), "-o", str(back)],
        }
        plain.write_bytes(text[: SIZES[0]])
        # Modules are compiled in a run that does not count, with another cache of proofs.
        seconds(commands["compress"], {**environ, "XDG_CACHE_HOME": str(Path(folder) / "other")})
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
        result["start_up"] = start_up(text, Path(folder), environ)
        result["imports"] = slowest_imports(commands["compress"], environ)
        write_result("small_files", result)
    return 0


if __name__ == "__main__":
    sys.exit(main())
