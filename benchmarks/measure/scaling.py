"""Cost per byte and peak memory of the command for short and long inputs, both directions.

scripts/bench scaling
"""

from __future__ import annotations

import filecmp
import lzma
import shutil
import sys
import tempfile
from pathlib import Path
from typing import Any

from benchmarks.data import require_shared
from benchmarks.measure.process import run
from benchmarks.record import environment, write_result

SOURCE = "text/wikipedia_en_2014.train.xz"
SIZES = (1_000_000, 10_000_000, 50_000_000)


def main() -> int:
    source = require_shared() / SOURCE
    result: dict[str, Any] = {"environment": environment(), "rows": []}
    with tempfile.TemporaryDirectory() as folder:
        plain, packed, back = (Path(folder) / name for name in ("in", "in.lmp", "back"))
        for size in SIZES:
            with lzma.open(source) as file, plain.open("wb") as part:
                shutil.copyfileobj(file, part)
                part.truncate(size)
            lmpack = [sys.executable, "-m", "lmpack"]
            row: dict[str, Any] = {"bytes": size}
            row["compress"] = run([*lmpack, "compress", "-qf", str(plain), "-o", str(packed)])
            row["decompress"] = run([*lmpack, "decompress", "-qf", str(packed), "-o", str(back)])
            if not filecmp.cmp(back, plain, shallow=False):
                raise RuntimeError("the round trip failed")
            result["rows"].append(row)
            write_result("scaling", result)
    return 0


if __name__ == "__main__":
    sys.exit(main())
