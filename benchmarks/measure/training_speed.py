"""How fast models train on one core of this machine, and what the time goes to.

    scripts/bench training_speed

Each shape trains for a few steps with and without torch.compile, and with the products of the
attention, or all of the forward and backward pass (autocast), in bfloat16. Beside it stands the
speed of one large matrix product, which no part of the training can exceed.
"""

from __future__ import annotations

import contextlib
import itertools
import multiprocessing
import sys
import tempfile
import time
from pathlib import Path
from typing import Any

from benchmarks.data import require_shared
from benchmarks.record import environment, write_result
from lmpack.cli.train import RECIPES
from lmpack.training.config import read_recipe

RESULT = "training_speed"
AUTOCAST = "bfloat16 (autocast)"
CASES = (
    *itertools.product(("tiny",), ("float32", "bfloat16", AUTOCAST), (False, True)),
    *itertools.product(("base",), ("float32", "bfloat16"), (False, True)),
)
"""Shape, type of the products, and whether it is compiled."""

WARM_UP = 2
STEPS = 3
PROFILED_STEPS = 1
PRODUCTS = ("aten::mm", "aten::addmm", "aten::bmm", "aten::baddbmm")
PEAK_SIZE = 1024


def measure(case: tuple[str, str, bool]) -> dict[str, Any]:
    """Symbols and operations a CPU second, and shares of the time, of one case."""
    import torch
    from torch.profiler import ProfilerActivity, profile

    from lmpack.training.train import Trainer

    preset, dtype, compiled = case
    torch.set_num_threads(1)
    config = read_recipe(
        RECIPES / "general.json",
        architecture=preset,
        products="float32" if dtype == "float32" else "bfloat16",
        report_every=1 << 30,
        valid=(),
    )
    cast = torch.autocast("cpu", torch.bfloat16) if dtype == AUTOCAST else contextlib.nullcontext()
    with tempfile.TemporaryDirectory() as folder, cast:
        trainer = Trainer(config, require_shared(), Path(folder), compile_model=compiled)
        trainer.run(stop_after=WARM_UP)
        started = time.process_time()
        trainer.run(stop_after=WARM_UP + STEPS)
        symbols = STEPS * config.batch * config.length
        speed = symbols / (time.process_time() - started)
        with profile(activities=[ProfilerActivity.CPU]) as profiled:
            trainer.run(stop_after=WARM_UP + STEPS + PROFILED_STEPS)
    events = profiled.key_averages()
    whole = sum(event.self_cpu_time_total for event in events)
    products = sum(event.self_cpu_time_total for event in events if event.key in PRODUCTS)
    attention = sum(e.cpu_time_total for e in events if e.key.startswith("lmpack::attend"))
    optimizers = sum(e.cpu_time_total for e in events if e.key.startswith("Optimizer.step"))
    return {
        "preset": preset,
        "products": dtype,
        "compiled": compiled,
        "symbols_per_second": round(speed),
        # Forward, and twice as much backward; a product is a multiplication and an addition.
        "gflops": round(speed * 6 * config.architecture.products_per_symbol / 1e9, 2),
        "share_products": round(products / whole, 3),
        "share_attention": round(attention / whole, 3),
        "share_optimizers": round(optimizers / whole, 3),
    }


def peak_gflops() -> float:
    """Operations a CPU second of a large float32 matrix product on one core."""
    import torch

    torch.set_num_threads(1)
    matrix = torch.randn(PEAK_SIZE, PEAK_SIZE)
    seconds = []
    for _ in range(10):
        started = time.process_time()
        matrix @ matrix
        seconds.append(time.process_time() - started)
    return round(2 * PEAK_SIZE**3 / min(seconds) / 1e9, 1)


def main() -> int:
    import torch

    rows = []
    # A process for each, because compiled code of earlier models would pile up.
    with multiprocessing.get_context("spawn").Pool(1, maxtasksperchild=1) as pool:
        for row in pool.imap(measure, CASES):
            print(row, flush=True)
            rows.append(row)
    write_result(
        RESULT,
        {
            "environment": environment(),
            "torch": str(torch.__version__),
            "instructions": torch.backends.cpu.get_cpu_capability(),
            "peak_gflops": peak_gflops(),
            "rows": rows,
        },
    )
    return 0


if __name__ == "__main__":
    sys.exit(main())
