"""What a second model brings beside base, and what it costs.

    scripts/bench two_models [--model NAME|FOLDER] [--second NAME|FOLDER] [--speeds]

The start of each validation split is coded with mixing as one block of one lane, with the first
model alone and with both. Times are those of a short piece, the best of several turns: CPU seconds
with one thread, wall seconds with two. With --speeds only the times are measured again.
"""

from __future__ import annotations

import argparse
import sys
from typing import Any

from benchmarks.data import VALIDATION, start_of, title_of
from benchmarks.record import environment, read_result, timed, write_result
from benchmarks.standing import is_earlier
from lmpack._blocks.levels import LEVELS
from lmpack._executors import open_executor
from lmpack._executors.mixing import Mixing, Predictor
from lmpack._executors.pair import ExecutorPair
from lmpack._executors.protocol import BlockCoder, no_progress
from lmpack._models.bundle import Bundle, load_byte_model

LIMIT = 200_000
TIMED = 1 << 13
"""Bytes of which the times are measured."""
TURNS = 12
MIXING = Mixing(predictor=Predictor.STRONG)
"""That of level 9."""
CLOCKS = {1: "cpu", 2: "wall"}
"""By the number of threads."""


def coders(bundles: list[Bundle], threads: int) -> dict[str, BlockCoder]:
    """The first model alone, and both."""
    first, second = (open_executor(bundle, threads=threads) for bundle in bundles)
    return {"one": first, "two": ExecutorPair(first, second)}


def size(coder: BlockCoder, data: bytes) -> int:
    """Bytes of the payload."""
    return len(coder.encode(data, len(data), MIXING, no_progress))


def times(coder: BlockCoder, data: bytes, clock: str) -> dict[str, float]:
    """Microseconds a byte of both directions."""
    payload, encoding = timed(coder.encode, data, len(data), MIXING, no_progress)
    plain, decoding = timed(coder.decode, payload, len(data), len(data), MIXING, no_progress)
    if plain != data:
        raise RuntimeError("the round trip failed")
    each = 1e6 / len(data)
    return {"encode": encoding[clock] * each, "decode": decoding[clock] * each}


def speeds(bundles: list[Bundle], data: bytes, threads: int) -> dict[str, Any]:
    """The best times of both, which were measured by turns, and their ratios."""
    both = coders(bundles, threads)
    turns = [
        {name: times(coder, data, CLOCKS[threads]) for name, coder in both.items()}
        for _ in range(TURNS)
    ]
    result: dict[str, Any] = {"threads": threads, "clock": CLOCKS[threads], "bytes": len(data)}
    for way in ("encode", "decode"):
        best = {name: min(turn[name][way] for turn in turns) for name in both}
        result[way] = {**best, "ratio": best["two"] / best["one"]}
    return result


def main(arguments: list[str]) -> int:
    first, second = LEVELS[max(LEVELS)].models
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--model", default=first)
    parser.add_argument("--second", default=second)
    parser.add_argument("--speeds", action="store_true")
    options = parser.parse_args(arguments)
    bundles = [load_byte_model(model) for model in (options.model, options.second)]
    result: dict[str, Any] = {
        "environment": environment(),
        "models": [bundle.name for bundle in bundles],
        "rows": [],
    }
    result["speeds"] = [
        speeds(bundles, start_of(VALIDATION[0], TIMED), threads) for threads in CLOCKS
    ]
    if options.speeds:
        if is_earlier("two_models"):
            raise SystemExit("the sizes are of an earlier state: measure them, too")
        result["rows"] = (read_result("two_models") or result)["rows"]
        write_result("two_models", result)
        return 0
    both = coders(bundles, 1)
    for name in VALIDATION:
        data = start_of(name, LIMIT)
        sizes = {key: size(coder, data) for key, coder in both.items()}
        result["rows"].append({"file": title_of(name), "bytes": len(data), **sizes})
        write_result("two_models", result)
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
