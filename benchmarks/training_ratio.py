"""Training beside an earlier revision of lmpack: symbols a CPU second, and their ratio, in one run.

    python benchmarks/training_ratio.py REVISION [--preset tiny] [--rounds 3]

The revision is taken from git into a temporary folder, with the compiled module of this one, and
both train by turns with the recipe `general`, in float32, compiled, on one core.
"""

from __future__ import annotations

import argparse
import json
import os
import shutil
import statistics
import subprocess
import sys
import tempfile
import time
from pathlib import Path
from typing import Any

from environment import environment, require_shared, write_result

import lmpack._native

RESULT = "training_ratio"
WARM_UP, STEPS = 3, 12
ROOT = Path(__file__).parents[1]


def check_out(revision: str, folder: Path) -> Path:
    """The folder for PYTHONPATH of a revision."""
    archive = subprocess.run(
        ["git", "-C", ROOT, "archive", revision, "python"], stdout=subprocess.PIPE, check=True
    )
    subprocess.run(["tar", "-x", "-C", folder], input=archive.stdout, check=True)
    shutil.copy(lmpack._native.__file__, folder / "python" / "lmpack")
    return folder / "python"


def measure(preset: str, data: Path) -> float:
    """Symbols a CPU second of whatever lmpack is imported; a report is in it in the end."""
    import torch

    from lmpack.cli.train import RECIPES
    from lmpack.training.config import read_recipe
    from lmpack.training.train import Trainer

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


def measured(path: Path, preset: str, data: Path) -> float:
    """:func:`measure` in a process of its own, with the package in a folder."""
    output = subprocess.run(
        [sys.executable, __file__, "--measure", "--preset", preset, "--data", data],
        env={**os.environ, "PYTHONPATH": str(path)},
        stdout=subprocess.PIPE,
        check=True,
    ).stdout
    return float(output.split()[-1])


def compare(revision: str, preset: str, rounds: int, data: Path) -> dict[str, Any]:
    """Symbols a CPU second before and after, in turns, and the ratio of their medians."""
    speeds: dict[str, list[float]] = {"before": [], "after": []}
    with tempfile.TemporaryDirectory() as folder:
        paths = {"before": check_out(revision, Path(folder)), "after": ROOT / "python"}
        for _ in range(rounds):
            for name, path in paths.items():
                speeds[name].append(round(measured(path, preset, data)))
                print(preset, name, speeds[name][-1], flush=True)
    medians = {name: statistics.median(values) for name, values in speeds.items()}
    ratio = round(medians["after"] / medians["before"], 3)
    return {"preset": preset, "symbols_per_second": speeds, "ratio": ratio}


def main(arguments: list[str]) -> int:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("revision", nargs="?", help="what to compare with")
    parser.add_argument("--preset", action="append", help="default: tiny and base")
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument("--data", type=Path, help="folder of the sources; default: the shared one")
    parser.add_argument("--measure", action="store_true", help=argparse.SUPPRESS)
    options = parser.parse_args(arguments)
    presets = options.preset or ["tiny", "base"]
    data = options.data or require_shared()
    if options.measure:
        print(measure(presets[0], data))
        return 0
    if options.revision is None:
        parser.error("name a revision")
    rows = [compare(options.revision, preset, options.rounds, data) for preset in presets]
    write_result(RESULT, {"environment": environment(), "revision": options.revision, "rows": rows})
    print(json.dumps(rows))
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
