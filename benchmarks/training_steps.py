"""Speed of some training steps of whatever lmpack is imported, for training_ratio.py.

    python benchmarks/training_steps.py PRESET DATA

It imports nothing else of the benchmarks, so that an earlier lmpack can run it, too.
"""

from __future__ import annotations

import sys
import tempfile
import time
from pathlib import Path

import torch

from lmpack.cli.train import RECIPES
from lmpack.training.config import read_recipe
from lmpack.training.train import Trainer

WARM_UP, STEPS = 3, 12


def symbols_per_second(preset: str, data: Path) -> float:
    """Symbols a CPU second, with the recipe `general`; a report is in it in the end."""
    torch.set_num_threads(1)
    config = read_recipe(
        RECIPES / "general.json",
        architecture=preset,
        quantize_from=0,
        report_every=1 << 30,
        valid=(),
    )
    with tempfile.TemporaryDirectory() as folder:
        trainer = Trainer(config, data, Path(folder), compile_model=True)
        trainer.run(stop_after=WARM_UP)
        started = time.process_time()
        trainer.run(stop_after=WARM_UP + STEPS)
        spent = time.process_time() - started
    return STEPS * config.batch * config.length / spent


if __name__ == "__main__":
    print(symbols_per_second(sys.argv[1], Path(sys.argv[2])))
