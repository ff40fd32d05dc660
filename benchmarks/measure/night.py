"""All measurements that the documents show, one after another.

    scripts/bench night [--programs DIR] [--build FOLDER] [--from-start] [--list]

A measurement that fails does not stop the others: the end says which failed. Started again, it goes
on with what is missing, as long as the package is the same. DIR holds lpaq1 and paq8px for
`rivals`. FOLDER is the checkout of another build for `coding_ratio`, whose speeds are those of both
builds by turns. Left out is what :data:`NOT_HERE` lists. Afterwards run scripts/docs.
"""

from __future__ import annotations

import argparse
import json
import subprocess
import sys
import time
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from benchmarks.measure.kinds import RIVALS
from benchmarks.measure.versions import installation
from benchmarks.places import ROOT
from benchmarks.record import environment, write_result
from lmpack._models.bundle import list_models

RESULT = "night"
PROGRESS = ROOT / "build" / "night.json"

PROGRAMS, BUILD = "--programs", "--build"
"""Options that a measurement needs; what follows them is given to it."""

SLOW = ("lpaq1", "paq8px")
"""The starts of the names of programs that would take the whole night on files of all kinds."""

ONE_THREAD = ("--threads", "1")
JOBS: tuple[tuple[str, ...], ...] = (
    ("rivals", PROGRAMS),
    ("kinds", "--rivals", *(name for name in RIVALS if not name.startswith(SLOW))),
    ("small_files",),
    ("wheel",),
    ("terminal",),
    ("threads", "--levels", "3,6", "--sizes", "1000000"),
    ("records",),
    ("patches",),
    ("engine",),
    ("compare",),
    ("evaluation", "--all"),
    ("generation",),
    ("living_layers", *(f"{bundle.name} as shipped" for bundle in list_models())),
    ("two_models",),
    ("verify",),
    ("choice",),
    ("mixing",),
    ("mixing_parts",),
    ("chunks",),
    ("flushes",),
    ("zarr",),
    ("copies",),
    ("filters",),
    ("lanes", "--device", "cpu", "--model", "small", *ONE_THREAD),
    ("lanes", "--device", "cpu", "--model", "base", *ONE_THREAD),
    ("lanes", "--device", "cpu:onnxruntime", "--model", "small", *ONE_THREAD),
    ("scaling",),
    ("batch",),
    ("ray",),
    ("coder",),
    ("coding_ratio", BUILD),
    ("reliability",),
)
"""The measurements with their arguments: first what most readers look at."""

NOT_HERE: Mapping[str, str] = {
    "decoder_rivals": "needs an imported model and llama.cpp",
    "decoder_sizes": "needs an imported model",
    "decoder_speed": "needs an imported model",
    "engine_amx": "needs a processor with AMX: engine, renamed",
    "gpu_conformance": "needs a GPU",
    "gpu_counted": "needs a GPU's compiler",
    "gpu_intervals": "needs a few seconds: python -m benchmarks.gpu.intervals",
    "instructions": "needs valgrind and a release build",
    "model_change": "needs the bundle that was there before",
    "night": "is this program",
    "reference_repository": "needs a checkout of the published code",
    "throughput": "needs a GPU",
    "training_experiments": "trains many models",
    "training_speed": "measures training, not coding",
}
"""By result that it leaves out: why."""


def command(job: Sequence[str], given: Mapping[str, Path | None]) -> list[str] | None:
    """How a measurement is started; None if something that it needs was not given."""
    name, *arguments = job
    module = "benchmarks.reliability" if name == "reliability" else f"benchmarks.measure.{name}"
    words = [sys.executable, "-m", module]
    for argument in arguments:
        if argument not in given:
            words.append(argument)
            continue
        value = given[argument]
        if value is None:
            return None
        words += [str(value.absolute())] if argument == BUILD else [argument, str(value.absolute())]
    return words


def run_all(
    jobs: Sequence[Sequence[str]], given: Mapping[str, Path | None], progress: Path
) -> dict[str, str]:
    """Run what is not done yet; by measurement that is missing at the end, why.

    Args:
        jobs: names of measurements with their arguments.
        given: what the options give, or None.
        progress: the file that holds what is done.
    """
    done = read_progress(progress)
    missing = {}
    for job in jobs:
        title = " ".join(job)
        if title in done:
            continue
        words = command(job, given)
        if words is None:
            missing[title] = f"left out, as there is no {job[-1]}"
            continue
        print(f"{time.strftime('%H:%M')} {title}", flush=True)
        status = subprocess.run(words, cwd=ROOT, check=False).returncode
        if status:
            missing[title] = f"failed with status {status}"
            continue
        done.append(title)
        progress.parent.mkdir(exist_ok=True)
        progress.write_text(json.dumps({"package": installation(), "done": done}))
    return missing


def read_progress(progress: Path) -> list[str]:
    """What was done by earlier calls with the same package."""
    known: dict[str, Any] = json.loads(progress.read_text()) if progress.exists() else {}
    return list(known["done"]) if known.get("package") == installation() else []


def main(arguments: list[str]) -> int:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument(PROGRAMS, type=Path)
    parser.add_argument(BUILD, type=Path)
    parser.add_argument("--from-start", action="store_true", help="do again what is done")
    parser.add_argument("--list", action="store_true", help="only say what would be run")
    options = parser.parse_args(arguments)
    if options.list:
        done = read_progress(PROGRESS)
        for job in JOBS:
            print(" ".join(job) + (" (done)" if " ".join(job) in done else ""))
        return 0
    if options.from_start:
        PROGRESS.unlink(missing_ok=True)
    missing = run_all(JOBS, {PROGRAMS: options.programs, BUILD: options.build}, PROGRESS)
    for title, why in missing.items():
        print(f"{title}: {why}", file=sys.stderr)
    if missing:
        return 1
    jobs = [" ".join(job) for job in JOBS]
    write_result(RESULT, {"environment": environment(), "jobs": jobs})
    print("all is measured: now scripts/docs")
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
