"""What is in the output is of this call, or is said to be of an earlier one."""

from __future__ import annotations

import hashlib
import json
from pathlib import Path
from typing import Any

import pytest

from benchmarks.gpu import __main__ as command
from benchmarks.gpu import results as results_module
from benchmarks.gpu.parts import split
from benchmarks.gpu.stages import Stage


@pytest.fixture
def earlier(tmp_path: Path) -> Path:
    """The output of an earlier call, with a file of somebody else."""
    folder = tmp_path / "out"
    folder.mkdir()
    (tmp_path / "checkpoint.pt").write_bytes(b"c" * 250)
    split(tmp_path / "checkpoint.pt", folder, 100)
    for name in ("model.tar", "results.json", "results.json.tmp", "notes.txt"):
        (folder / name).write_text("of an earlier call")
    return folder


def call(monkeypatch: pytest.MonkeyPatch, output: Path, *more: str, weights: str | None) -> Any:
    """The results of a call whose only stage writes these weights."""

    def stage(stage: Stage, folder: Path) -> dict[str, str]:
        if weights is not None:
            (output / "model.tar").write_text(weights)
        return {"state": "done"}

    monkeypatch.setattr(command, "run_stage", stage)
    assert command.main(["--output", str(output), "--stages", "evaluation", *more]) == 0
    return json.loads((output / "results.json").read_text())


def test_an_earlier_call_leaves_nothing(monkeypatch: pytest.MonkeyPatch, earlier: Path) -> None:
    assert call(monkeypatch, earlier, weights=None)["outputs"] == {}
    assert {path.name for path in earlier.iterdir()} == {"notes.txt", "results.json"}


def test_a_run_goes_on_in_the_same_folder(monkeypatch: pytest.MonkeyPatch, earlier: Path) -> None:
    found = call(monkeypatch, earlier, "--resume", str(earlier), weights="new")["outputs"]
    assert len(found) == 5
    assert {name for name, it in found.items() if not it["earlier"]} == {"model.tar"}


def test_outputs_have_their_size_and_digest(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    found = call(monkeypatch, tmp_path / "out", weights="weights")["outputs"]
    digest = hashlib.sha256(b"weights").hexdigest()
    assert found == {"model.tar": {"bytes": 7, "sha256": digest, "earlier": False}}


@pytest.mark.parametrize(("failing", "status"), [((1,), 0), ((1, 2), 1)])
def test_the_next_stage_runs_though_results_cannot_be_written(
    monkeypatch: pytest.MonkeyPatch,
    tmp_path: Path,
    capsys: pytest.CaptureFixture[str],
    failing: tuple[int, ...],
    status: int,
) -> None:
    write, count = results_module.write_json, iter(range(1, 3))

    def write_json(path: Path, results: object) -> None:
        if next(count) in failing:
            raise OSError("the disk is full")
        write(path, results)

    monkeypatch.setattr(command, "write_json", write_json)
    monkeypatch.setattr(command, "run_stage", lambda stage, folder: {"state": "done"})
    arguments = ["--output", str(tmp_path / "out"), "--stages", "look", "training"]
    assert command.main(arguments) == status
    said = capsys.readouterr().out
    assert "training: done" in said
    assert said.count("results.json could not be written: the disk is full") == len(failing)
    if status == 0:
        stages = json.loads((tmp_path / "out" / "results.json").read_text())["stages"]
        assert stages["look"]["unwritten"] == "the disk is full"


def test_an_output_that_cannot_be_is_said(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    (tmp_path / "out").touch()
    with pytest.raises(SystemExit, match="2"):
        command.main(["--output", str(tmp_path / "out")])
    assert "File exists" in capsys.readouterr().err
