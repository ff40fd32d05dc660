"""What a small model gains from its shape, its tables, its optimizer and its mixture of data.

    scripts/bench training_experiments [NAME...] [--jobs N]

Each experiment changes one thing of the recipe `general` with the shape `tiny` or `small`, trains
for a short while and measures bits per byte on the start of every validation split. Experiments
whose result is there already are not repeated, so that a run can be interrupted. One thread each.
"""

from __future__ import annotations

import argparse
import dataclasses
import functools
import json
import multiprocessing
import statistics
import sys
import tempfile
import time
from pathlib import Path
from typing import Any

from benchmarks.data import require_shared
from benchmarks.places import RESULTS
from benchmarks.record import environment, write_result
from lmpack._models.architecture import WORD, ContextTable
from lmpack.cli.train import RECIPES
from lmpack.training.config import Source, TrainingConfig, read_recipe
from lmpack.training.presets import PRESETS

RESULT = "training_experiments"
SYMBOLS = 3_000_000
VALID_BYTES = 32768

Changes = dict[str, Any]


def tables(*orders_and_rows: tuple[int, int]) -> tuple[ContextTable, ...]:
    """Tables beside one another in 128 channels, from the first channel again when these end."""
    return tuple(
        ContextTable(order, rows, i * 64 % 128, 64)
        for i, (order, rows) in enumerate(orders_and_rows)
    )


