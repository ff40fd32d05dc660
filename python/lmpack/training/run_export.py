"""Export of a training run, with what it was trained on and what it reaches."""

from __future__ import annotations

import json
import tempfile
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt

from lmpack.architecture import Architecture
from lmpack.bundle import load_bundle
from lmpack.executors import open_executor
from lmpack.ideal import ideal_bits
from lmpack.training.config import Source
from lmpack.training.data import read_source
from lmpack.training.evaluate import LANE, bits_per_byte
from lmpack.training.export import write_bundle
from lmpack.training.model import ExactTransformer
from lmpack.training.train import load_checkpoint

EVALUATED_BYTES = 1_000_000


def export_run(run: Path, output: Path, *, name: str, data: Path | None, licence: str) -> None:
    """Write the bundle of a training run.

    Args:
        run: folder of the run, with its checkpoint.
        output: folder of the bundle.
        name: what the bundle calls itself.
        licence: of the weights, as the manifest states it.
        data: folder with the validation sources of the recipe; None leaves the evaluation out.

    Raises:
        TrainingError: the checkpoint cannot be read, or the model breaks a bound of exactness.
    """
    state = load_checkpoint(run)
    config = json.loads(state["config"])
    model = ExactTransformer(Architecture.from_json(config["architecture"]))
    model.load_state_dict(state["model"])
    facts: dict[str, Any] = {
        "licence": licence,
        "training": {
            "symbols": state["step"] * config["batch"] * config["length"],
            "sources": {source["path"]: source["weight"] for source in config["train"]},
            "seconds": round(state["seconds"]),
            "torch": state.get("torch"),
            "seed": config["seed"],
        },
    }
    if data is not None:
        contents = {
            source.name: read_source(data, source)[:EVALUATED_BYTES]
            for source in (Source(**entry) for entry in config["valid"])
        }
        facts["evaluation"] = _evaluate_bundle(model, name, contents)
        facts["evaluation_without_rounding"] = {
            source: round(bits_per_byte(model, content, quantize=False), 4)
            for source, content in contents.items()
        }
        facts["evaluated"] = f"first {EVALUATED_BYTES} bytes of each, in lanes of {LANE} bytes"
    write_bundle(model, output, name=name, facts=facts)


def _evaluate_bundle(
    model: ExactTransformer, name: str, contents: dict[str, npt.NDArray[np.uint8]]
) -> dict[str, float]:
    """Bits per byte of the exported integers; the native engine is faster than torch at it."""
    with tempfile.TemporaryDirectory() as folder:
        write_bundle(model, Path(folder) / name, name=name, facts={})
        executor = open_executor(load_bundle(Path(folder) / name), "native")
        return {
            source: round(ideal_bits(executor, content.tobytes(), LANE) / len(content), 4)
            for source, content in contents.items()
        }
