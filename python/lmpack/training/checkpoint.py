"""The saved states of a run: the newest one, and the one before the rates began to fall."""

from __future__ import annotations

import contextlib
import pickle
import shutil
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import torch

from lmpack._files.beside import written_beside
from lmpack._files.kinds import require_regular
from lmpack._models.bundle import TOKENIZER
from lmpack.errors import TrainingError
from lmpack.training.log import LOG
from lmpack.training.schedule import fall_from

CHECKPOINT = "checkpoint.pt"
PLATEAU = "before_fall.pt"
"""The state at the start of the newest fall: a longer run goes on from here."""
BRANCH = "branch"
"""In place of how a run ends: its fall was branched off another run."""

FIELDS = ("config", "model", "optimizers", "step", "seconds", "fall", "ending", "start", "hidden")

State = dict[str, Any]


@contextlib.contextmanager
def checkpoint_errors(folder: Path, name: str = CHECKPOINT) -> Iterator[None]:
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
        reason = error.strerror if isinstance(error, OSError) else repr(error)
        raise TrainingError(f"{folder} holds no readable {name}: {reason}") from error


def load_state(folder: Path, name: str = CHECKPOINT) -> State:
    """A saved state of a run.

    Raises:
        TrainingError: there is none, or it cannot be read.
    """
    with checkpoint_errors(folder, name):
        require_regular(folder / name)
        state: State = torch.load(folder / name, map_location="cpu", weights_only=True)
        missing = [field for field in FIELDS if field not in state]
        if missing:
            raise KeyError(*missing)
    return state


def save_state(folder: Path, state: State, name: str = CHECKPOINT) -> None:
    """Write a state; a run that is ended meanwhile keeps the old one."""
    with written_beside(folder / name) as temporary:
        torch.save(state, temporary)


def resumable_state(folder: Path, ending: str) -> State:
    """The newest state of a run from which it can get to an ending.

    That is the checkpoint, unless it was made in a fall to another ending.

    Raises:
        TrainingError: it cannot be read.
    """
    state = load_state(folder)
    if state["fall"] is None or state["ending"] == ending:
        return state
    return load_state(folder, PLATEAU)


def branch(state: State, run: Path, folder: Path, share: float) -> None:
    """Make a state of a run, before its fall, the start of one that falls from it at once.

    Args:
        state: as :func:`resumable_state` gives it for no ending.
        run: folder of the run, which is left as it is and may go on.
        folder: of the new run.
        share: of the new run that is its fall.

    Raises:
        TrainingError: the state is not one of this version.
    """
    for name in (LOG, TOKENIZER):
        if (run / name).exists():
            shutil.copyfile(run / name, folder / name)
    save_state(folder, state, PLATEAU)
    with checkpoint_errors(run):
        fall = fall_from(int(state["step"]), share)
    save_state(folder, {**state, "fall": [fall.start, fall.end], "ending": BRANCH})
