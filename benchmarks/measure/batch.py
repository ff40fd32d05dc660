"""Thousands of small files against one large one of the same content.

    scripts/bench batch [--files N]

All validation texts, cut into files of 2 KB, and all of them as one file, with the command and its
defaults, both ways; then the same files one command each, of which a few are enough.
"""

from __future__ import annotations

import argparse
import filecmp
import subprocess
import sys
import tempfile
import time
from pathlib import Path
from typing import Any

from benchmarks.data import VALIDATION, require_shared
from benchmarks.record import environment, write_result
from lmpack.evaluation.data_sets import load_data_set

SINGLE_COMMANDS = 10
COMMAND = [sys.executable, "-m", "lmpack"]


def seconds(arguments: list[str], folder: Path) -> float:
    """Wall time of the program."""
    started = time.perf_counter()
    subprocess.run([*COMMAND, *arguments], check=True, cwd=folder)
    return time.perf_counter() - started


def tree_size(folder: Path) -> int:
    return sum(path.stat().st_size for path in folder.rglob("*") if path.is_file())


def main(arguments: list[str]) -> int:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--files", type=int, default=5000)
    count = parser.parse_args(arguments).files
    shared = require_shared()
    chunks: list[bytes] = []
    for source in VALIDATION:
        chunks += load_data_set("text", shared / source).chunks
    chunks = chunks[:count]
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        for number, chunk in enumerate(chunks):
            path = folder / "many" / f"{number % 100:02}" / f"{number}.txt"
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_bytes(chunk)
        (folder / "one").write_bytes(b"".join(chunks))
        seconds(["compress", "-q", "many/00/0.txt", "-o", "warm"], folder)
        many: dict[str, Any] = {
            "compress": seconds(["compress", "-qr", "many", "-o", "packed"], folder),
            "decompress": seconds(["decompress", "-qr", "packed", "-o", "back"], folder),
            "resume": seconds(["compress", "-qr", "many", "-o", "packed", "--resume"], folder),
            "packed_bytes": tree_size(folder / "packed"),
        }
        one = {
            "compress": seconds(["compress", "-q", "one"], folder),
            "decompress": seconds(["decompress", "-q", "one.lmp", "-o", "one.back"], folder),
            "packed_bytes": (folder / "one.lmp").stat().st_size,
        }
        for path in (folder / "many").rglob("*.txt"):
            back = folder / "back" / path.relative_to(folder / "many")
            if not filecmp.cmp(path, back, shallow=False):
                raise RuntimeError(f"{path} did not come back")
        if not filecmp.cmp(folder / "one", folder / "one.back", shallow=False):
            raise RuntimeError("the large file did not come back")
        single = sum(
            seconds(["compress", "-q", f"many/{number:02}/{number}.txt"], folder)
            for number in range(SINGLE_COMMANDS)
        )
    result = {
        "environment": environment(),
        "files": len(chunks),
        "bytes": sum(map(len, chunks)),
        "many": many,
        "one": one,
        "single_command": single / SINGLE_COMMANDS,
    }
    write_result("batch", result)
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
