"""Cost per byte and peak memory of the command for short and long inputs, both directions.

python benchmarks/scaling.py
"""

from __future__ import annotations

import filecmp
import lzma
import os
import shutil
import subprocess
import sys
import tempfile
import time
from pathlib import Path

from environment import environment, require_shared, write_result

SOURCE = "text/wikipedia_en_2014.train.xz"
SIZES = (1_000_000, 10_000_000, 50_000_000)


def run(command: list[str]) -> dict[str, float]:
    """Wall and CPU seconds and peak resident set in bytes of a command."""
    started = time.perf_counter()
    process = subprocess.Popen(command)
    _, status, usage = os.wait4(process.pid, 0)
    wall = time.perf_counter() - started
    if status:
        raise RuntimeError(f"{command} ended with status {status}")
    process.returncode = 0
    cpu = usage.ru_utime + usage.ru_stime
    return {"wall": wall, "cpu": cpu, "peak_memory": usage.ru_maxrss * 1024}


def main() -> int:
    # Files are copied piece by piece: a process starts with the memory of the one that starts it.
    source = require_shared() / SOURCE
    result = {"environment": environment(), "rows": []}
    with tempfile.TemporaryDirectory() as folder:
        plain, packed, back = (Path(folder) / name for name in ("in", "in.lmp", "back"))
        for size in SIZES:
            with lzma.open(source) as file, plain.open("wb") as part:
                shutil.copyfileobj(file, part)
                part.truncate(size)
            lmpack = [sys.executable, "-m", "lmpack"]
            row = {"bytes": size}
            row["compress"] = run([*lmpack, "compress", "-qf", str(plain), "-o", str(packed)])
            row["decompress"] = run([*lmpack, "decompress", "-qf", str(packed), "-o", str(back)])
            if not filecmp.cmp(back, plain, shallow=False):
                raise RuntimeError("the round trip failed")
            result["rows"].append(row)
            write_result("scaling", result)
    return 0


if __name__ == "__main__":
    sys.exit(main())