def narrow_and_deep(layers: int, width: int, heads: int, hidden: int, *windows: int) -> Changes:
    """A shape of another width, with tables of half the width and about as many bytes."""
    half = width // 64 * 32
    rows = 4096 * 64 // half
    contexts = tuple(
        ContextTable(table.order, rows, i % 2 * half, half)
        for i, table in enumerate(PRESETS["tiny"].tables)
    )
    shape = {"width": width, "heads": heads, "hidden": hidden, "tables": contexts}
    return {"shape": {**shape, "windows": windows * (layers // len(windows))}}


def mixture(**weights: float) -> Changes:
    """Other weights, by the first word of the sources' names."""
    return {"weights": weights}


def small(layers: int, width: int, heads: int, hidden: int, *windows: int) -> Changes:
    """A shape of the size of `small`, with the tables of `tiny`."""
    shape = {"width": width, "heads": heads, "hidden": hidden, "tables": PRESETS["tiny"].tables}
    return {"preset": "small", "shape": {**shape, "windows": windows * (layers // len(windows))}}


def times(factor: int) -> tuple[ContextTable, ...]:
    """The tables of `tiny` with a multiple of their rows."""
    return tuple(
        dataclasses.replace(table, rows=table.rows * factor) for table in PRESETS["tiny"].tables
    )


FAST: Changes = {"matrix_rate": 0.00125, "products": "bfloat16"}
"""The recipe of today, in the products that a CPU with AMX is fast in."""

EXPERIMENTS: dict[str, Changes] = {
    "small: 4 layers, 4 heads, hidden 512": small(4, 128, 4, 512, 128, 384),
    "small: 3 layers, width 192": small(3, 192, 3, 512, 64, 512, 512),
    "tiny": {},
    "tiny, seed 2": {"seed": 2},
    "4 layers, width 64": narrow_and_deep(4, 64, 2, 256, 64, 64, 128, 512),
    "3 layers, width 96": narrow_and_deep(3, 96, 3, 192, 64, 128, 256),
    "windows 320, 320": {"shape": {"windows": (320, 320)}},
    "4 heads, windows 64, 128": {"shape": {"heads": 4, "windows": (64, 128)}},
    "ReLU": {"shape": {"activation": "relu"}},
    "no tables": {"shape": {"tables": ()}},
    "tables of orders 2, 3, 4, 5, 6": {
        "shape": {"tables": tables((2, 4096), (3, 4096), (4, 4096), (5, 4096), (6, 4096))}
    },
    "tables with twice the rows": {
        "shape": {"tables": tables((2, 8192), (3, 8192), (4, 8192), (6, 8192), (WORD, 8192))}
    },
    "AdamW, matrix rate 0.005": {"matrix_optimizer": "adamw"},
    "AdamW, matrix rate 0.002": {"matrix_optimizer": "adamw", "matrix_rate": 0.002},
    "matrix rate 0.01": {"matrix_rate": 0.01},
    "matrix rate 0.0025": {"matrix_rate": 0.0025},
    "table rate 0.02": {"table_rate": 0.02},
    "table rate 0.005": {"table_rate": 0.005},
    "batch 8": {"batch": 8},
    "batch 2, length 2048": {"batch": 2, "length": 2048},
    "more code and structured data": mixture(
        wikipedia=0.26, enwik8=0.04, novels=0.14, code=0.2, docs=0.09, structured=0.12,
        multilingual=0.1, latex=0.05,
    ),
    "more prose": mixture(
        wikipedia=0.44, enwik8=0.06, novels=0.2, code=0.12, docs=0.06, structured=0.05,
        multilingual=0.05, latex=0.02,
    ),
    "matrix rate 0.00125": FAST,
    "matrix rate 0.00125, twice the rows": {**FAST, "shape": {"tables": times(2)}},
    "matrix rate 0.00125, four times the rows": {**FAST, "shape": {"tables": times(4)}},
    "matrix rate 0.00125, batch 8": {**FAST, "batch": 8},
    "matrix rate 0.00125, batch 2": {**FAST, "batch": 2},
}  # fmt: skip
"""By name: fields of the recipe, of its shape, and weights of its sources."""


def configuration(changes: Changes) -> TrainingConfig:
    """The recipe with its changes."""
    base = read_recipe(RECIPES / "general.json", architecture=changes.get("preset", "tiny"))
    rest = ("preset", "shape", "weights")
    fields = {key: value for key, value in changes.items() if key not in rest}
    weights = changes.get("weights", {})
    batch, length = fields.get("batch", base.batch), fields.get("length", base.length)
    return dataclasses.replace(
        base,
        **fields,
        architecture=dataclasses.replace(base.architecture, **changes.get("shape", {})),
        train=tuple(_weighted(source, weights) for source in base.train),
        symbols=SYMBOLS,
        valid_bytes=VALID_BYTES,
        report_every=SYMBOLS // (batch * length),
    )


def _weighted(source: Source, weights: dict[str, float]) -> Source:
    return dataclasses.replace(
        source, weight=weights.get(source.name.split("_")[0].split(".")[0], source.weight)
    )


def measure(name: str, data: Path) -> dict[str, Any]:
    """Train and evaluate one experiment."""
    import torch

    from lmpack.training.log import LOG
    from lmpack.training.train import Trainer

    torch.set_num_threads(1)
    config = configuration(EXPERIMENTS[name])
    with tempfile.TemporaryDirectory() as folder:
        trainer = Trainer(config, data, Path(folder), compile_model=True)
        started = time.process_time()
        trainer.run()
        seconds = time.process_time() - started
        report = json.loads((Path(folder) / LOG).read_text().splitlines()[-1])
    rates = {source: round(rate, 4) for source, rate in report["valid"].items()}
    return {
        "name": name,
        "products_per_byte": config.architecture.products_per_symbol,
        "parameters": config.architecture.parameters,
        "config": config.to_json(),
        "cpu_seconds": round(seconds, 1),
        "bits_per_byte": rates,
        "mean": round(statistics.mean(rates.values()), 4),
    }


def main(arguments: list[str]) -> int:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("names", nargs="*", metavar="NAME", help="default: all")
    parser.add_argument("--jobs", type=int, default=1, help="experiments at a time")
    options = parser.parse_args(arguments)
    data = require_shared()
    path = RESULTS / f"{RESULT}.json"
    rows = json.loads(path.read_text())["rows"] if path.exists() else []
    rows = [row for row in rows if row["name"] in EXPERIMENTS]
    known = {json.dumps(row["config"], sort_keys=True) for row in rows}
    names = [
        name
        for name in options.names or list(EXPERIMENTS)
        if json.dumps(configuration(EXPERIMENTS[name]).to_json(), sort_keys=True) not in known
    ]
    result = {"symbols": SYMBOLS, "valid_bytes": VALID_BYTES}
    here = environment()
    # A process for each, because compiled code of earlier models would pile up.
    context = multiprocessing.get_context("spawn")
    with context.Pool(options.jobs, maxtasksperchild=1) as pool:
        for row in pool.imap_unordered(functools.partial(measure, data=data), names):
            print(f"{row['mean']:.4f} {row['products_per_byte']:,} {row['name']}", flush=True)
            rows = [old for old in rows if old["name"] != row["name"]]
            rows.append({**row, "environment": here})
            rows.sort(key=lambda row: list(EXPERIMENTS).index(row["name"]))
            write_result(RESULT, {**result, "rows": rows})
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
