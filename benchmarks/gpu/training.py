"""Train a preset for some seconds, and bring out what a later run goes on from.

    python -m benchmarks.gpu.training --seconds S --data FOLDER --run FOLDER --output FOLDER
        [--recipe NAME] [--preset NAME] [--batch N] [--products TYPE] [--device NAME] [--compile]
        [--resume FOLDER] [--result FILE]

With --resume the run goes on from the state whose parts are in that folder, for so many seconds
more. Each state that the run saves is put into the output in parts, so that the run can be ended at
any time. A state before the fall of the rates is preferred: a longer run
goes on from it.
"""

from __future__ import annotations

import argparse
import contextlib
import json
import subprocess
import sys
import time
from pathlib import Path
from typing import Any

from benchmarks.gpu.parts import INDEX, MIB, PartsError, join, names, pieces_of, split, swap, whole
from benchmarks.gpu.results import stage_parser, write_json

CHECKPOINT = "checkpoint.pt"
STATES = ("before_fall.pt", CHECKPOINT)
"""Files of a run that a run can go on from, the better one first."""

LOG = "log.jsonl"
PART = 15 * MIB
"""Below 16 MiB, the largest file that may come back."""
MOST_PARTS = 4
"""So that all files together are at most 8 and 64 MiB."""
TRAIN = (sys.executable, "-m", "lmpack", "train")


class Keeper:
    """Puts the newest state of a run into the output.

    Attributes:
        kept: what is there, or why nothing is, and why a newer state is not; for the result.
    """

    def __init__(self, run: Path, output: Path) -> None:
        self._run, self._output = run, output
        self._seen: tuple[str, int] | None = None
        self.kept: dict[str, Any] = {"state": "none yet"}

    def keep(self) -> None:
        """Cut the newest state into parts, if it has changed and is not too large.

        If that fails, the state that is there stays, and the next call tries it again.
        """
        try:
            self._keep()
        except OSError as error:
            self.kept = {**self.kept, "failed": str(error)}

    def _keep(self) -> None:
        states = [path for name in STATES if (path := self._run / name).exists()]
        if not states:
            return
        status = states[0].stat()
        seen = states[0].name, status.st_mtime_ns
        if seen == self._seen:
            return
        if status.st_size > MOST_PARTS * PART:
            self.kept = {"state": f"{states[0].name} is too large: {status.st_size} bytes"}
        else:
            self._put(states[0])
            self.kept = {"state": states[0].name, "bytes": status.st_size}
        self._seen = seen

    def _put(self, state: Path) -> None:
        """Put a state into the output in place of any other one."""
        self._output.mkdir(parents=True, exist_ok=True)
        new = split(state, self._run / "parts", PART)  # two would be more than the output may have
        old = [path for name in STATES for path in pieces_of(self._output, name)]
        swap(new, old, self._output, self._run / "old parts")


def kept_state(folder: Path) -> str:
    """Name of the state whose parts are in a folder.

    Raises:
        PartsError: there is none, or its parts are not all there, or not as they were.
    """
    for name in STATES:
        if name in names(folder):
            whole(folder, name)
            return name
    wanted = " or ".join(name + INDEX for name in STATES)
    raise PartsError(f"{folder} has no {wanted}: name the output of an earlier run")


def begin(run: Path, resume: Path | None) -> float:
    """Seconds that a run was trained for before; its state is put into the folder of the run.

    Raises:
        PartsError: the parts of the state are not all there, or not as they were.
    """
    if resume is None:
        return 0.0
    import torch

    state = run / CHECKPOINT
    join(resume, kept_state(resume), state)
    return float(torch.load(state, map_location="cpu", weights_only=True)["seconds"])


def progress(run: Path) -> dict[str, Any]:
    """Steps, symbols a second over the whole run and since the first report, last report."""
    path = run / LOG
    lines = [json.loads(line) for line in path.read_text().splitlines()] if path.exists() else []
    if not lines:
        return {}
    first, last = lines[0], lines[-1]
    found = {"reports": len(lines), "last": last}
    if last["seconds"] > first["seconds"]:
        symbols = last["symbols"] - first["symbols"]
        found["symbols_per_s"] = symbols / (last["seconds"] - first["seconds"])
    return found


def train_command(options: argparse.Namespace, seconds: float) -> list[str]:
    """The command that trains, until the run has taken so many seconds in all."""
    command = [*TRAIN, options.recipe, "--preset", options.preset, "--device", options.device]
    command += ["--batch", options.batch, "--products", options.products]
    command += ["--seconds", seconds, "--data", options.data, "--output", options.run]
    return list(map(str, command)) + ["--compile"] * options.compile


def main(arguments: list[str]) -> int:
    parser = stage_parser(__doc__, "gpu_training")
    add = parser.add_argument
    add("--recipe", default="general", help="name or path of the recipe")
    add("--preset", default="base", help="shape that is trained")
    add("--batch", type=int, default=128, help="sequences in a step")
    add("--products", default="bfloat16", help="operands of the matrix products")
    add("--seconds", type=float, required=True, help="to train in this call")
    add("--device", default="cuda", help="cuda or cpu")
    add("--compile", action="store_true", help="compile the model with torch")
    add("--data", type=Path, required=True, help="folder with the sources of the recipe")
    add("--run", type=Path, required=True, help="folder of the run")
    add("--output", type=Path, required=True, help="folder for the parts of the run's state")
    add("--resume", type=Path, help="folder with the parts of an earlier state")
    add("--keep-every", type=float, default=5.0, help="seconds between two looks at the state")
    options = parser.parse_args(arguments)
    try:
        seconds = begin(options.run, options.resume) + options.seconds
    except PartsError as error:
        sys.exit(f"error: {error}")
    keeper = Keeper(options.run, options.output)
    with subprocess.Popen(train_command(options, seconds)) as process:
        due = time.monotonic() + options.keep_every
        while process.poll() is None:
            time.sleep(0.2)
            if time.monotonic() >= due:
                due += options.keep_every
                keeper.keep()
                with contextlib.suppress(OSError):  # it is written again at the next turn
                    write_json(options.result, {"kept": keeper.kept, **progress(options.run)})
    keeper.keep()
    write_json(options.result, {"kept": keeper.kept, **progress(options.run)})
    return process.returncode


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
