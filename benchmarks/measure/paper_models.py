"""Trains a model of the paper's experiments again, and measures it.

    scripts/bench paper_models FOLDER... [--data DIR] [--runs DIR] [--no-training]

FOLDER is that of a model in benchmarks/models.json, such as 200k_bpe_2048. Trained with the command
of docs/reproduction.md, exported, evaluated, and measured for Table 2; the list and the result file
of Table 2 get the new facts. A model over bytes replaces the bundle in benchmarks/models, one over
tokens stays in RUNS/FOLDER/bundle. An interrupted training goes on at its last report. With
--no-training the bundle that is there is only measured again.
"""

from __future__ import annotations

import argparse
import subprocess
import sys
from pathlib import Path

from benchmarks.data import ENWIK, require_shared
from benchmarks.paper_models import PaperModel, is_kept, read_list, write_list
from benchmarks.places import MODELS, RESULTS, ROOT
from lmpack._models.bundle import load_byte_model
from lmpack.evaluation import table2
from lmpack.evaluation.compressors import find_compressor
from lmpack.evaluation.data_sets import load_data_set

RECIPE = "paper"
CHUNKS = 122
"""Of the text that Table 2 is measured on: 249,856 bytes."""


def commands(model: PaperModel, data: Path, run: Path, bundle: Path) -> list[list[str]]:
    """How it is trained and exported."""
    train = ["train", RECIPE, "--preset", model.preset, "--tokenizer", model.tokenizer]
    train += ["--symbols", str(model.training["symbols"]), "--compile"]
    export = ["export", str(run), str(bundle), "--name", model.name, "--licence", "Apache-2.0"]
    return [
        [*train, "--data", str(data), "--output", str(run)],
        [*export, "--data", str(data)],
    ]


def train(model: PaperModel, data: Path, run: Path, bundle: Path) -> None:
    for arguments in commands(model, data, run, bundle):
        subprocess.run([sys.executable, "-m", "lmpack", *arguments], check=True)


def measure(model: PaperModel, data: Path, bundle: Path) -> PaperModel:
    """Its entry with what was measured."""
    text = load_data_set("enwik8", data / ENWIK, CHUNKS)
    table2.run([find_compressor(f"model:{bundle}")], [text], RESULTS / "evaluation", print)
    return model.trained_as(load_byte_model(bundle))


def main(arguments: list[str]) -> int:
    models = {model.folder: model for model in read_list()}
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("folders", nargs="+", choices=models, metavar="FOLDER")
    parser.add_argument("--data", type=Path)
    parser.add_argument("--no-training", action="store_true")
    parser.add_argument("--runs", type=Path, default=ROOT / "runs" / "paper")
    options = parser.parse_args(arguments)
    for folder in options.folders:
        model, run = models[folder], options.runs / folder
        bundle = MODELS / folder if is_kept(model) else run / "bundle"
        data = options.data or require_shared()
        if not options.no_training:
            train(model, data, run, bundle)
        models[folder] = measure(model, data, bundle)
        write_list(list(models.values()))
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
