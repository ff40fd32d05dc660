"""What each part of a predictor brings: sizes with it and without, on files of every kind.

    scripts/bench mixing_parts [--predictor NAME]... [--limit BYTES] [--speeds]

One block of one lane without a model. Every part of the predictor is left out once, alone. A second
table has the time a byte of all predictors, by all kernels for mixing that this processor can run;
with --speeds only that is measured again.
"""

from __future__ import annotations

import argparse
import sys
import time
from collections.abc import Mapping
from typing import Any

from benchmarks.kinds.build import built
from benchmarks.kinds.files import FILES
from benchmarks.record import environment, read_result, write_result
from lmpack._executors.mixing import Mixing, Predictor
from lmpack._native import mixing_kernels, mixing_parts, size_without_parts

NAME = "mixing_parts"
LIMIT = 60_000

SAMPLE: Mapping[str, int] = {
    "prose-alice.txt": 0,
    "code-mixed.txt": 0,
    "data-structured.txt": 0,
    "data-cities.csv": 0,
    "data-cities.jsonl": 0,
    "log-spark.log": 0,
    "markup-docs.html": 0,
    "language-russian.po": 0,
    "language-chinese.txt": 0,
    "sqlite-cities.db": 0,
    "x64-linalg.so": 0,
    "array-kennedy.xls": 13,
    "fax-pic.raw": 216,
    "grey-patches.raw": 64,
}
"""Names of files, and the stride of their records, 0 to leave it to the predictor."""

TURNS = 3
"""Of which the best counts."""


def pieces(limit: int) -> dict[str, tuple[bytes, int]]:
    """From the middle of each file, and its stride."""
    found = {}
    files = {file.name: file for file in FILES}
    for name, stride in SAMPLE.items():
        data = built(files[name])
        first = max(0, (len(data) - limit) // 2)
        found[name] = data[first : first + limit], stride
    return found


def changes(predictor: Predictor, sample: Mapping[str, tuple[bytes, int]]) -> dict[str, Any]:
    """Sizes with all parts, and of each part that a file's predictor has, without it."""
    kernels = mixing_kernels()[0]
    whole = {
        name: size_without_parts(data, Mixing(stride, predictor), [], kernels)
        for name, (data, stride) in sample.items()
    }
    without: dict[str, dict[str, int]] = {}
    for name, (data, stride) in sample.items():
        mixing = Mixing(stride, predictor)
        for part in mixing_parts(mixing):
            size = size_without_parts(data, mixing, [part], kernels)
            without.setdefault(part, {})[name] = size
    return {"whole": whole, "without": without}


def speeds(data: bytes) -> list[dict[str, Any]]:
    """CPU microseconds a byte of all predictors, by turns, the best of them."""
    ways = [(predictor, kernels) for predictor in Predictor for kernels in mixing_kernels()]
    best: dict[tuple[Predictor, str], float] = {}
    for _ in range(TURNS):
        for predictor, kernels in ways:
            started = time.process_time()
            size_without_parts(data, Mixing(0, predictor), [], kernels)
            elapsed = (time.process_time() - started) * 1e6 / len(data)
            best[predictor, kernels] = min(elapsed, best.get((predictor, kernels), elapsed))
    return [
        {"predictor": predictor.name.lower(), "kernels": kernels, "microseconds": best[way]}
        for way in ways
        for predictor, kernels in [way]
    ]


def main(arguments: list[str]) -> int:
    names = [predictor.name.lower() for predictor in Predictor]
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--predictor", action="append", choices=names)
    parser.add_argument("--limit", type=int, default=LIMIT)
    parser.add_argument("--speeds", action="store_true")
    options = parser.parse_args(arguments)
    result: dict[str, Any] = read_result(NAME) or {"predictors": {}}
    result |= {"environment": environment(), "limit": result.get("limit", options.limit)}
    if not options.speeds:
        result["limit"] = options.limit
    sample = pieces(result["limit"])
    result["speeds"] = speeds(sample["data-structured.txt"][0])
    write_result(NAME, result)
    for name in [] if options.speeds else options.predictor or names:
        result["predictors"][name] = changes(Predictor[name.upper()], sample)
        write_result(NAME, result)
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
