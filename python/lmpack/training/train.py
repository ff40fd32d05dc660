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
    branch,
    checkpoint_errors,
    resumable_state,
    save_state,
)
from lmpack.training.config import TrainingConfig
from lmpack.training.curves import CURVES, draw_curves
from lmpack.training.data import read_symbols, tokenizer_of_run
from lmpack.training.log import LOG, Line, TrainingLog
from lmpack.training.model import ExactTransformer
from lmpack.training.precision import EXACT, usable_device
from lmpack.training.sampler import Sampler
from lmpack.training.schedule import Fall, fall_to, fall_within, rate
from lmpack.training.start import load_weights, revive_dead_units
from lmpack.training.steps import Steps
from lmpack.training.validation import Validation


def _facts(bundle: Bundle) -> dict[str, Any]:
    """What the checkpoint says of the bundle that a run started from."""
    seen = bundle.manifest.get("training", {}).get("symbols", 0)
    return {"name": bundle.name, "fingerprint": bundle.fingerprint.hex(), "symbols": seen}


class Trainer:
    """One run in a folder; :meth:`run` goes on from the checkpoint that is there.

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
        torch.manual_seed(config.seed)
        self.model = ExactTransformer(config.architecture)
        folder.mkdir(parents=True, exist_ok=True)
        if branch_of is not None and not (folder / CHECKPOINT).exists():
            branch(branch_of, folder, config.fall)
        self._ending = config.ending if branch_of is None else BRANCH
        tokenizer = tokenizer_of_run(config, data, folder)
        symbols = [read_symbols(data, source, tokenizer) for source in config.train]
        sampler = Sampler(config, symbols, self._device)
        self._validation = Validation(config, data, tokenizer)
        self.step = 0
        self.seconds = 0.0
        self.fall: Fall | None = None
        self._start = None if start_from is None else _facts(start_from)
        resumed = (folder / CHECKPOINT).exists()
        if start_from is not None and not resumed:
            load_weights(self.model, start_from)
        self.model.to(self._device)
        self._steps = Steps(self.model, config, sampler, compile_model)
        if resumed:
            self._resume()
        elif start_from is not None:
            revive_dead_units(self.model, self._validation.symbols)
        if self.fall is None and config.seconds is None:
            self.fall = self._planned_fall()
        self._first_step, self._first_seconds = self.step, self.seconds
        self._log = TrainingLog(folder / LOG, self.step)
        if compile_model and not self.finished:
            self._steps.prepare({True, self._quantizes()})

    @property
    def finished(self) -> bool:
        """Whether the rates have fallen to 0."""
        return self.fall is not None and self.step >= self.fall.end

    def run(
        self, stop_after: int | None = None, reported: Callable[[Line], None] = lambda line: None
    ) -> ExactTransformer:
        """Train to the end of the fall (or to step `stop_after`) and return the model.

        Args:
            stop_after: a step; the next call goes on from it.
            reported: called with every line that the log gets.
        """
        started, before = time.monotonic(), self.seconds
        nats, first = torch.zeros((), device=self._device), self.step
        while not self.finished and self.step != stop_after:
            if self.fall is None:
                self.fall = self._fall_by_clock()
            if self.fall is not None and self.step == self.fall.start:
                self._save(PLATEAU, None)
            factor = rate(self.step, self.config.warmup, self.fall)
            nats += self._steps.take(self.step, factor, self._quantizes())
            self.step += 1
            due = self._report_is_due() or self.step == stop_after
            bits = nats.item() / (self.step - first) / math.log(2) if due else 0.0
            self.seconds = before + time.monotonic() - started
            if due:
                reported(self._report(bits))
                self._save(CHECKPOINT, self._fixed_fall())
                nats, first = torch.zeros_like(nats), self.step
        self.model.set_precision(EXACT)
        return self.model

    def _report_is_due(self) -> bool:
        return self.finished or self.step % self.config.report_every == 0

    def _planned_fall(self) -> Fall:
        fall = fall_to(self.config.steps, self.config.fall)
        if self.step > fall.start:
            least = self.step * self.config.step_symbols / (1 - self.config.fall)
            raise TrainingError(
                f"{self.folder} is past the point from which the rates would fall: ask for at "
                f"least {math.ceil(least)} symbols, or make the fall in another folder (--branch)"
            )
        return fall

    def _fall_by_clock(self) -> Fall | None:
        """The fall of a run that ends at a time, as soon as it is due."""
        steps, seconds = self.step - self._first_step, self.seconds - self._first_seconds
        end = self.config.seconds
        assert end is not None
        if not steps or self.seconds < end * (1 - self.config.fall):
            return None
        return fall_within(self.step, end - self.seconds, steps / seconds)

    def _quantizes(self) -> bool:
        falls = self.fall is not None and self.step >= self.fall.start
        return falls or self.step * self.config.step_symbols >= self.config.quantize_from

    def _report(self, train_bits: float) -> Line:
        if not math.isfinite(train_bits):
            raise TrainingError(
                f"the loss is {train_bits} before step {self.step}: lower the rates; "
                "the last checkpoint was made before that"
            )
        self.model.set_precision(EXACT)
        line: Line = {
            "step": self.step,
            "symbols": self.step * self.config.step_symbols,
            "train": train_bits,
            "seconds": round(self.seconds, 1),
            **self._validation.measure(self.model),
        }
        self._log.append(line)
        draw_curves(self._log.lines, self.folder / CURVES)
        return line

    def _fixed_fall(self) -> Fall | None:
        """The fall, if going on for longer has to begin before it."""
        fixed = self.fall is not None and (self.step > self.fall.start or self._ending == BRANCH)
        return self.fall if fixed else None

    def _save(self, name: str, fall: Fall | None) -> None:
        state = {
            "config": json.dumps(self.config.to_json()),
            "model": self.model.state_dict(),
            "optimizers": self._steps.optimizers.state_dict(),
            "step": self.step,
            "seconds": self.seconds,
            "fall": None if fall is None else [fall.start, fall.end],
            "ending": self._ending,
            "start": self._start,
            "hidden": self._log.lines[-1]["hidden"] if self._log.lines else None,
            "torch": str(torch.__version__),
        }
        save_state(self.folder, state, name)

    def _resume(self) -> None:
        state = resumable_state(self.folder, self._ending)
        with checkpoint_errors(self.folder):
            different = self.config.differences(json.loads(state["config"]))
        if different:
            raise TrainingError(
                f"{self.folder} holds a run with another recipe ({', '.join(different)}): "
                "choose an empty folder, or give the recipe that it was started with"
            )
        if self._ending == BRANCH != state["ending"]:
            raise TrainingError(f"{self.folder} holds a run of its own: choose an empty folder")
        if self._start not in (None, state["start"]):
            raise TrainingError(f"{self.folder} holds a run that began with other weights")
        self._start = state["start"]
        with checkpoint_errors(self.folder):
            self.model.load_state_dict(state["model"])
            self._steps.optimizers.load_state_dict(state["optimizers"])
            self.step, self.seconds = int(state["step"]), float(state["seconds"])
            self.fall = None if state["fall"] is None else Fall(*map(int, state["fall"]))
