"""Export of a training run, with what it was trained on and what it reaches."""

from __future__ import annotations

import hashlib
import json
import shutil
import tempfile
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from lmpack._blocks.ideal import ideal_bits
from lmpack._executors import open_executor
from lmpack._models.architecture import Architecture
from lmpack._models.bundle import TOKENIZER, load_byte_model
from lmpack._models.tokenization import PLAIN, Tokenizer, is_learned, open_tokenizer
from lmpack.training.activity import complaints
from lmpack.training.checkpoint import State, checkpoint_errors, load_state
from lmpack.training.config import Source
from lmpack.training.data import read_source
from lmpack.training.evaluate import LANE, bits_per_byte
from lmpack.training.export import write_bundle
from lmpack.training.model import ExactTransformer

EVALUATED_BYTES = 1_000_000


def export_run(run: Path, output: Path, *, name: str, data: Path | None, licence: str) -> list[str]:
    """Write the bundle of a training run.

    Args:
        run: folder of the run, with its checkpoint.
        output: folder of the bundle.
        name: what the bundle calls itself.
        licence: of the weights, as the manifest states it.
        data: folder with the validation sources of the recipe; None leaves the evaluation out.

    Returns:
        warnings about the model, a sentence each.

    Raises:
        TrainingError: the checkpoint cannot be read, or the model breaks a bound of exactness.
        EvaluationError: the tokenizer of the run cannot be read.
    """
    state = load_state(run)
    with checkpoint_errors(run):
        config = json.loads(state["config"])
        model = ExactTransformer(Architecture.from_json(config["architecture"]))
        model.load_state_dict(state["model"])
        facts: dict[str, Any] = {"licence": licence, "training": _training_facts(state, config)}
        hidden = state["hidden"]
        warnings = [] if hidden is None else complaints(hidden)
        kind = config["tokenizer"]
    if hidden is not None:
        facts["hidden_units"] = hidden
    tokenizer = open_tokenizer(kind, run / TOKENIZER)
    if kind != PLAIN:
        facts["tokenizer"] = _with_tokenizer(kind, run, output)
    if data is not None:
        texts = {
            source.name: read_source(data, source)[:EVALUATED_BYTES].tobytes()
            for source in (Source(**entry) for entry in config["valid"])
        }
        facts |= _evaluation(model, name, texts, tokenizer)
    write_bundle(model, output, name=name, facts=facts)
    return warnings


def _training_facts(state: State, config: Mapping[str, Any]) -> dict[str, Any]:
    """What the manifest says of the run, and of what its first weights had seen before."""
    start = state["start"]
    facts = {
        "symbols": int(state["step"]) * config["batch"] * config["length"],
        "sources": {source["path"]: source["weight"] for source in config["train"]},
        "seconds": round(state["seconds"]),
        "torch": state.get("torch"),
        "seed": config["seed"],
    }
    if start is not None:
        facts["symbols"] += start["symbols"]
        facts["started_from"] = start
    return facts


def _with_tokenizer(kind: str, run: Path, output: Path) -> dict[str, str]:
    """What the manifest says of a tokenizer, whose file, if it has one, is copied."""
    if not is_learned(kind):
        return {"kind": kind}
    output.mkdir(parents=True, exist_ok=True)
    shutil.copyfile(run / TOKENIZER, output / TOKENIZER)
    digest = hashlib.sha256((run / TOKENIZER).read_bytes()).hexdigest()
    return {"kind": kind, "sha256": digest}


def _evaluation(
    model: ExactTransformer, name: str, texts: Mapping[str, bytes], tokenizer: Tokenizer
) -> dict[str, Any]:
    """Bits per byte of the exported integers, and of the weights before rounding.

    The former are measured by the native engine, which is faster at it than torch.
    """
    exact, unrounded = {}, {}
    with tempfile.TemporaryDirectory() as folder:
        write_bundle(model, Path(folder) / name, name=name, facts={})
        executor = open_executor(load_byte_model(Path(folder) / name), "cpu")
        for source, text in texts.items():
            symbols = tokenizer.encode(text)
            exact[source] = round(ideal_bits(executor, symbols, LANE) / len(text), 4)
            rate = bits_per_byte(model, symbols, len(text), quantize=False)
            unrounded[source] = round(rate, 4)
    return {
        "evaluation": exact,
        "evaluation_without_rounding": unrounded,
        "evaluated": f"first {EVALUATED_BYTES} bytes of each, in lanes of {LANE} symbols",
    }
