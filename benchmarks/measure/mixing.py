"""What lanes cost with adaptive mixing, and what it brings that they share one set of statistics.

    scripts/bench mixing [--model NAME|FOLDER]

The start of each validation split is coded as one block with mixing, without a model and with one,
by number of lanes; then each lane as a block of its own, which is what statistics for each lane
would give (less the few bytes that a stream takes). One thread.
"""

from __future__ import annotations

import argparse
import sys
from typing import Any

from benchmarks.data import VALIDATION, start_of, title_of
from benchmarks.record import environment, timed, write_result
from lmpack._blocks.coding import Coding
from lmpack._blocks.levels import DEFAULT_MODEL
from lmpack._container import BlockKind
from lmpack._executors import open_executor
from lmpack._executors.mixing import Predictor
from lmpack._executors.protocol import Executor
from lmpack._models.bundle import load_byte_model

LIMIT = 1 << 17
LANES_LOG2 = range(5)


def ignore(share: float) -> None:
    pass


def measure(executor: Executor | None, data: bytes, lanes_log2: int) -> dict[str, Any]:
    """Sizes and speeds of one block, and of its lanes on their own."""
    kind = BlockKind.ADAPTIVE if executor is None else BlockKind.MIXED
    way = Coding(kind, lanes_log2, predictor=Predictor.FULL)
    payload, encoding = timed(way.encode, executor, data, ignore)
    lane = -(-len(data) >> lanes_log2)
    plain, decoding = timed(way.decode, executor, payload, len(data), ignore)
    if plain != data:
        raise RuntimeError("the round trip failed")
    pieces = [data[start : start + lane] for start in range(0, len(data), lane)]
    alone = [way._replace(lanes_log2=0).encode(executor, piece, ignore) for piece in pieces]
    return {
        "lanes": 1 << lanes_log2,
        "bits_per_byte": 8 * len(payload) / len(data),
        "separate_bits_per_byte": 8 * sum(map(len, alone)) / len(data),
        "encode_us_per_byte": 1e6 * encoding["cpu"] / len(data),
        "decode_us_per_byte": 1e6 * decoding["cpu"] / len(data),
    }


def main(arguments: list[str]) -> int:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--model", default=DEFAULT_MODEL)
    options = parser.parse_args(arguments)
    bundle = load_byte_model(options.model)
    result: dict[str, Any] = {"environment": environment(), "model": bundle.name, "limit": LIMIT}
    result["files"] = {}
    for name in VALIDATION:
        data = start_of(name, LIMIT)
        result["files"][title_of(name)] = {
            key: [measure(executor, data, lanes_log2) for lanes_log2 in LANES_LOG2]
            for key, executor in (("none", None), (bundle.name, open_executor(bundle, threads=1)))
        }
        write_result("mixing", result)
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
