"""Where the time goes: model, coder, Python; by number of lanes; and the coder's loss.

    python benchmarks/breakdown.py [--executor NAME]

One block of real text is coded with every lane count. "Model" is the time inside the executor,
"coder" inside the C++ coder, "rest" what is left of the wall time. The loss is the payload against
the sum of -log2 of each symbol's share of the weights, that is, of the probabilities before they
become frequencies.
"""

from __future__ import annotations

import argparse
import lzma
import sys
import time
from typing import Any

import numpy as np
import numpy.typing as npt
from environment import environment, require_shared, timed, write_result

import lmpack.codec
from lmpack.bundle import load_bundle
from lmpack.executors import open_executor

SOURCE = "text/wikipedia_en_2014.valid.xz"
BLOCKS = {1 << 14: range(0, 5), 1 << 16: range(0, 7), 1 << 20: range(3, 9)}
"""Log2 of the lane counts that are measured, by size of the block."""


class Stopwatch:
    """Wraps an object and adds up the time inside its methods."""

    def __init__(self, target: Any):
        self._target = target
        self.seconds = 0.0

    def __getattr__(self, name: str) -> Any:
        member = getattr(self._target, name)
        if not callable(member):
            return member

        def call(*arguments: Any) -> Any:
            started = time.perf_counter()
            result = member(*arguments)
            self.seconds += time.perf_counter() - started
            return result

        return call


class EntropyMeter(Stopwatch):
    """An encoder that also adds up the ideal code length of what it codes."""

    bits = 0.0
    lane_length = 0
    length = 0
    done = 0

    def encode(self, weights: npt.NDArray[np.int32], symbols: npt.NDArray[np.int32]) -> None:
        lanes, steps = symbols.shape
        position = np.arange(self.done, self.done + steps)
        coded = np.arange(lanes)[:, None] * self.lane_length + position < self.length
        chosen = np.take_along_axis(weights, symbols[:, :, None], axis=2)[:, :, 0]
        share = np.maximum(chosen, 0.5) / weights.sum(axis=2, dtype=np.float64)
        self.bits -= float(np.log2(share)[coded].sum())
        self.done += steps
        self._target.encode(weights, symbols)

    def finish(self) -> bytes:
        return self._target.finish()


def measure(executor: Any, data: bytes, lanes_log2: int) -> dict[str, Any]:
    """Times of both directions with a given number of lanes."""
    lmpack.codec.lanes_log2 = lambda length: lanes_log2
    result: dict[str, Any] = {"lanes": 1 << lanes_log2, "bytes": len(data)}
    block = None
    for direction in ("encode", "decode"):
        model = Stopwatch(executor)
        coders: list[Stopwatch] = []
        name = "BlockEncoder" if direction == "encode" else "BlockDecoder"
        original = getattr(lmpack.codec, name)

        def make(*arguments: Any, original: Any = original, coders: Any = coders) -> Stopwatch:
            coders.append(Stopwatch(original(*arguments)))
            return coders[-1]

        setattr(lmpack.codec, name, make)
        if block is None:
            block, seconds = timed(lmpack.codec.encode_block, model, data)
        else:
            plain, seconds = timed(lmpack.codec.decode_block, model, block)
            if plain != data:
                raise RuntimeError("the round trip failed")
        setattr(lmpack.codec, name, original)
        coder = sum(watch.seconds for watch in coders)
        result[direction] = {
            "kb_per_s": len(data) / 1000 / seconds["wall"],
            "model": model.seconds / seconds["wall"],
            "coder": coder / seconds["wall"],
            "rest": 1 - (model.seconds + coder) / seconds["wall"],
        }
    result["payload"] = len(block.payload)
    result["bits_per_byte"] = 8 * len(block.payload) / len(data)
    return result


def coder_loss(executor: Any, data: bytes) -> dict[str, float]:
    """The payload against the ideal code length under the model's own probabilities."""
    original = lmpack.codec.BlockEncoder
    meters: list[EntropyMeter] = []

    def make(length: int, lane_length: int, vocabulary: int) -> EntropyMeter:
        meter = EntropyMeter(original(length, lane_length, vocabulary))
        meter.length, meter.lane_length = length, lane_length
        meters.append(meter)
        return meter

    lmpack.codec.BlockEncoder = make
    block = lmpack.codec.encode_block(executor, data)
    lmpack.codec.BlockEncoder = original
    ideal = meters[0].bits / 8
    return {"payload": len(block.payload), "ideal": ideal, "loss": len(block.payload) / ideal - 1}


def main(arguments: list[str]) -> int:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--model", default=None)
    parser.add_argument("--threads", type=int, default=1)
    parser.add_argument("--executor", default="native")
    options = parser.parse_args(arguments)
    data = lzma.decompress((require_shared() / SOURCE).read_bytes())[: 1 << 20]
    bundle = load_bundle(options.model or lmpack.bundle.DEFAULT_MODEL)
    executor = open_executor(bundle, options.executor, options.threads)
    result: dict[str, Any] = {"environment": environment(), "model": bundle.name}
    result["threads"] = options.threads
    result["executor"] = f"{executor.name} {executor.version}"
    result["loss"] = coder_loss(executor, data)
    result["lanes"] = []
    for size, counts in BLOCKS.items():
        for log2 in counts:
            result["lanes"].append(measure(executor, data[:size], log2))
            write_result(f"breakdown_{options.executor}", result)
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
