"""Speed, memory and loading of an imported language model, against the processor's 8-bit peak.

    scripts/bench decoder_speed BUNDLE [--bytes N] [--lanes N] [--rounds N]

Wikipedia text in one block without mixing, one thread, in one lane and in several, both directions,
decoded and compared. ONNX Runtime codes a shorter piece beside it. The peak is that of 8-bit
products in registers, of one thread, measured before and after each row; shares count the
multiplications of matrices and of attention over full windows. A process that does nothing but load
the model tells time and memory of that.
"""

from __future__ import annotations

import argparse
import sys
from typing import Any

from benchmarks.data import WIKIPEDIA, start_of, title_of
from benchmarks.decoders import require_decoder
from benchmarks.measure.process import run
from benchmarks.record import environment, timed, write_result
from lmpack._blocks.coding import lane_length
from lmpack._executors import open_executor
from lmpack._executors.protocol import no_progress
from lmpack._models.decoder.bundle import DecoderBundle
from lmpack._native import peak_products

PEAK_SECONDS = 0.5
LOADING = """
import sys, time
started = time.perf_counter()
from lmpack._models.bundle import load_bundle
bundle = load_bundle(sys.argv[1])
verified = time.perf_counter()
if sys.argv[2] == "open":
    from lmpack._executors import open_executor
    open_executor(bundle, "cpu", 1)
print(verified - started, time.perf_counter() - verified)
"""


def coded(
    bundle: DecoderBundle, device: str, text: bytes, lanes_log2: int, rounds: int
) -> dict[str, Any]:
    """Best speeds of some rounds."""
    executor = open_executor(bundle, device, 1)
    lane = lane_length(len(text), lanes_log2)
    segmenter = bundle.segmenter()
    tokens = sum(
        len(segmenter.segment(text[first : first + lane])) for first in range(0, len(text), lane)
    )
    kernel = executor.version if device == "cpu" else open_executor(bundle, "cpu", 1).version
    peaks, seconds = [], {"encode": float("inf"), "decode": float("inf")}
    for _ in range(rounds):
        peaks.append(peak_products(kernel, PEAK_SECONDS))
        payload, spent = timed(executor.encode, text, lane, None, no_progress)
        seconds["encode"] = min(seconds["encode"], spent["wall"])
        plain, spent = timed(executor.decode, payload, len(text), lane, None, no_progress)
        seconds["decode"] = min(seconds["decode"], spent["wall"])
        if plain != text:
            raise RuntimeError("the round trip failed")
    products = tokens * bundle.architecture.products_per_symbol
    row: dict[str, Any] = {"device": device, "version": executor.version, "lanes": 1 << lanes_log2}
    row |= {"bytes": len(text), "tokens": tokens, "payload": len(payload)}
    for way, wall in seconds.items():
        row[way] = {
            "kb_per_s": round(len(text) / 1000 / wall, 3),
            "tokens_per_s": round(tokens / wall, 1),
            "share_of_peak": round(products / wall / max(peaks), 3),
        }
    print(row, flush=True)
    return row


def loading(path: str) -> dict[str, Any]:
    """Wall seconds and peak memory of processes that verify, and that also open, a bundle."""
    facts = {}
    for how in ("verify", "open"):
        spent = run([sys.executable, "-c", LOADING, path, how])
        facts[how] = {"seconds": round(spent["wall"], 2), "peak_memory": spent["peak_memory"]}
    return facts


def main(arguments: list[str]) -> int:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("bundle")
    parser.add_argument("--bytes", type=int, default=16384)
    parser.add_argument("--onnxruntime-bytes", type=int, default=1024)
    parser.add_argument("--lanes-log2", type=int, default=3)
    parser.add_argument("--rounds", type=int, default=2)
    options = parser.parse_args(arguments)
    bundle = require_decoder(options.bundle)
    text = start_of(WIKIPEDIA, options.bytes)
    result: dict[str, Any] = {
        "environment": environment(),
        "model": bundle.name,
        "file": title_of(WIKIPEDIA),
        "products_per_token": bundle.architecture.products_per_symbol,
        "loading": loading(options.bundle),
        "rows": [],
    }
    for device, size in (("cpu", options.bytes), ("cpu:onnxruntime", options.onnxruntime_bytes)):
        for lanes_log2 in (0, options.lanes_log2):
            row = coded(bundle, device, text[:size], lanes_log2, options.rounds)
            result["rows"].append(row)
            write_result("decoder_speed", result)
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
