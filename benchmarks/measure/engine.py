"""The native engine against what the processor can multiply, and against ONNX Runtime.

    scripts/bench engine [--model NAME|FOLDER]... [--kernels NAME,...] [--size N]... [--runs N]

For each model and each set of kernels (the fastest if none is named) a short and a long block of
Wikipedia text, both directions, through the functions that the command uses
(lmpack._blocks.codec), decoded and compared; the first set also against ONNX Runtime. The peak is
that of 8-bit products in registers, of one thread and the kernels that run,
measured before and after each model. Shares count the multiplications of the linear layers and of
attention over a full window. What encoding spends in which part is measured with parts left out
(benchmarks/measure/engine_parts.py).
"""

from __future__ import annotations

import argparse
import os
import sys
from typing import Any

from benchmarks.data import WIKIPEDIA, start_of
from benchmarks.measure.engine_parts import seconds_by_part
from benchmarks.record import environment, timed, write_result
from lmpack._blocks.codec import decode_block, encode_block
from lmpack._executors import open_executor
from lmpack._executors.native import ISA_VARIABLE, chosen_kernel
from lmpack._models.bundle import Bundle, load_byte_model
from lmpack._native import peak_products

SIZES = (1 << 14, 1 << 18)
ROWS = (("cpu", 1), ("cpu", 2), ("cpu:onnxruntime", 1), ("cpu:onnxruntime", 2))


def measure(bundle: Bundle, data: bytes, device: str, threads: int, runs: int) -> dict[str, Any]:
    """Best speeds of some runs."""
    executor = open_executor(bundle, device, threads)
    encode_block(executor, data[:4096])
    best = {"encode": float("inf"), "decode": float("inf")}
    for _ in range(runs):
        block, seconds = timed(encode_block, executor, data)
        best["encode"] = min(best["encode"], seconds["wall"])
        plain, seconds = timed(decode_block, executor, block)
        best["decode"] = min(best["decode"], seconds["wall"])
        if plain != data:
            raise RuntimeError("the round trip failed")
    row: dict[str, Any] = {
        "executor": executor.name,
        "version": executor.version,
        "threads": threads,
    }
    row |= {"bytes": len(data), "lanes": block.lanes, "payload": len(block.payload)}
    for direction, wall in best.items():
        row[direction] = {
            "kb_per_s": len(data) / 1000 / wall,
            "products_per_s": len(data) * bundle.architecture.products_per_symbol / wall,
        }
    return row


def main(arguments: list[str]) -> int:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--model", action="append")
    parser.add_argument("--kernels", default=chosen_kernel(None), help="names, with commas")
    parser.add_argument("--size", action="append", type=int, help="bytes of a block")
    parser.add_argument("--runs", type=int, default=2)
    parser.add_argument("--no-onnxruntime", action="store_true", help="the engine alone")
    options = parser.parse_args(arguments)
    sizes = options.size or SIZES
    data = start_of(WIKIPEDIA, max(sizes))
    result: dict[str, Any] = {"environment": environment(), "runs": options.runs, "models": []}
    for name in options.model or ["small", "base"]:
        bundle = load_byte_model(name)
        products = bundle.architecture.products_per_symbol
        for number, kernel in enumerate(options.kernels.split(",")):
            os.environ[ISA_VARIABLE] = chosen_kernel(kernel)
            model: dict[str, Any] = {"name": bundle.name, "kernel": kernel, "rows": []}
            model |= {"products_per_byte": products, "built_in": name == bundle.name}
            model["architecture"] = bundle.architecture.to_json()
            result["models"].append(model)
            model["peak_before"] = peak_products(kernel, 1.0)
            for size in sizes:
                for executor, threads in ROWS:
                    if "onnx" in executor and (number or options.no_onnxruntime):
                        continue
                    row = measure(bundle, data[:size], executor, threads, options.runs)
                    model["rows"].append(row)
            model["parts"] = seconds_by_part(bundle, kernel, data[: min(sizes)], options.runs)
            model["peak_after"] = peak_products(kernel, 1.0)
            write_result("engine", result)
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
