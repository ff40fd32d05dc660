"""One command for a GPU that is at hand for some minutes.

    python -m benchmarks.gpu --output FOLDER [--data FOLDER] [--seconds N] [--preset NAME]
        [--resume FOLDER] [--stages NAME...]
    python -m benchmarks.gpu --output FOLDER --rehearse

Stages: what is there; conformance; throughput; training of a preset for the time that is left; its
evaluation and weights. FOLDER/results.json is written after each stage. --rehearse runs all of them
on the CPU with tiny sizes. docs/gpu.md says how to use it. Ends with 1 if a stage was not done.
"""

from __future__ import annotations

import argparse
import dataclasses
import sys
import tempfile
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from benchmarks.gpu.outputs import RESULTS, described, prepare
from benchmarks.gpu.parts import PartsError
from benchmarks.gpu.rehearsal import write_rehearsal_data
from benchmarks.gpu.results import ROOT, environment, write_json
from benchmarks.gpu.stages import Stage, ended_by_sigterm, run_stage
from benchmarks.gpu.training import kept_state

NAMES = ("look", "conformance", "throughput", "training", "evaluation")
LOOK_SECONDS, CONFORMANCE_SECONDS, THROUGHPUT_SECONDS = 30.0, 120.0, 90.0
EVALUATION_SECONDS = 60.0
"""Left for the evaluation, of all the time."""
START_SECONDS = 45.0
"""Between the limit of the training stage and the seconds that it trains: it loads and compiles."""


@dataclasses.dataclass(frozen=True)
class Plan:
    """What to run.

    Attributes:
        output: folder for what is to be brought away: at most 8 files, 64 MiB together.
        work: folder for everything else.
        data: folder with the sources of the recipe.
        recipe: name or path.
        preset: shape that is trained.
        resume: folder with the parts of a run's state, from which it goes on.
        seconds: for all stages.
        stages: names of those that are wanted.
        rehearse: on the CPU, with tiny sizes.
    """

    output: Path
    work: Path
    data: Path
    recipe: str
    preset: str
    resume: Path | None
    seconds: float
    stages: tuple[str, ...]
    rehearse: bool

    def limit(self, stage: str, left: float) -> float:
        """Seconds for a stage, of those that are left."""
        fixed = {
            "look": LOOK_SECONDS,
            "conformance": CONFORMANCE_SECONDS,
            "throughput": THROUGHPUT_SECONDS,
            "training": left - EVALUATION_SECONDS * ("evaluation" in self.stages),
        }
        return min(left, fixed.get(stage, left))

    def command(self, stage: str, seconds: float) -> tuple[str, ...]:
        """Arguments of Python for a stage with a limit."""
        small = self.rehearse
        run, data = str(self.work / "run"), str(self.data)
        training_seconds = SMALL_TRAINING if small else max(1.0, seconds - START_SECONDS)
        arguments: dict[str, list[str]] = {
            "look": [],
            "conformance": ["--models", "tiny", "--short"] if small else ["--require-cuda"],
            "throughput": ["--data", data] + SMALL_THROUGHPUT * small,
            "training": ["--recipe", self.recipe, "--preset", self.preset, "--run", run]
            + ["--data", data, "--output", str(self.output), "--seconds", f"{training_seconds:.0f}"]
            + ([] if self.resume is None else ["--resume", str(self.resume)])
            + (["--device", "cpu"] if small else ["--device", "cuda", "--compile"]),
            "evaluation": ["--run", run, "--data", data, "--output", str(self.output)],
        }
        return ("-m", f"benchmarks.gpu.{stage}", *arguments[stage])


SMALL_THROUGHPUT = ["--models", "tiny", "--bytes", "16384", "--threads", "1"]
SMALL_TRAINING = 4.0
SMALL_SECONDS = 600.0
"""Limit of a rehearsal; on a quiet machine it needs about one minute."""


LEAST_SECONDS = 1.0
"""With less left, a stage is not begun."""


def run(plan: Plan) -> dict[str, Any]:
    """Run the stages; the results, which are also in results.json after each of them."""
    started = time.monotonic()
    stages: dict[str, Any] = {}
    results = {"environment": environment(), "stages": stages}
    earlier = described(plan.output)
    for stage in _planned(plan, started):
        enough = stage.seconds >= LEAST_SECONDS
        stages[stage.name] = run_stage(stage, plan.work) if enough else {"state": "no time left"}
        print(f"{stage.name}: {stages[stage.name]['state']}", flush=True)
        try:
            found = described(plan.output).items()
            results["outputs"] = {
                name: {**it, "earlier": earlier.get(name) == it} for name, it in found
            }
            write_json(plan.output / RESULTS, results)
        except OSError as error:  # the next stage may bring out more
            stages[stage.name]["unwritten"] = str(error)
            print(f"{RESULTS} could not be written: {error}", flush=True)
    return results


def _planned(plan: Plan, started: float) -> Iterator[Stage]:
    """One after another, each with a limit by the time that is left then."""
    for name in plan.stages:
        seconds = plan.limit(name, plan.seconds - (time.monotonic() - started))
        yield Stage(name, plan.command(name, seconds), seconds)


def main(arguments: list[str]) -> int:
    parser = argparse.ArgumentParser(
        prog="python -m benchmarks.gpu",
        description=__doc__,
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    parser.add_argument("--output", type=Path, required=True)
    parser.add_argument("--data", type=Path, default=ROOT.parent / "shared" / "data")
    parser.add_argument("--recipe", default="general")
    parser.add_argument("--preset", default="base")
    parser.add_argument("--resume", type=Path)
    parser.add_argument("--seconds", type=float, default=570.0)
    parser.add_argument("--stages", nargs="+", choices=NAMES, default=NAMES)
    parser.add_argument("--rehearse", action="store_true")
    options = vars(parser.parse_args(arguments))
    with ended_by_sigterm(), tempfile.TemporaryDirectory() as folder:
        for name in ("output", "data", "resume"):
            options[name] = options[name] and options[name].resolve()
        options["work"] = Path(folder)
        options["stages"] = tuple(options["stages"])
        if options["rehearse"]:
            options["data"], options["recipe"] = write_rehearsal_data(Path(folder))
            options["preset"], options["seconds"] = "tiny", SMALL_SECONDS
        try:
            if options["resume"] is not None:
                kept_state(options["resume"])
            prepare(options["output"], options["resume"])
        except (OSError, PartsError) as error:
            parser.error(str(error))
        results = run(Plan(**options))
    stages = list(results["stages"].values())
    return int(any(stage["state"] != "done" for stage in stages) or "unwritten" in stages[-1])


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
