"""The table of the models that were trained for the paper's experiments."""

from __future__ import annotations

from environment import ROOT
from models_page import SPLITS

from lmpack.bundle import Bundle, load_bundle
from lmpack.evaluation.markdown import table
from lmpack.evaluation.table2 import weights_in_layers
from lmpack.tokenization import PLAIN

MODELS = ROOT / "benchmarks" / "models"
"""Folder of their bundles."""

EVALUATED = ("enwik8_prefix.valid", "wikipedia_en_2014.valid")


def bundles() -> list[Bundle]:
    """The bundles, smallest models first, then smallest vocabularies."""

    def size(bundle: Bundle) -> tuple[int, int]:
        return weights_in_layers(bundle.architecture), bundle.architecture.vocabulary

    return sorted((load_bundle(path.parent) for path in MODELS.glob("*/manifest.json")), key=size)


def models() -> str:
    """What each is, what it saw and what it reaches."""
    rows = []
    for bundle in bundles():
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
