"""A model so small that a run takes a second, and a text for it."""

from __future__ import annotations

import dataclasses
import json
from pathlib import Path
from typing import Any

import torch

from lmpack._models.architecture import WORD, Architecture, ContextTable
from lmpack.training.config import Source, TrainingConfig
from lmpack.training.log import LOG
from lmpack.training.train import Trainer

TEXT = b"".join(b"Line %d of a text that a small model learns soon.\n" % i for i in range(400))
NAME = "text.txt"
ARCHITECTURE = Architecture(
    vocabulary=256, width=32, heads=1, head_width=32, hidden=64, windows=(32,),
    tables=(ContextTable(2, 256, 0, 32), ContextTable(WORD, 64, 0, 32)),
)  # fmt: skip
STEP = 4 * 64
CONFIG = TrainingConfig(
    architecture=ARCHITECTURE,
    train=(Source(NAME),),
    valid=(Source(NAME),),
    symbols=40 * STEP,
    batch=4,
    length=64,
    warmup=4,
    valid_bytes=512,
    report_every=10,
)


def of_steps(steps: int, **changes: Any) -> TrainingConfig:
    """CONFIG for another number of steps."""
    return dataclasses.replace(CONFIG, symbols=steps * STEP, **changes)


def write_text(folder: Path) -> Path:
    """The folder, with the text in it."""
    (folder / NAME).write_bytes(TEXT)
    return folder


def trainer(data: Path, folder: Path, config: TrainingConfig = CONFIG, **options: Any) -> Trainer:
    """A run on the text, without a compiler."""
    return Trainer(config, data, folder, compile_model=False, **options)


def read_log(folder: Path) -> list[dict[str, Any]]:
    """The lines of a run's log."""
    return [json.loads(line) for line in (folder / LOG).read_text().splitlines()]


def weights(run: Trainer) -> dict[str, torch.Tensor]:
    """Copies of all parameters, by name."""
    return {name: value.clone() for name, value in run.model.state_dict().items()}


def assert_equal_weights(a: dict[str, torch.Tensor], b: dict[str, torch.Tensor]) -> None:
    assert a.keys() == b.keys()
    for name, value in a.items():
        assert torch.equal(value, b[name]), name
