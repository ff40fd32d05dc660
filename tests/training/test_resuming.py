"""A run that was interrupted, extended or branched off ends as one that was not."""

from __future__ import annotations

import dataclasses
import json
import math
import shutil
from pathlib import Path
from typing import Any

import pytest
import torch
from training_runs import (
    CONFIG,
    assert_equal_weights,
    of_steps,
    read_log,
    trainer,
    weights,
)

from lmpack.errors import TrainingError
from lmpack.training import train
from lmpack.training.checkpoint import CHECKPOINT, PLATEAU
from lmpack.training.log import LOG
from lmpack.training.run_export import export_run
from lmpack.training.schedule import Fall
from lmpack.training.steps import Steps
from lmpack.training.train import Trainer


@pytest.fixture
def copy(finished_run: Trainer, tmp_path: Path) -> Path:
    """A copy of the folder of the finished run."""
    return Path(shutil.copytree(finished_run.folder, tmp_path / "copy"))


@pytest.mark.slow
@pytest.mark.parametrize("stop", [2, 17, 32, 36], ids=["rise", "plateau", "corner", "fall"])
def test_resuming_changes_nothing(
    text_folder: Path, finished_run: Trainer, tmp_path: Path, stop: int
) -> None:
    trainer(text_folder, tmp_path).run(stop_after=stop)
    resumed = trainer(text_folder, tmp_path)
    assert resumed.course.step == stop
    resumed.run()
    assert_equal_weights(weights(resumed), weights(finished_run))


def ends_at(monkeypatch: pytest.MonkeyPatch, step: int, result: object) -> None:
    """Let the steps of all runs end with an error, or give a loss, from a step on."""
    take = Steps.take

    def taken(steps: Steps, number: int, *options: Any) -> torch.Tensor:
        if number < step:
            return take(steps, number, *options)
        if isinstance(result, BaseException):
            raise result
        return torch.tensor(result)

    monkeypatch.setattr(Steps, "take", taken)


@pytest.mark.slow
@pytest.mark.parametrize("stop", [3, 17, 32, 36], ids=["rise", "plateau", "corner", "fall"])
def test_a_run_that_is_killed_between_reports_loses_little(
    text_folder: Path,
    finished_run: Trainer,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    stop: int,
) -> None:
    config = dataclasses.replace(CONFIG, save_every=0.0)
    with monkeypatch.context() as patch:
        ends_at(patch, stop, KeyboardInterrupt())
        with pytest.raises(KeyboardInterrupt):
            trainer(text_folder, tmp_path, config).run()
    resumed = trainer(text_folder, tmp_path)  # whose state is saved as rarely as by default
    assert resumed.course.step == stop
    resumed.run()
    assert_equal_weights(weights(resumed), weights(finished_run))
    assert [line["step"] for line in read_log(tmp_path)] == [10, 20, 30, 40]


