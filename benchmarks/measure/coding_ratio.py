"""The command next to that of an earlier build of lmpack: CPU seconds by turns, bytes compared.

    scripts/bench coding_ratio [FOLDER] [--rounds N] [--scale X] [--output FILE]

FOLDER holds the package `lmpack` of that build with its compiled module; without one, commit
EARLIER of this history is built in build/earlier, which takes minutes. One thread; three kinds of
rows:

- 2 KB by the command, where the start counts;
- a model alone, without mixing, start or loading, both builds with the bundles of the earlier one:
  here only the engine counts;
- longer files by the command with its levels: larger predictors and more models count in it.
"""

from __future__ import annotations

import argparse
import json
import os
import statistics
import subprocess
import sys
import tempfile
from collections.abc import Callable, Iterator, Mapping
from pathlib import Path
from typing import Any, NamedTuple

from benchmarks.data import WIKIPEDIA, start_of, title_of
from benchmarks.measure.earlier_build import build_of
from benchmarks.measure.process import run
from benchmarks.places import ROOT
from benchmarks.record import environment, write_result

RESULT = "coding_ratio"
EARLIER = "bc32521ca7141d10db3e9392ee6d15f8598f644b"
FILES = (WIKIPEDIA, "general/code.valid.xz")
SIZES = {1: 1_000_000, 6: 1_000_000, 7: 200_000, 9: 200_000}
"""Bytes of each file, by level."""

SMALL_FILE = 2048
MODELS = ("small", "base")
ALONE = 131_072
"""Bytes of text for a model alone."""

LANES = (1, 16)
PROGRAM = Path(__file__).with_name("engine_alone.py")


class Coded(NamedTuple):
    """What a build did once.

    Attributes:
        made: the output, or a digest of it.
        cpu: seconds by direction.
        peak: largest resident set of both directions in bytes; None if other things count in it.
        kernel: the set of kernels, the fastest that the build has; None if it was not asked.
    """

    made: bytes
    cpu: Mapping[str, float]
    peak: float | None = None
    kernel: str | None = None


Turn = Callable[[str], Coded]
"""Codes once with a build of this name."""


def environ_of(package: Path) -> dict[str, str]:
    """Where Python finds a build, which keeps its compiled modules."""
    kept = {key: value for key, value in os.environ.items() if key != "PYTHONDONTWRITEBYTECODE"}
    return {**kept, "PYTHONPATH": str(package)}


def command(package: Path, source: Path, target: Path, *arguments: str) -> dict[str, float]:
    """Seconds and memory of one call of a build's command."""
    with source.open("rb") as stdin, target.open("wb") as stdout:
        called = [sys.executable, "-m", "lmpack", *arguments, "-T1", "-q", "-c"]
        return run(called, stdin=stdin, stdout=stdout, env=environ_of(package))


def by_command(packages: Mapping[str, Path], level: int, folder: Path) -> Turn:
    """Both directions of a level."""

    def turn(build: str) -> Coded:
        plain, packed, back = (folder / name for name in ("plain", "packed", "back"))
        there = command(packages[build], plain, packed, "compress", f"-{level}")
        again = command(packages[build], packed, back, "decompress")
        if back.read_bytes() != plain.read_bytes():
            raise RuntimeError(f"{build} did not give the bytes back")
        cpu = {"compress": there["cpu"], "decompress": again["cpu"]}
        return Coded(packed.read_bytes(), cpu, max(there["peak_memory"], again["peak_memory"]))

    return turn


def by_engine(packages: Mapping[str, Path], bundle: Path, lanes: int, folder: Path) -> Turn:
    """Both directions of a model alone."""

    def turn(build: str) -> Coded:
        called = [sys.executable, str(PROGRAM), str(bundle), str(folder / "plain"), str(lanes)]
        environ = environ_of(packages[build])
        done = subprocess.run(called, env=environ, check=True, capture_output=True, text=True)
        facts = json.loads(done.stdout)
        return Coded(facts["payload"].encode(), facts["cpu"], kernel=facts["kernel"])

    return turn


def compare(turn: Turn, rounds: int) -> dict[str, Any]:
    """Both builds by turns; the first turn proves conformance and fills caches."""
    spent: dict[str, dict[str, list[float]]] = {"compress": {}, "decompress": {}}
    peaks: dict[str, float] = {}
    kernels: dict[str, str] = {}
    for number in range(rounds + 1):
        made = set()
        for build in ("other", "this"):
            coded = turn(build)
            made.add(coded.made)
            if coded.peak is not None:
                peaks[build] = min(coded.peak, peaks.get(build, coded.peak))
            if coded.kernel is not None:
                kernels[build] = coded.kernel
            if number:
                for direction, seconds in coded.cpu.items():
                    spent[direction].setdefault(build, []).append(round(seconds, 3))
    ratios = {
        direction: round(statistics.median(b / a for a, b in zip(*times.values(), strict=True)), 3)
        for direction, times in spent.items()
    }
    found = {"same_bytes": len(made) == 1, "cpu": spent, "ratio": ratios}
    return {**found, "peak_memory": peaks, "kernels": kernels}


def measured(
    packages: Mapping[str, Path], folder: Path, rounds: int, scale: float
) -> Iterator[dict[str, Any]]:
    """All rows, from the shortest to the longest."""

    def start(file: str, size: int) -> dict[str, Any]:
        data = start_of(file, size)
        (folder / "plain").write_bytes(data)
        return {"file": title_of(file), "bytes": len(data)}

    for level in SIZES:
        named = start(WIKIPEDIA, SMALL_FILE)
        turn = by_command(packages, level, folder)
        yield {**named, "level": level, **compare(turn, rounds)}
    for name in MODELS:
        bundle = packages["other"] / "lmpack" / "bundles" / name
        for lanes in LANES:
            named = start(WIKIPEDIA, round(ALONE * scale))
            turn = by_engine(packages, bundle, lanes, folder)
            yield {**named, "model": name, "lanes": lanes, **compare(turn, rounds)}
    for level, size in SIZES.items():
        for file in FILES:
            named = start(file, round(size * scale))
            turn = by_command(packages, level, folder)
            yield {**named, "level": level, **compare(turn, rounds)}


def main(arguments: list[str]) -> int:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("other", type=Path, nargs="?", help="folder of the other build")
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument("--scale", type=float, default=1.0, help="share of the bytes")
    parser.add_argument("--output", type=Path, help="another file than that of the results")
    options = parser.parse_args(arguments)
    other = build_of(EARLIER) if options.other is None else options.other.resolve()
    packages = {"other": other, "this": ROOT / "python"}
    rows = []
    with tempfile.TemporaryDirectory() as name:
        for row in measured(packages, Path(name), options.rounds, options.scale):
            rows.append(row)
            print(json.dumps(row), flush=True)
            result = {"environment": environment(), "other": EARLIER, "rows": rows}
            if options.output is None:
                write_result(RESULT, result)
            else:
                options.output.write_text(json.dumps(result, indent=1) + "\n")
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
