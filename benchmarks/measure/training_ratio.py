"""Training beside an earlier revision of lmpack: symbols a CPU second, and their ratio, in one run.

    scripts/bench training_ratio REVISION [--preset tiny] [--rounds 3]

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
from pathlib import Path
from typing import Any

import lmpack._native
from benchmarks.data import require_shared
from benchmarks.places import ROOT
from benchmarks.record import environment, write_result

RESULT = "training_ratio"


def check_out(revision: str, folder: Path) -> Path:
    """The folder for PYTHONPATH of a revision."""
    archive = subprocess.run(
        ["git", "-C", ROOT, "archive", revision, "python"], stdout=subprocess.PIPE, check=True
    )
    subprocess.run(["tar", "-x", "-C", folder], input=archive.stdout, check=True)
    shutil.copy(lmpack._native.__file__, folder / "python" / "lmpack")
    return folder / "python"


def measured(path: Path, preset: str, data: Path) -> float:
    """Symbols a CPU second of the package in a folder, in a process of its own."""
    output = subprocess.run(
        [sys.executable, ROOT / "benchmarks" / "training_steps.py", preset, data],
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
    parser.add_argument("revision", help="what to compare with")
    parser.add_argument("--preset", action="append", help="default: tiny and base")
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument("--data", type=Path, help="folder of the sources; default: the shared one")
    options = parser.parse_args(arguments)
    presets = options.preset or ["tiny", "base"]
    data = options.data or require_shared()
    rows = [compare(options.revision, preset, options.rounds, data) for preset in presets]
    write_result(RESULT, {"environment": environment(), "revision": options.revision, "rows": rows})
    print(json.dumps(rows))
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