def test_a_state_with_a_loss_that_is_no_number_is_not_saved(
    text_folder: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    ends_at(monkeypatch, 5, math.nan)
    with pytest.raises(TrainingError, match="the loss is nan before step 6"):
        trainer(text_folder, tmp_path, dataclasses.replace(CONFIG, save_every=0.0)).run()
    assert trainer(text_folder, tmp_path).course.step == 5


def test_a_step_that_is_done_is_not_done_again(text_folder: Path, tmp_path: Path) -> None:
    run = trainer(text_folder, tmp_path)
    run.run(stop_after=3)
    run.run(stop_after=2)
    assert run.course.step == 3


def test_another_seed_gives_other_weights(
    text_folder: Path, finished_run: Trainer, tmp_path: Path
) -> None:
    other = trainer(text_folder, tmp_path, of_steps(1, seed=2))
    other.run()
    assert not torch.equal(other.model.head.weight, finished_run.model.head.weight)


@pytest.mark.slow
def test_a_finished_run_goes_on_from_before_its_fall(text_folder: Path, copy: Path) -> None:
    longer = trainer(text_folder, copy, of_steps(60))
    assert longer.course.step == 32
    longer.run(stop_after=50)
    trainer(text_folder, copy, of_steps(60)).run()
    assert [line["step"] for line in read_log(copy)] == [10, 20, 30, 40, 50, 60]
    whole = trainer(text_folder, copy.parent / "whole", of_steps(60))
    whole.run()
    assert_equal_weights(weights(trainer(text_folder, copy, of_steps(60))), weights(whole))


def test_a_branch_is_the_shorter_run(
    text_folder: Path, finished_run: Trainer, tmp_path: Path
) -> None:
    long, new = tmp_path / "long", tmp_path / "branch"
    trainer(text_folder, long, of_steps(100)).run(stop_after=32)
    before = (long / CHECKPOINT).read_bytes()
    trainer(text_folder, new, of_steps(100), branch_of=long).run(stop_after=35)
    resumed = trainer(text_folder, new, of_steps(100), branch_of=long)
    assert resumed.course.step == 35
    resumed.run()
    assert resumed.course.step == 40
    assert_equal_weights(weights(resumed), weights(finished_run))
    assert (long / CHECKPOINT).read_bytes() == before
    assert [line["step"] for line in read_log(new)] == [10, 20, 30, 32, 35, 40]


def test_a_finished_run_is_branched_before_its_fall(
    text_folder: Path, finished_run: Trainer, tmp_path: Path
) -> None:
    again = trainer(text_folder, tmp_path, branch_of=finished_run.folder)
    assert again.course.step == 32
    again.run()
    assert_equal_weights(weights(again), weights(finished_run))


def test_a_branch_goes_on_as_a_run_of_its_own(
    text_folder: Path, finished_run: Trainer, tmp_path: Path
) -> None:
    trainer(text_folder, tmp_path, branch_of=finished_run.folder).run(stop_after=34)
    assert trainer(text_folder, tmp_path, of_steps(80)).course.step == 32


def test_a_branch_does_not_take_the_place_of_another_run(text_folder: Path, copy: Path) -> None:
    with pytest.raises(TrainingError, match="run of its own: choose an empty folder"):
        trainer(text_folder, copy, branch_of=copy)


def test_a_shorter_end_than_the_plateau_is_refused(text_folder: Path, copy: Path) -> None:
    with pytest.raises(TrainingError, match=r"at least 10240 symbols, .*--branch"):
        trainer(text_folder, copy, of_steps(30))
    assert trainer(text_folder, copy, dataclasses.replace(CONFIG, report_every=7)).course.finished


class Clock:
    """A second for each question."""

    def __init__(self) -> None:
        self.now = 0.0

    def monotonic(self) -> float:
        self.now += 1
        return self.now


def test_a_run_that_ends_at_a_time(
    text_folder: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(train, "time", Clock())
    config = dataclasses.replace(CONFIG, seconds=20.0, report_every=100)
    whole = trainer(text_folder, tmp_path / "whole", config)
    whole.run()
    assert (whole.course.fall, whole.course.step) == (Fall(16, 20), 20)
    trainer(text_folder, tmp_path / "parts", config).run(stop_after=18)
    resumed = trainer(text_folder, tmp_path / "parts", config)
    resumed.run()
    assert_equal_weights(weights(resumed), weights(whole))
    longer = trainer(text_folder, tmp_path / "parts", dataclasses.replace(config, seconds=100.0))
    assert (longer.course.step, longer.course.fall) == (16, None)


def test_the_state_is_saved_by_the_clock(
    text_folder: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    saved = []
    monkeypatch.setattr(train, "time", Clock())
    monkeypatch.setattr(
        train, "save_state", lambda folder, state, name: saved.append((name, state["step"]))
    )
    config = dataclasses.replace(CONFIG, save_every=6.0, report_every=20)
    trainer(text_folder, tmp_path, config).run()
    # Once so many seconds have passed since the last state, the next step saves; reports save, too.
    assert [step for name, step in saved if name == CHECKPOINT] == [7, 14, 20, 27, 34, 40]


def test_a_folder_with_another_run_is_not_touched(text_folder: Path, copy: Path) -> None:
    before = (copy / CHECKPOINT).read_bytes()
    with pytest.raises(TrainingError, match=r"another recipe \(batch\)"):
        trainer(text_folder, copy, dataclasses.replace(CONFIG, batch=5))
    assert (copy / CHECKPOINT).read_bytes() == before


@pytest.mark.parametrize(
    ("field", "value"),
    [("model", {}), ("optimizers", 5), ("step", "x"), ("seconds", None), ("config", "{}")],
)
def test_a_changed_checkpoint_is_refused(
    text_folder: Path, copy: Path, field: str, value: object
) -> None:
    state = torch.load(copy / CHECKPOINT, weights_only=True)
    torch.save({**state, field: value}, copy / CHECKPOINT)
    with pytest.raises(TrainingError, match=r"no readable checkpoint\.pt|another recipe"):
        trainer(text_folder, copy)
    if field != "optimizers":  # which an export does not need
        with pytest.raises(TrainingError, match=r"no readable checkpoint\.pt"):
            export_run(copy, copy.parent / "bundle", name="x", data=None, licence="none")


@pytest.mark.parametrize("content", [b"", b"no checkpoint", None])
def test_an_unreadable_checkpoint_is_named(tmp_path: Path, content: bytes | None) -> None:
    if content is not None:
        (tmp_path / CHECKPOINT).write_bytes(content)
    with pytest.raises(TrainingError, match="no readable checkpoint"):
        export_run(tmp_path, tmp_path / "bundle", name="x", data=None, licence="MIT")


def test_a_missing_state_before_the_fall_is_named(text_folder: Path, copy: Path) -> None:
    (copy / PLATEAU).unlink()
    with pytest.raises(TrainingError, match=r"no readable before_fall\.pt"):
        trainer(text_folder, copy, of_steps(60))


def test_a_log_that_was_cut_off_is_no_obstacle(text_folder: Path, tmp_path: Path) -> None:
    trainer(text_folder, tmp_path).run(stop_after=10)
    log = tmp_path / LOG
    whole = log.read_text()
    # Killed after the line of a later step, and within the next one, before there was a checkpoint.
    later = {**json.loads(whole), "step": 20}
    log.write_text(whole + json.dumps(later) + "\n" + whole[:40])
    trainer(text_folder, tmp_path).run(stop_after=20)
    lines = read_log(tmp_path)
    assert [line["step"] for line in lines] == [10, 20]
    assert lines[0] == json.loads(whole)


def test_a_branch_with_another_recipe_leaves_nothing(
    text_folder: Path, finished_run: Trainer, tmp_path: Path
) -> None:
    with pytest.raises(TrainingError, match=r"another recipe \(batch\)"):
        other = dataclasses.replace(CONFIG, batch=5)
        trainer(text_folder, tmp_path / "new", other, branch_of=finished_run.folder)
    assert not list((tmp_path / "new").iterdir())


def test_a_time_that_is_over_is_refused(
    text_folder: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(train, "time", Clock())
    config = dataclasses.replace(CONFIG, seconds=40.0, report_every=100)
    trainer(text_folder, tmp_path, config).run(stop_after=12)
    with pytest.raises(TrainingError, match="has taken 12 seconds before its fall: ask for more"):
        trainer(text_folder, tmp_path, dataclasses.replace(config, seconds=5.0))
