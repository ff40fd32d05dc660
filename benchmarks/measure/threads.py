"""One thread against two and eight, by level and size, both ways; and what follows for more cores.

    scripts/bench threads [--sizes N,...] [--levels N,...] [--rounds N] [--output FILE]

The command is run by turns (1, 2, 8, then 8, 2, 1, and so on), the shortest time of all rounds
counts; all times are kept. Two quantities are counted in the same run, by one thread: the serial
share, which is CPU time of mixing the same bytes with the level's predictor alone; and what a pass
over one lane takes, next to its share of a pass over all lanes. What is computed from them for more
cores than the machine has follows docs/engine.md, "Threads".
"""

from __future__ import annotations

import argparse
import json
import lzma
import os
import sys
import tempfile
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from benchmarks.data import require_shared, title_of
from benchmarks.measure.process import run
from benchmarks.measure.thread_law import MeasuredCosts, seconds_on
from benchmarks.record import environment, timed, write_result
from lmpack import _native
from lmpack._blocks.choice import mixed_lanes_log2
from lmpack._blocks.levels import LEVELS
from lmpack._executors.native import NativeExecutor
from lmpack._executors.protocol import no_progress
from lmpack._models.bundle import load_byte_model

SOURCE = "text/wikipedia_en_2014.train.xz"
SIZES = (1_000_000, 5_000_000, 50_000_000)
WITH_MODEL = tuple(number for number, level in LEVELS.items() if level.models)
THREADS = (1, 2, 8)
"""The last one is more than the machine has processors."""

COMPUTED = (4, 8, 16)
LONGEST_PIECE = 32_768
SERIAL_SAMPLE = 1_000_000
"""Bytes that the serial share is counted on, at most."""

PASS_SAMPLE = 16_384
"""Bytes that are decoded to time passes."""


def mixing_seconds(number: int, data: bytes) -> float:
    """CPU seconds of mixing by one thread for each byte, without a model."""
    mixing = (0, LEVELS[number].beside or LEVELS[number].predictor)
    _, taken = timed(_native.encode_adaptive, data, len(data), mixing, lambda steps: None)
    return taken["cpu"] / len(data)


def pass_of_one_lane(models: Sequence[str], data: bytes, lanes: int, rounds: int) -> float:
    """CPU seconds of decoding one lane without mixing, over those of as many bytes in all lanes."""
    if lanes == 1:
        return 1.0
    data = data[:PASS_SAMPLE]
    seconds = {1: 0.0, lanes: 0.0}
    for model in models:
        executor = NativeExecutor(load_byte_model(model), threads=1)
        for count in seconds:
            lane_length = -(-len(data) // count)
            payload = executor.encode(data, lane_length, None, no_progress)
            seconds[count] += min(
                timed(executor.decode, payload, len(data), lane_length, None, no_progress)[1]["cpu"]
                for _ in range(rounds)
            )
    return seconds[1] / seconds[lanes]


def commands(number: int, threads: int, folder: Path) -> dict[str, list[str]]:
    """Both directions of a level."""
    plain, packed, back = (str(folder / name) for name in ("in", "in.lmp", "back"))
    lmpack = [sys.executable, "-m", "lmpack"]
    return {
        "compress": [*lmpack, "compress", f"-{number}", f"-T{threads}", "-qf", plain, "-o", packed],
        "decompress": [*lmpack, "decompress", f"-T{threads}", "-qf", packed, "-o", back],
    }


def best(runs: list[dict[str, float]]) -> dict[str, float]:
    """The least of each quantity."""
    return {key: round(min(taken[key] for taken in runs), 3) for key in runs[0]}


def measure(number: int, plain: bytes, start: dict[str, float], rounds: int) -> dict[str, Any]:
    """Times and peak memory by direction and number of threads, and what follows from them."""
    level = LEVELS[number]
    load = os.getloadavg()[0]
    spent: dict[str, dict[int, list[dict[str, float]]]] = {"compress": {}, "decompress": {}}
    serial = []
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        (folder / "in").write_bytes(plain)
        made = set()
        for turn in range(rounds):
            serial.append(mixing_seconds(number, plain[:SERIAL_SAMPLE]))
            for threads in THREADS if turn % 2 == 0 else reversed(THREADS):
                for direction, command in commands(number, threads, folder).items():
                    spent[direction].setdefault(threads, []).append(run(command))
                made.add((folder / "in.lmp").read_bytes())
                if (folder / "back").read_bytes() != plain:
                    raise RuntimeError("the round trip failed")
    if len(made) != 1:
        raise RuntimeError("the number of threads changed the bytes")
    row: dict[str, Any] = {"level": number, "bytes": len(plain), "mixing": min(serial)}
    lanes = 1 << mixed_lanes_log2(min(len(plain), level.block_size), level.most_lanes)
    alone = pass_of_one_lane(level.models, plain, lanes, rounds)
    row |= {"rounds": rounds, "load": round(load, 2), "lanes": lanes, "alone": round(alone, 3)}
    models = [load_byte_model(model).architecture for model in level.models]
    warm_up = max(sum(size - 1 for size in model.windows) for model in models)
    products = [model.products_per_symbol for model in models]
    for direction, by_threads in spent.items():
        measured = {threads: best(runs) for threads, runs in by_threads.items()}
        costs = MeasuredCosts(
            length=len(plain),
            block=level.block_size,
            lanes=lanes,
            start=start[direction],
            serial=min(serial),
            whole=measured[1]["cpu"],
            largest_model=max(products) / sum(products),
            warm_up=warm_up / LONGEST_PIECE,
            alone=alone,
        )
        row[direction] = {
            "measured": measured,
            "walls": {
                threads: [round(taken["wall"], 3) for taken in runs]
                for threads, runs in by_threads.items()
            },
            "computed": {n: round(seconds_on(n, costs, direction), 3) for n in COMPUTED},
        }
    return row


def start_seconds(rounds: int) -> dict[str, float]:
    """CPU seconds of the command for a file of one byte."""
    with tempfile.TemporaryDirectory() as name:
        (Path(name) / "in").write_bytes(b"a")
        taken = {
            direction: best([run(command) for _ in range(rounds + 1)])["cpu"]
            for direction, command in commands(6, 1, Path(name)).items()
        }
    return taken


def numbers(text: str) -> tuple[int, ...]:
    return tuple(map(int, text.split(",")))


def main(arguments: list[str]) -> int:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--sizes", type=numbers, default=SIZES)
    parser.add_argument("--levels", type=numbers, default=WITH_MODEL)
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument("--output", type=Path, help="another file than that of the results")
    options = parser.parse_args(arguments)
    rows = []
    for size in options.sizes:
        with lzma.open(require_shared() / SOURCE) as file:
            plain = file.read(size)
        for number in options.levels:
            rows.append(measure(number, plain, start_seconds(options.rounds), options.rounds))
            result = {"environment": environment(), "file": title_of(SOURCE), "rows": rows}
            if options.output is None:
                write_result("threads", result)
            else:
                options.output.write_text(json.dumps(result, indent=1) + "\n")
            print(json.dumps(rows[-1]), flush=True)
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
