"""Peak memory of the command for a short and a long input, both directions.

python benchmarks/memory.py
"""

from __future__ import annotations

import lzma
import os
import subprocess
import sys
import tempfile
from pathlib import Path

from environment import environment, require_shared, write_result

SOURCE = "text/wikipedia_en_2014.train.xz"
SIZES = (1_000_000, 20_000_000)


def peak_memory(command: list[str]) -> int:
    """Peak resident set of a command, in bytes."""
    process = subprocess.Popen(command)
    _, status, usage = os.wait4(process.pid, 0)
    if status:
        raise RuntimeError(f"{command} ended with status {status}")
    process.returncode = 0
    return usage.ru_maxrss * 1024


def main() -> int:
    with lzma.open(require_shared() / SOURCE) as file:
        data = file.read(max(SIZES))
    result = {"environment": environment(), "rows": []}
    with tempfile.TemporaryDirectory() as folder:
        plain, packed, back = (Path(folder) / name for name in ("in", "in.lmp", "back"))
        for size in SIZES:
            plain.write_bytes(data[:size])
            lmpack = [sys.executable, "-m", "lmpack"]
            row = {"bytes": size}
            row["compress"] = peak_memory(
                [*lmpack, "compress", "-qf", str(plain), "-o", str(packed)]
            )
            row["decompress"] = peak_memory(
                [*lmpack, "decompress", "-qf", str(packed), "-o", str(back)]
            )
            if back.read_bytes() != data[:size]:
                raise RuntimeError("the round trip failed")
            result["rows"].append(row)
            write_result("memory", result)
    return 0


if __name__ == "__main__":
    sys.exit(main())
