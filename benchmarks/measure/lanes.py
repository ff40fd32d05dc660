"""What lanes and blocks cost and bring: size and speed by number of lanes; the coder's loss.

    scripts/bench lanes [--device NAME] [--model NAME|FOLDER]

One block of real text is coded with every lane count, decoded and compared. The loss is the
payload against the sum of -log2 of each symbol's share of the weights, that is, of the
probabilities before they become frequencies.
"""

from __future__ import annotations

import argparse
import sys
from typing import Any

import numpy as np

from benchmarks.data import WIKIPEDIA, start_of
from benchmarks.record import environment, timed, write_result
from lmpack._blocks.ideal import ideal_bits
from lmpack._blocks.levels import DEFAULT_MODEL
from lmpack._executors import open_executor
from lmpack._executors.protocol import Executor, no_progress
from lmpack._models.bundle import load_byte_model

BLOCKS = {
    1 << 14: range(0, 4),
    1 << 16: range(0, 6),
    1 << 18: range(3, 8),
    1 << 20: range(3, 9),
    1 << 22: range(5, 7),
}
"""Log2 of the lane counts that are measured, by size of the block."""


def measure(executor: Executor, data: bytes, lanes: int) -> dict[str, Any]:
    """Payload and speeds of both directions with a given number of lanes."""
    lane_length = -(-len(data) // lanes)
    payload, encoding = timed(executor.encode, data, lane_length, None, no_progress)
    plain, decoding = timed(executor.decode, payload, len(data), lane_length, None, no_progress)
    if plain != data:
        raise RuntimeError("the round trip failed")
    return {
        "bytes": len(data),
        "lanes": lanes,
        "payload": len(payload),
        "bits_per_byte": 8 * len(payload) / len(data),
        "encode_kb_per_s": len(data) / 1000 / encoding["wall"],
        "decode_kb_per_s": len(data) / 1000 / decoding["wall"],
    }


def coder_loss(executor: Executor, data: bytes, lanes: int) -> dict[str, float]:
    """The payload against the ideal code length under the model's own probabilities."""
    lane_length = len(data) // lanes
    ideal = ideal_bits(executor, np.frombuffer(data, np.uint8), lane_length) / 8
    payload = len(executor.encode(data, lane_length, None, no_progress))
    return {"payload": payload, "ideal": ideal, "loss": payload / ideal - 1}


def main(arguments: list[str]) -> int:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--model", default=DEFAULT_MODEL)
    parser.add_argument("--threads", type=int, default=1)
    parser.add_argument("--device", default="cpu")
    parser.add_argument("--largest", type=int, default=max(BLOCKS))
    options = parser.parse_args(arguments)
    data = start_of(WIKIPEDIA, max(BLOCKS))
    bundle = load_byte_model(options.model)
    executor = open_executor(bundle, options.device, options.threads)
    result: dict[str, Any] = {"environment": environment(), "model": bundle.name}
    result["threads"] = options.threads
    result["executor"] = f"{executor.name} {executor.version}"
    result["loss"] = coder_loss(executor, data[: 1 << 18], 64)
    result["rows"] = []
    for size, counts in BLOCKS.items():
        for log2 in counts if size <= options.largest else ():
            result["rows"].append(measure(executor, data[:size], 1 << log2))
            write_result(f"lanes_{executor.name}_{bundle.name}", result)
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
