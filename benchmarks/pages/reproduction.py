"""The tables of docs/reproduction.md."""

from __future__ import annotations

import base64
from pathlib import Path
from types import ModuleType

from benchmarks.evaluated import EVALUATION, evaluated_words
from benchmarks.pages import pretrained
from benchmarks.pages.models import SPLITS
from benchmarks.pages.tables import conditions
from benchmarks.paper_models import read_list
from benchmarks.record import read_result
from lmpack.evaluation import context, scaling, table1, table2
from lmpack.evaluation.markdown import table
from lmpack.evaluation.results import read_rows
from lmpack.evaluation.table2 import weights_in_layers

EXPERIMENTS = {
    "table1": (table1, EVALUATION / "table1.json"),
    "classical": (table1, EVALUATION / "more_data" / "table1.json"),
    "table2": (table2, EVALUATION / "table2.json"),
    "scaling": (scaling, EVALUATION / "scaling.json"),
    "context": (context, EVALUATION / "context.json"),
}
"""What makes each table, and of which results."""

PRETRAINED = EVALUATION / "pretrained" / "table1.json"

EVALUATED = ("enwik8_prefix.valid", "wikipedia_en_2014.valid")


def parts() -> dict[str, str]:
    """The tables by the name of their markers."""
    tables = {
        name: _evaluated(experiment, path) for name, (experiment, path) in EXPERIMENTS.items()
    }
    return {"models": _models(), **tables, "pretrained": _pretrained(), "generation": _generation()}


def _evaluated(experiment: ModuleType, path: Path) -> str:
    """A table of `lmpack eval`, and of what earlier state rows of it are."""
    rows = read_rows(path)
    name = path.relative_to(EVALUATION).with_suffix("").as_posix()
    return f"{experiment.body(rows)}\n\n{evaluated_words(name, rows)}".rstrip()


def _pretrained() -> str:
    """Imported models beside the paper's; its rows alone where nothing was measured."""
    return pretrained.body(read_rows(PRETRAINED) if PRETRAINED.exists() else [])


def _models() -> str:
    """What each is, what it saw and what it reaches."""
    rows = []
    for model in read_list():
        shape = model.shape
        rows.append(
            [
                model.name,
                f"`{model.folder}`",
                model.tokenizer,
                f"{weights_in_layers(shape):,}",
                f"{shape.parameters:,}",
                f"{shape.products_per_symbol:,}",
                f"{model.bundle_bytes:,}",
                f"{model.training['symbols']:,}",
                *(f"{model.evaluation[split]:.3f}" for split in EVALUATED),
            ]
        )
    header = ["model", "folder", "symbols are", "weights in layers", "parameters"]
    header += ["products a symbol", "bundle bytes", "trained on symbols"]
    header += [SPLITS[split] for split in EVALUATED]
    return table(header, rows)


def _generation() -> str:
    """The continuations of the text; bytes that are not printable ASCII as escapes."""
    result = read_result("generation")
    if result is None:
        return ""
    rows = []
    for name, drawn in result["text"].items():
        text = repr(base64.b64decode(drawn))[2:-1]
        rows.append([name, f"`` {text.replace('|', chr(92) + '|')} ``"])
    return table(["", "next 100 bytes"], rows) + "\n\n" + conditions(result)
