"""What --verify costs: CPU seconds of compressing with it over those without, by turns.

    scripts/bench verify [--rounds N]

One thread and one text; the start of the interpreter and of the model is counted, too.
"""

from __future__ import annotations

import argparse
import statistics
import sys
import tempfile
from pathlib import Path
from typing import Any

from benchmarks.data import WIKIPEDIA, start_of, title_of
from benchmarks.measure.process import run
from benchmarks.record import environment, write_result

SIZES = {1: 200_000, 3: 100_000, 6: 60_000, 9: 40_000}
"""Bytes of the text, by level."""
WAYS = ("--no-verify", "--verify")


def measure(level: int, text: bytes, rounds: int) -> dict[str, Any]:
    """CPU seconds of both ways in each round, and the median of their ratios."""
    spent: dict[str, list[float]] = {way: [] for way in WAYS}
    with tempfile.TemporaryDirectory() as folder:
        plain, packed = Path(folder, "in"), Path(folder, "in.lmp")
        plain.write_bytes(text)
        made = set()
        for turn in range(rounds + 1):
            for way in WAYS:
                command = [sys.executable, "-m", "lmpack", "compress", f"-{level}", "-T1", "-qf"]
                taken = run([*command, way, str(plain), "-o", str(packed)])
                made.add(packed.read_bytes())
                if turn:  # the first one proves conformance and fills caches
                    spent[way].append(round(taken["cpu"], 3))
    if len(made) != 1:
        raise RuntimeError("verifying changed the bytes")
    ratio = statistics.median(b / a for a, b in zip(*spent.values(), strict=True))
    return {"level": level, "bytes": len(text), "cpu": spent, "ratio": round(ratio, 2)}


def main(arguments: list[str]) -> int:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--rounds", type=int, default=2)
    rounds = parser.parse_args(arguments).rounds
    rows = []
    for level, size in SIZES.items():
        rows.append(measure(level, start_of(WIKIPEDIA, size), rounds))
        print(level, rows[-1]["ratio"], flush=True)
        result = {"environment": environment(), "file": title_of(WIKIPEDIA), "rows": rows}
        write_result("verify", result)
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
