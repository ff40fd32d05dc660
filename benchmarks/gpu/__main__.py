"""One command for a GPU that is at hand for some minutes.

    python -m benchmarks.gpu --output FOLDER [--data FOLDER] [--recipe NAME] [--preset NAME]
        [--batch N] [--products TYPE] [--seconds N] [--resume FOLDER] [--stages NAME...]
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
from lmpack.training.config import PRODUCTS

NAMES = ("look", "conformance", "throughput", "training", "evaluation")
LOOK_SECONDS, CONFORMANCE_SECONDS, THROUGHPUT_SECONDS = 30.0, 240.0, 90.0
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
        batch: sequences in a step of training.
        products: operands of its matrix products.
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
    batch: int
    products: str
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
            "conformance": ["--models", "tiny", "--short"]
            if small
            else ["--require-cuda", "--only-cuda"],
            "throughput": ["--data", data] + SMALL_THROUGHPUT * small,
            "training": ["--recipe", self.recipe, "--preset", self.preset]
            + ["--batch", str(self.batch), "--products", self.products]
            + ["--run", run, "--data", data, "--output", str(self.output)]
            + ["--seconds", f"{training_seconds:.0f}"]
            + ([] if self.resume is None else ["--resume", str(self.resume)])
            + (["--device", "cpu"] if small else ["--device", "cuda", "--compile"]),
            "evaluation": ["--run", run, "--data", data, "--output", str(self.output)],
        }
        return ("-m", f"benchmarks.gpu.{stage}", *arguments[stage])


SMALL_THROUGHPUT = ["--models", "tiny", "--bytes", "16384", "--threads", "1"]
SMALL_TRAINING = 1.0
SMALL_BATCH = 2
SMALL_SECONDS = 600.0
"""Limit of a rehearsal; on a quiet machine it needs some 20 seconds."""


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
    add = parser.add_argument
    add("--output", type=Path, required=True, help="folder for at most 8 files, 64 MiB together")
    data = ROOT.parent / "shared" / "data"
    add("--data", type=Path, default=data, help="folder with the sources of the recipe")
    add("--recipe", default="general", help="name or path of the recipe (default: general)")
    add("--preset", default="base", help="shape that is trained (default: base)")
    add("--batch", type=int, default=128, help="sequences in a step of training (default: 128)")
    products = "operands of the matrix products in training (default: bfloat16)"
    add("--products", choices=PRODUCTS, default="bfloat16", help=products)
    add("--resume", type=Path, help="output of an earlier call, whose run goes on")
    add("--seconds", type=float, default=570.0, help="for all stages together (default: 570)")
    add("--stages", nargs="+", choices=NAMES, default=NAMES, help="only these stages")
    add("--rehearse", action="store_true", help="all stages on the CPU, with tiny sizes")
    options = vars(parser.parse_args(arguments))
    with ended_by_sigterm(), tempfile.TemporaryDirectory() as folder:
        for name in ("output", "data", "resume"):
            options[name] = options[name] and options[name].resolve()
        options["work"] = Path(folder)
        options["stages"] = tuple(options["stages"])
        if options["rehearse"]:
            options["data"], options["recipe"] = write_rehearsal_data(Path(folder))
            options |= {"preset": "tiny", "batch": SMALL_BATCH, "seconds": SMALL_SECONDS}
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
