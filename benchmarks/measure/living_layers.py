"""Why hidden units of a deep small model stop firing: short runs that each change one thing.

    scripts/bench living_layers [NAME...]

A model of four layers trains for a short while by the recipe `general` with the rates that `base`
of 49 MB was trained with. Measured on the start of every validation split: bits per byte, units
that fire at all, activations that are 0, how much the residual stream grows, and how much of the
normalised stream is the same at every position. One thread, a process for each run. The shipped
models are measured, too, without training.
"""

from __future__ import annotations

import argparse
import dataclasses
import json
import multiprocessing
import statistics
import sys
import tempfile
from pathlib import Path
from typing import TYPE_CHECKING, Any

from benchmarks.data import require_shared
from benchmarks.record import environment, read_result, write_result
from lmpack._models.bundle import list_models, load_byte_model
from lmpack._models.tokenization import PLAIN, open_tokenizer
from lmpack.cli.train import RECIPES
from lmpack.training.config import TrainingConfig, read_recipe

if TYPE_CHECKING:
    from lmpack.training.model import ExactTransformer

RESULT = "living_layers"
SHAPE: dict[str, Any] = {"windows": (64, 128) * 2, "hidden": 384}
RECIPE = {"matrix_rate": 0.005, "table_rate": 0.01, "batch": 2, "symbols": 600 * 2 * 1024}
VALID_BYTES = 16384
NEVER = 1 << 40
SHIPPED = tuple(f"{bundle.name} as shipped" for bundle in list_models())

Changes = dict[str, Any]

CASES: dict[str, Changes] = {
    "as before": {},
    "seed 2": {"seed": 2},
    "matrix rate 0.0025": {"matrix_rate": 0.0025},
    "matrix rate 0.00125": {"matrix_rate": 0.00125},
    "matrix rate 0.000625": {"matrix_rate": 0.000625},
    "weight decay 0.5": {"weight_decay": 0.5},
    "ReLU in place of its square": {"shape": {"activation": "relu"}},
    "no rounding": {"quantize_from": NEVER, "fall": 0.0},
    "outputs of layers start at 0": {"start": "zero"},
}
"""By name: fields of the recipe, of its shape, and what is done to the first weights."""

ORDER = [*SHIPPED, *CASES]


def configuration(changes: Changes) -> TrainingConfig:
    """The recipe with its changes."""
    fields = {name: value for name, value in changes.items() if name not in ("shape", "start")}
    config = read_recipe(RECIPES / "general.json", architecture="tiny", **{**RECIPE, **fields})
    shape = dataclasses.replace(config.architecture, **SHAPE, **changes.get("shape", {}))
    return dataclasses.replace(
        config, architecture=shape, valid_bytes=VALID_BYTES, report_every=config.steps
    )


def measure(name: str, data: Path) -> dict[str, Any]:
    """Train and look at one model."""
    import torch

    from lmpack.training.log import LOG
    from lmpack.training.train import Trainer

    torch.set_num_threads(1)
    changes = CASES[name]
    with tempfile.TemporaryDirectory() as folder:
        trainer = Trainer(configuration(changes), data, Path(folder), compile_model=True)
        if changes.get("start") == "zero":
            with torch.no_grad():
                for layer in trainer.model.blocks():
                    layer.out.weight.zero_()
                    layer.down.weight.zero_()
        trainer.run()
        report = json.loads((Path(folder) / LOG).read_text().splitlines()[-1])
    return {
        "name": name,
        "mean": round(statistics.mean(report["valid"].values()), 4),
        **report["hidden"],
        **streams(trainer.model, trainer.config, data),
    }


def measure_shipped(name: str, data: Path) -> dict[str, Any]:
    """Look at a shipped model."""
    import torch

    from lmpack.training.model import ExactTransformer
    from lmpack.training.start import load_weights
    from lmpack.training.validation import Validation

    torch.set_num_threads(1)
    bundle = load_byte_model(name.split()[0])
    model = ExactTransformer(bundle.architecture)
    load_weights(model, bundle)
    config = dataclasses.replace(configuration({}), architecture=bundle.architecture)
    found = Validation(config, data, open_tokenizer(PLAIN, data)).measure(model)
    mean = round(statistics.mean(found["valid"].values()), 4)
    facts = {"mean": mean, **found["hidden"], **streams(model, config, data)}
    return {"name": name, **facts, "models": [bundle.name]}


def streams(model: ExactTransformer, config: TrainingConfig, data: Path) -> dict[str, Any]:
    """Growth of the residual stream over the layers, and the constant share of what is normalised.

    The growth is the root mean square after the last layer over that of the embedding. The share,
    for each layer, is the norm of the mean of the normalised stream over the mean of its norm.
    """
    import numpy as np
    import torch

    from lmpack.training.data import read_source
    from lmpack.training.model import normalize
    from lmpack.training.rows import sequence_rows

    texts = [read_source(data, source)[:2048] for source in config.valid]
    rows = sequence_rows(config.architecture, torch.from_numpy(np.stack(texts).astype(np.int64)))
    shares = []
    with torch.no_grad():
        x = model.embed(rows, quantize=True)
        first = x.square().mean().sqrt()
        for layer in model.blocks():
            x = layer(x, True)
            flat = normalize(x, quantize=True).flatten(0, 1)
            shares.append(round(float(flat.mean(dim=0).norm() / flat.norm(dim=1).mean()), 3))
    return {"growth": round(float(x.square().mean().sqrt() / first), 2), "constant": shares}


def main(arguments: list[str]) -> int:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("names", nargs="*", metavar="NAME", help="default: all")
    options = parser.parse_args(arguments)
    data = require_shared()
    before = read_result(RESULT)
    rows: list[dict[str, Any]] = [] if before is None else before["rows"]
    result = {"symbols": RECIPE["symbols"], "valid_bytes": VALID_BYTES}
    here = environment()
    with multiprocessing.get_context("spawn").Pool(1, maxtasksperchild=1) as pool:
        for name in options.names or ORDER:
            look = measure_shipped if name in SHIPPED else measure
            row = pool.apply(look, (name, data))
            print(row, flush=True)
            rows = [old for old in rows if old["name"] != row["name"]]
            rows.append({**row, "environment": here})
            rows.sort(key=lambda row: ORDER.index(row["name"]))
            write_result(RESULT, {**result, "rows": rows})
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
