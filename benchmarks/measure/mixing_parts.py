"""What each part of a predictor brings: sizes with it and without, on files of every kind.

    scripts/bench mixing_parts [--predictor NAME]... [--limit BYTES] [--speeds]

One block of one lane without a model or filter. Every part of the predictor is left out once,
alone, and then all at once without which files are smaller on average. A second table has the time
a byte of all predictors, by all kernels for mixing that this processor can run, and of both ways by
the fastest ones; with --speeds only that is measured again.
"""

from __future__ import annotations

import argparse
import sys
from collections.abc import Mapping
from statistics import fmean
from typing import Any

from benchmarks.kinds.build import built
from benchmarks.kinds.files import FILES
from benchmarks.record import environment, read_result, timed, write_result
from benchmarks.standing import is_earlier
from lmpack._executors.mixing import Mixing, Predictor
from lmpack._executors.protocol import no_progress
from lmpack._native import (
    decode_adaptive,
    encode_adaptive,
    mixing_kernels,
    mixing_parts,
    size_without_parts,
)

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
    "x86-linux.elf": 0,
    "array-kennedy.xls": 13,
    "fax-pic.raw": 216,
    "grey-patches.raw": 64,
    "sound16-speech.wav": 2,
}
"""Names of files, and the stride of their records, 0 to leave it to the predictor."""

TIMED = "data-structured.txt"
"""What speeds are measured on."""

TURNS = 5
"""Of which the best counts."""

PARTS_FOR_A_WHOLE = 8
"""So often the predictor as a whole is timed again, among its parts."""


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
    """Sizes and times with all parts, and of each part that a file's predictor has, without it.

    "whole" and "together" have sizes by file, "together" without all parts of "negative";
    "without" has them by part and file. "whole_s" has the CPU seconds of several turns by file,
    "without_s" those of one turn by part and file.
    """
    whole: dict[str, int] = {}
    whole_s: dict[str, list[float]] = {}
    without: dict[str, dict[str, int]] = {}
    without_s: dict[str, dict[str, float]] = {}
    for name, (data, stride) in sample.items():
        mixing = Mixing(stride, predictor)
        for number, part in enumerate(mixing_parts(mixing)):
            if number % PARTS_FOR_A_WHOLE == 0:
                whole[name], seconds = size_of(data, mixing, [])
                whole_s.setdefault(name, []).append(seconds)
            size, seconds = size_of(data, mixing, [part])
            without.setdefault(part, {})[name] = size
            without_s.setdefault(part, {})[name] = seconds
    negative = [part for part, sizes in without.items() if mean_change(sizes, whole) < 0]
    together = {}
    for name, (data, stride) in sample.items():
        mixing = Mixing(stride, predictor)
        mine = [part for part in mixing_parts(mixing) if part in negative]
        together[name], _ = size_of(data, mixing, mine)
    return {
        "whole": whole,
        "without": without,
        "negative": negative,
        "together": together,
        "whole_s": whole_s,
        "without_s": without_s,
    }


def size_of(data: bytes, mixing: Mixing, parts: list[str]) -> tuple[int, float]:
    """Bytes of the payload without these parts, by the fastest kernels, and CPU seconds."""
    size, seconds = timed(size_without_parts, data, mixing, parts, mixing_kernels()[0])
    return size, seconds["cpu"]


def mean_change(sizes: Mapping[str, int], whole: Mapping[str, int]) -> float:
    """By how many per cent files are larger than as a whole, on average."""
    return fmean(100 * (size / whole[name] - 1) for name, size in sizes.items())


def speeds(data: bytes) -> list[dict[str, Any]]:
    """CPU microseconds a byte of all predictors, by turns, the best of them."""
    ways = [(predictor, kernels) for predictor in Predictor for kernels in mixing_kernels()]
    best: dict[tuple[Predictor, str], float] = {}
    for _ in range(TURNS):
        for predictor, kernels in ways:
            _, seconds = timed(size_without_parts, data, Mixing(0, predictor), [], kernels)
            elapsed = seconds["cpu"] * 1e6 / len(data)
            best[predictor, kernels] = min(elapsed, best.get((predictor, kernels), elapsed))
    return [
        {"predictor": predictor.name.lower(), "kernels": kernels, "microseconds": best[way]}
        for way in ways
        for predictor, kernels in [way]
    ]


def both_ways(data: bytes) -> list[dict[str, Any]]:
    """The same of whole blocks, encoding and decoding, by the fastest kernels."""
    turns: dict[Predictor, list[tuple[float, float]]] = {}
    for _ in range(TURNS):
        for predictor in Predictor:
            mixing = Mixing(0, predictor)
            payload, encoding = timed(encode_adaptive, data, len(data), mixing, no_progress)
            size = len(data)
            plain, decoding = timed(decode_adaptive, payload, size, size, mixing, no_progress)
            if plain != data:
                raise RuntimeError("the round trip failed")
            turns.setdefault(predictor, []).append((encoding["cpu"], decoding["cpu"]))
    rows = []
    for predictor, seconds in turns.items():
        encode, decode = (min(way) * 1e6 / len(data) for way in zip(*seconds, strict=True))
        rows.append({"predictor": predictor.name.lower(), "encode": encode, "decode": decode})
    return rows


def main(arguments: list[str]) -> int:
    names = [predictor.name.lower() for predictor in Predictor]
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--predictor", action="append", choices=names)
    parser.add_argument("--limit", type=int, default=LIMIT)
    parser.add_argument("--speeds", action="store_true")
    options = parser.parse_args(arguments)
    if (options.speeds or options.predictor) and is_earlier(NAME):
        parser.error("the other numbers are of an earlier state: measure all of them")
    result: dict[str, Any] = read_result(NAME) or {"predictors": {}}
    result |= {"environment": environment(), "limit": result.get("limit", options.limit)}
    if not options.speeds:
        result["limit"] = options.limit
    sample = pieces(result["limit"])
    result["speeds"] = speeds(sample[TIMED][0])
    result["both_ways"] = both_ways(sample[TIMED][0])
    write_result(NAME, result)
    for name in [] if options.speeds else options.predictor or names:
        result["predictors"][name] = changes(Predictor[name.upper()], sample)
        write_result(NAME, result)
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
