"""The command next to that of another build of lmpack: CPU seconds by turns, and bytes compared.

    scripts/bench coding_ratio FOLDER [--rounds N]

FOLDER holds the package `lmpack` of the other build with its compiled module. Both compress the
start of a text and of source code with one thread, and decompress their own output.
"""

from __future__ import annotations

import argparse
import os
import statistics
import subprocess
import sys
import tempfile
from pathlib import Path
from typing import Any

from benchmarks.data import WIKIPEDIA, start_of, title_of
from benchmarks.measure.process import run
from benchmarks.places import ROOT
from benchmarks.record import environment, write_result

RESULT = "coding_ratio"
FILES = (WIKIPEDIA, "general/code.valid.xz")
SIZES = {1: 500_000, 6: 200_000, 9: 100_000}
"""Bytes of each file, by level."""


def command(package: Path, source: Path, target: Path, *arguments: str) -> dict[str, float]:
    """Seconds of one call of a build's command."""
    with source.open("rb") as stdin, target.open("wb") as stdout:
        return run(
            [sys.executable, "-m", "lmpack", *arguments, "-T1", "-q", "-c"],
            stdin=stdin,
            stdout=stdout,
            env={**os.environ, "PYTHONPATH": str(package)},
        )


def compare(packages: dict[str, Path], level: int, data: bytes, rounds: int) -> dict[str, Any]:
    """Both directions of both builds, by turns."""
    spent: dict[str, dict[str, list[float]]] = {"compress": {}, "decompress": {}}
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        (folder / "plain").write_bytes(data)
        packed = {build: folder / f"{build}.lmp" for build in packages}
        for turn in range(rounds + 1):
            for build, package in packages.items():
                there = command(package, folder / "plain", packed[build], "compress", f"-{level}")
                back = command(package, packed[build], folder / "back", "decompress")
                if (folder / "back").read_bytes() != data:
                    raise RuntimeError(f"{build} did not give the bytes back")
                if turn:  # the first one proves conformance and fills caches
                    spent["compress"].setdefault(build, []).append(round(there["cpu"], 3))
                    spent["decompress"].setdefault(build, []).append(round(back["cpu"], 3))
        same = len({path.read_bytes() for path in packed.values()}) == 1
    ratios = {
        direction: round(statistics.median(b / a for a, b in zip(*times.values(), strict=True)), 3)
        for direction, times in spent.items()
    }
    return {"level": level, "bytes": len(data), "same_bytes": same, "cpu": spent, "ratio": ratios}


def main(arguments: list[str]) -> int:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("other", type=Path, help="folder of the other build")
    parser.add_argument("--rounds", type=int, default=4)
    options = parser.parse_args(arguments)
    packages = {"other": options.other.resolve(), "this": ROOT / "python"}
    commit = subprocess.run(
        ["git", "-C", options.other, "rev-parse", "HEAD"], stdout=subprocess.PIPE, text=True
    ).stdout.strip()
    rows = []
    for file in FILES:
        for level, size in SIZES.items():
            row = compare(packages, level, start_of(file, size), options.rounds)
            rows.append({"file": title_of(file), **row})
            print(rows[-1]["file"], level, row["same_bytes"], row["ratio"], flush=True)
            write_result(RESULT, {"environment": environment(), "other": commit, "rows": rows})
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
