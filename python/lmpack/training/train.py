"""The training loop: resumable, seeded, with a log of bits per byte and its picture."""

from __future__ import annotations

import contextlib
import json
import math
import os
import pickle
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import torch

from lmpack.errors import TrainingError
from lmpack.training.attention import compile_parts
from lmpack.training.config import TrainingConfig
from lmpack.training.curves import CURVES, draw_curves
from lmpack.training.data import (
    Sampler,
    read_source,
    read_symbols,
    sequence_rows,
    tokenizer_of_run,
)
from lmpack.training.evaluate import bits_per_byte
from lmpack.training.log import TrainingLog
from lmpack.training.model import ExactTransformer, code_length
from lmpack.training.optimizer import Optimizers

CHECKPOINT = "checkpoint.pt"
LOG = "log.jsonl"


def load_checkpoint(folder: Path) -> dict[str, Any]:
    """The checkpoint of a run.

    Raises:
        TrainingError: there is none, or it cannot be read.
    """
    with checkpoint_errors(folder):
        state: dict[str, Any] = torch.load(
            folder / CHECKPOINT, map_location="cpu", weights_only=True
        )
        state["config"], state["model"], state["optimizers"], state["step"], state["seconds"]
    return state


@contextlib.contextmanager
def checkpoint_errors(folder: Path) -> Iterator[None]:
    """Say that what fails inside the block is the checkpoint of a run.

    Raises:
        TrainingError: it is not readable, or not one of this version.
    """
    try:
        yield
    except (
        OSError, RuntimeError, EOFError, pickle.UnpicklingError, LookupError, TypeError, ValueError,
        AttributeError,
    ) as error:  # fmt: skip
        raise TrainingError(f"{folder} holds no readable {CHECKPOINT}: {error!r}") from error


def _usable(device: str) -> torch.device:
    has_gpu = torch.cuda.is_available()
    if device == "cuda" and not has_gpu:
        raise TrainingError("torch finds no CUDA device: train on the CPU, or install torch for it")
    if device == "cpu" or not has_gpu:
        return torch.device("cpu")
    # The 11 bits of TF32 hold all integers of the model: once it rounds, the forward pass is exact.
    torch.set_float32_matmul_precision("high")
    return torch.device("cuda")


class Trainer:
    """One run in a folder; :meth:`run` goes on from the checkpoint that lies there.

    Args:
        config: what it depends on.
        data: folder of the sources.
        folder: of the run, made if needed.
        compile_model: whether torch compiles the model.
        device: "cpu"; "cuda"; "auto" for a GPU if there is one.

    Raises:
        TrainingError: a source, the checkpoint or the device cannot be used.
    """

    def __init__(
        self,
        config: TrainingConfig,
        data: Path,
        folder: Path,
        compile_model: bool,
        device: str = "cpu",
    ):
        self.config = config
        self.folder = folder
        self._device = _usable(device)
        torch.manual_seed(config.seed)
        self.model = ExactTransformer(config.architecture).to(self._device)
        self._optimizers = Optimizers(self.model, config)
        tokenizer = tokenizer_of_run(config, data, folder)
        symbols = [read_symbols(data, source, tokenizer) for source in config.train]
        self._sampler = Sampler(config.train, symbols, config.batch, config.length, config.seed)
        self._valid = {}
        for source in config.valid:
            text = read_source(data, source)[: config.valid_bytes].tobytes()
            self._valid[source.name] = tokenizer.encode(text), len(text)
        if compile_model:
            compile_parts()
        self._loss: Callable[..., torch.Tensor] = (
            torch.compile(self._batch_loss) if compile_model else self._batch_loss
        )
        self.step = 0
        self.seconds = 0.0
        folder.mkdir(parents=True, exist_ok=True)
        if (folder / CHECKPOINT).exists():
            self._resume()
        self._log = TrainingLog(folder / LOG, self.step)

    def run(self, stop_after: int | None = None) -> ExactTransformer:
        """Train to the end of the schedule (or to step `stop_after`) and return the model."""
        started, before = time.monotonic(), self.seconds
        loss_sum, loss_count = 0.0, 0
        last = self.config.steps if stop_after is None else min(stop_after, self.config.steps)
        while self.step < last:
            loss_sum += self._train_step()
            loss_count += 1
            self.step += 1
            self.seconds = before + time.monotonic() - started
            if self.step % self.config.report_every == 0 or self.step == last:
                self._report(loss_sum / loss_count / math.log(2))
                self._save()
                loss_sum, loss_count = 0.0, 0
        self.model.set_training_attention(None)
        return self.model

    def _batch_loss(
        self, rows: torch.Tensor, symbols: torch.Tensor, quantize: bool
    ) -> torch.Tensor:
        return code_length(self.model(rows, quantize), symbols).mean()

    def _train_step(self) -> float:
        done = self.step / self.config.steps
        self.model.set_training_attention(getattr(torch, self.config.attention_dtype))
        symbols = self._sampler.batch(self.step).astype("int64")
        rows = torch.from_numpy(sequence_rows(self.config.architecture, symbols))
        quantize = done >= self.config.quantize_from
        targets = torch.from_numpy(symbols).to(self._device)
        loss = self._loss(rows.to(self._device), targets, quantize)
        if not torch.isfinite(loss):
            raise TrainingError(f"the loss is {loss.item()} at step {self.step}: lower the rates")
        loss.backward()  # type: ignore[no-untyped-call]
        self._optimizers.step(self.step)
        return loss.item()

    def _report(self, train_bits: float) -> None:
        self.model.set_training_attention(None)
        valid = {
            name: bits_per_byte(self.model, symbols, size)
            for name, (symbols, size) in self._valid.items()
        }
        symbols = self.step * self.config.batch * self.config.length
        line: dict[str, Any] = {"step": self.step, "symbols": symbols, "train": train_bits}
        line |= {"seconds": round(self.seconds, 1), "valid": valid}
        self._log.append(line)
        draw_curves(self._log.lines, self.folder / CURVES)

    def _save(self) -> None:
        state = {
            "config": json.dumps(self.config.to_json()),
            "model": self.model.state_dict(),
            "optimizers": self._optimizers.state_dict(),
            "step": self.step,
            "seconds": self.seconds,
            "torch": str(torch.__version__),
        }
        temporary = self.folder / (CHECKPOINT + ".tmp")
        torch.save(state, temporary)
        os.replace(temporary, self.folder / CHECKPOINT)

    def _resume(self) -> None:
        state = load_checkpoint(self.folder)
        if json.loads(state["config"]) != json.loads(json.dumps(self.config.to_json())):
            raise TrainingError(
                f"{self.folder} holds a run with another recipe: "
                "choose an empty folder, or give the recipe that it was started with"
            )
        with checkpoint_errors(self.folder):
            self.model.load_state_dict(state["model"])
            self._optimizers.load_state_dict(state["optimizers"])
            self.step, self.seconds = int(state["step"]), float(state["seconds"])
