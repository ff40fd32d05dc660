"""The tables of docs/reproduction.md."""

from __future__ import annotations

import base64
import json

from environment import RESULTS, ROOT
from models_page import SPLITS
from tables import conditions

from lmpack._models.bundle import Bundle, load_bundle
from lmpack._models.tokenization import PLAIN
from lmpack.evaluation import context, scaling, table1, table2
from lmpack.evaluation.markdown import table
from lmpack.evaluation.results import read_rows
from lmpack.evaluation.table2 import weights_in_layers

EVALUATION = RESULTS / "evaluation"

EXPERIMENTS = {
    "table1": (table1, EVALUATION / "table1.json"),
    "classical": (table1, EVALUATION / "more_data" / "table1.json"),
    "table2": (table2, EVALUATION / "table2.json"),
    "scaling": (scaling, EVALUATION / "scaling.json"),
    "context": (context, EVALUATION / "context.json"),
}
"""What makes each table, and of which results."""

MODELS = ROOT / "benchmarks" / "models"
"""Folder of their bundles."""

EVALUATED = ("enwik8_prefix.valid", "wikipedia_en_2014.valid")


def parts() -> dict[str, str]:
    """The tables by the name of their markers."""
    tables = {
        name: experiment.body(read_rows(path)) for name, (experiment, path) in EXPERIMENTS.items()
    }
    return {"models": _models(), **tables, "generation": _generation()}


def _bundles() -> list[Bundle]:
    """The bundles, smallest models first, then smallest vocabularies."""

    def size(bundle: Bundle) -> tuple[int, int]:
        return weights_in_layers(bundle.architecture), bundle.architecture.vocabulary

    return sorted((load_bundle(path.parent) for path in MODELS.glob("*/manifest.json")), key=size)


def _models() -> str:
    """What each is, what it saw and what it reaches."""
    rows = []
    for bundle in _bundles():
        shape, manifest = bundle.architecture, bundle.manifest
        rows.append(
            [
                bundle.name,
                f"`{bundle.path.name}`",
                bundle.tokenizer or PLAIN,
                f"{weights_in_layers(shape):,}",
                f"{shape.parameters:,}",
                f"{shape.products_per_symbol:,}",
                f"{bundle.size:,}",
                f"{manifest['training']['symbols']:,}",
                *(f"{manifest['evaluation'][split]:.3f}" for split in EVALUATED),
            ]
        )
    header = ["model", "folder", "symbols are", "weights in layers", "parameters"]
    header += ["products a symbol", "bundle bytes", "trained on symbols"]
    header += [SPLITS[split] for split in EVALUATED]
    return table(header, rows)


def _generation() -> str:
    """The continuations of the text; bytes that are not printable ASCII as escapes."""
    result = json.loads((RESULTS / "generation.json").read_text())
    rows = []
    for name, drawn in result["text"].items():
        text = repr(base64.b64decode(drawn))[2:-1]
        rows.append([name, f"`` {text.replace('|', chr(92) + '|')} ``"])
    return table(["", "next 100 bytes"], rows) + "\n\n" + conditions(result)
