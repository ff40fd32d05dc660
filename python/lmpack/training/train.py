"""The training loop: resumable, extendable, seeded, with a log of bits per byte and its picture."""

from __future__ import annotations

import json
import math
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import torch

from lmpack._models.bundle import Bundle
from lmpack.errors import TrainingError
from lmpack.training.checkpoint import (
    BRANCH,
    CHECKPOINT,
    PLATEAU,
    State,
    branch,
    checkpoint_errors,
    resumable_state,
    save_state,
)
from lmpack.training.config import TrainingConfig
from lmpack.training.course import Course
from lmpack.training.curves import CURVES, draw_curves
from lmpack.training.data import read_symbols, tokenizer_of_run
from lmpack.training.log import LOG, Line, TrainingLog
from lmpack.training.model import ExactTransformer
from lmpack.training.precision import EXACT, usable_device
from lmpack.training.sampler import Sampler
from lmpack.training.start import load_weights, revive_dead_units
from lmpack.training.steps import Steps
from lmpack.training.validation import Validation

REVIVAL_SYMBOLS = 1 << 16
"""Training symbols on which a hidden unit has to fire once, or it begins again."""


def _facts(bundle: Bundle) -> dict[str, Any]:
    """What the checkpoint says of the bundle that a run started from."""
    seen = bundle.manifest.get("training", {}).get("symbols", 0)
    return {"name": bundle.name, "fingerprint": bundle.fingerprint.hex(), "symbols": seen}


def _same_weights(facts: dict[str, Any], others: dict[str, Any] | None) -> bool:
    return others is not None and facts["fingerprint"] == others["fingerprint"]


class Trainer:
    """One run in a folder; :meth:`run` goes on from the checkpoint that is there.

    Attributes:
        model: what is trained.
        course: how far it is.

    Args:
        config: what it depends on.
        data: folder of the sources.
        folder: of the run, made if needed.
        compile_model: whether torch compiles the model.
        device: "cpu"; "cuda"; "auto" for a GPU if there is one.
        branch_of: folder of a run from whose newest state before any fall this one falls at once,
            whatever the configuration says of its end; only used as long as `folder` has no state.
        start_from: bundle whose weights the run begins with, its dead hidden units revived.

    Raises:
        TrainingError: a source, the checkpoint, the bundle or the device cannot be used.
    """

    def __init__(
        self,
        config: TrainingConfig,
        data: Path,
        folder: Path,
        compile_model: bool,
        device: str = "cpu",
        *,
        branch_of: Path | None = None,
        start_from: Bundle | None = None,
    ):
        self.config = config
        self.folder = folder
        self._device = usable_device(device)
        self._start = None if start_from is None else _facts(start_from)
        self.course = Course(config, branched=branch_of is not None)
        torch.manual_seed(config.seed)
        self.model = ExactTransformer(config.architecture)
        folder.mkdir(parents=True, exist_ok=True)
        resumed = (folder / CHECKPOINT).exists()
        if not resumed and branch_of is not None:
            state = resumable_state(branch_of, ending="")
            self._check_recipe(state, branch_of)
            branch(state, branch_of, folder, config.fall)
            resumed = True
        if not resumed and start_from is not None:
            load_weights(self.model, start_from)
        self.model.to(self._device)
        tokenizer = tokenizer_of_run(config, data, folder)
        self._validation = Validation(config, data, tokenizer)
        symbols = [read_symbols(data, source, tokenizer) for source in config.train]
        sampler = Sampler(config, symbols, self._device)
        self._steps = Steps(self.model, config, sampler, compile_model)
        if resumed:
            self._resume()
        elif start_from is not None:
            revive_dead_units(self.model, sampler.first_sequences(REVIVAL_SYMBOLS))
        self.course.plan()
        self._log = TrainingLog(folder / LOG, self.course.step)
        if compile_model and not self.course.finished:
            self._steps.prepare({True, self.course.quantizes})

    def run(
        self, stop_after: int | None = None, reported: Callable[[Line], None] = lambda line: None
    ) -> ExactTransformer:
        """Train to the end of the fall (or to step `stop_after`) and return the model.

        Args:
            stop_after: a step; the next call goes on from it.
            reported: called with every line that the log gets.
        """
        course = self.course
        last = math.inf if stop_after is None else stop_after
        started, before = time.monotonic(), course.seconds
        nats, first, saved = torch.zeros((), device=self._device), course.step, before
        while not course.finished and course.step < last:
            course.look_at_clock()
            if course.falls_now:
                self._save(PLATEAU)
            nats += self._steps.take(course.step, course.rate, course.quantizes)
            course.step += 1
            report = course.report_is_due or course.step == last
            save = report or course.seconds - saved >= self.config.save_every
            # The only place that waits for the device, as saving does.
            bits = self._finite_bits(nats) / (course.step - first) if save else 0.0
            course.seconds = before + time.monotonic() - started
            if report:
                reported(self._report(bits))
                nats, first = torch.zeros_like(nats), course.step
            if save:
                self._save(CHECKPOINT)
                saved = course.seconds
        self.model.set_precision(EXACT)
        return self.model

    def _finite_bits(self, nats: torch.Tensor) -> float:
        bits = nats.item() / math.log(2)
        if not math.isfinite(bits):
            raise TrainingError(
                f"the loss is {bits} before step {self.course.step}: lower the rates; "
                "the last checkpoint was made before that"
            )
        return bits

    def _report(self, train_bits: float) -> Line:
        self.model.set_precision(EXACT)
        line: Line = {
            "step": self.course.step,
            "symbols": self.course.symbols,
            "train": train_bits,
            "seconds": round(self.course.seconds, 1),
            **self._validation.measure(self.model),
        }
        self._log.append(line)
        draw_curves(self._log.lines, self.folder / CURVES)
        return line

    def _save(self, name: str) -> None:
        state = {
            **self.course.to_state(before_fall=name == PLATEAU),
            "config": json.dumps(self.config.to_json()),
            "model": self.model.state_dict(),
            "optimizers": self._steps.optimizers.state_dict(),
            "start": self._start,
            "hidden": self._log.lines[-1]["hidden"] if self._log.lines else None,
            "torch": str(torch.__version__),
        }
        save_state(self.folder, state, name)

    def _resume(self) -> None:
        state = resumable_state(self.folder, self.course.ending)
        self._check_recipe(state, self.folder)
        if self.course.ending == BRANCH != state["ending"]:
            raise TrainingError(f"{self.folder} holds a run of its own: choose an empty folder")
        if self._start is not None and not _same_weights(self._start, state["start"]):
            raise TrainingError(f"{self.folder} holds a run that began with other weights")
        self._start = state["start"]
        with checkpoint_errors(self.folder):
            self.model.load_state_dict(state["model"])
            self._steps.optimizers.load_state_dict(state["optimizers"])
            self.course.load(state)

    def _check_recipe(self, state: State, folder: Path) -> None:
        with checkpoint_errors(folder):
            different = self.config.differences(json.loads(state["config"]))
        if different:
            raise TrainingError(
                f"{folder} holds a run with another recipe ({', '.join(different)}): "
                "choose an empty folder, or give the recipe that it was started with"
            )
