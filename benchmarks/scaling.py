"""Cost per byte and peak memory of the command for short and long inputs, both directions.

python benchmarks/scaling.py
"""

from __future__ import annotations

import contextlib
import filecmp
import lzma
import os
import re
import shutil
import subprocess
import sys
import tempfile
import time
from pathlib import Path

from environment import environment, require_shared, write_result

SOURCE = "text/wikipedia_en_2014.train.xz"
POLL_SECONDS = 0.02
SIZES = (1_000_000, 10_000_000, 50_000_000)


def run(command: list[str]) -> dict[str, float]:
    """Wall and CPU seconds and peak resident set in bytes of a command.

    The peak is what the system says of the process while it runs: what it says afterwards counts
    the memory of the process that started it, too.
    """
    started = time.perf_counter()
    process = subprocess.Popen(command)
    peak = 0
    while os.waitid(os.P_PID, process.pid, os.WEXITED | os.WNOHANG | os.WNOWAIT) is None:
        with contextlib.suppress(OSError):
            facts = Path(f"/proc/{process.pid}/status").read_text()
            peak = max([peak, *map(int, re.findall(r"VmHWM:\s+(\d+) kB", facts))])
        time.sleep(POLL_SECONDS)
    wall = time.perf_counter() - started
    _, status, usage = os.wait4(process.pid, 0)
    if status:
        raise RuntimeError(f"{command} ended with status {status}")
    process.returncode = 0
    cpu = usage.ru_utime + usage.ru_stime
    return {"wall": wall, "cpu": cpu, "peak_memory": peak * 1024}


def main() -> int:
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
