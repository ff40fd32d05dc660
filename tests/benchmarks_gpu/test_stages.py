"""Stages cannot take one another down, and training can be ended at any time."""

from __future__ import annotations

import importlib
import itertools
import json
import os
import shutil
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest
import torch

from benchmarks.gpu import __main__ as command
from benchmarks.gpu import results as results_module
from benchmarks.gpu import stages as stages_module
from benchmarks.gpu import training
from benchmarks.gpu.parts import join, split
from benchmarks.gpu.results import ROOT
from benchmarks.gpu.stages import Stage, run_stage

ENVIRONMENT = {**os.environ, "PYTHONPATH": os.pathsep.join(filter(None, sys.path))}
WRITE = "import json, pathlib, sys; pathlib.Path(sys.argv[2]).write_text(json.dumps('here'));"


def test_a_stage_that_is_done(tmp_path: Path) -> None:
    outcome = run_stage(Stage("one", ("-c", WRITE + "print('a line')"), 60), tmp_path)
    assert outcome["state"] == "done"
    assert outcome["result"] == "here"
    assert outcome["log"] == ["a line"]


def test_a_stage_that_fails_keeps_what_it_wrote(tmp_path: Path) -> None:
    outcome = run_stage(Stage("one", ("-c", WRITE + "sys.exit(3)"), 60), tmp_path)
    assert outcome["state"] == "failed with status 3"
    assert outcome["result"] == "here"


@pytest.mark.parametrize("code", ["pass", "import pathlib; pathlib.Path(sys.argv[2]).touch()"])
def test_a_stage_without_a_result_is_not_done(tmp_path: Path, code: str) -> None:
    outcome = run_stage(Stage("one", ("-c", "import sys;" + code), 60), tmp_path)
    assert outcome["state"] == "ended without a result"
    assert outcome["result"] is None


def test_a_long_log_is_cut(tmp_path: Path) -> None:
    code = WRITE + "print('x' * 50_000_000); print('y' * 5000); print('the end')"
    log = run_stage(Stage("one", ("-c", code), 60), tmp_path)["log"]
    assert log[-2:] == ["y" * 1000, "the end"]
    assert len(json.dumps(log)) < 1 << 16


@pytest.mark.slow
def test_a_stage_that_runs_out_of_time_ends_with_all_it_started(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(stages_module, "GRACE_SECONDS", 0.5)
    started = tmp_path / "started"
    code = WRITE + (
        "import subprocess, signal; signal.signal(signal.SIGTERM, signal.SIG_IGN);"
        "child = subprocess.Popen([sys.executable, '-c', 'import time; time.sleep(600)']);"
        f"pathlib.Path({str(started)!r}).write_text(str(child.pid)); child.wait()"
    )
    outcome = run_stage(Stage("one", ("-c", code), 4), tmp_path)
    assert outcome["state"] == "out of time after 4 s"
    assert outcome["result"] == "here"
    assert has_ended(int(started.read_text()))


def has_ended(process: int) -> bool:
    """Whether a process is gone, or only waits to be asked for its status."""
    for _ in range(100):
        try:
            status = Path(f"/proc/{process}/stat").read_text().rpartition(")")[2].split()[0]
        except OSError:
            return True
        if status in "ZX":
            return True
        time.sleep(0.05)
    return False


ENDLESS = """
import pathlib, sys, tempfile
from benchmarks.gpu import __main__ as command
pids, folder = map(pathlib.Path, sys.argv[1:])
code = f"import os, pathlib, time; pathlib.Path({str(pids)!r}).write_text(str(os.getpid()));"
command.Plan.command = lambda *_: ("-c", code + "time.sleep(600)")
tempfile.tempdir = str(folder)
sys.exit(command.main(["--output", str(folder.parent / "out"), "--stages", "look"]))
"""


def test_a_command_that_is_ended_leaves_nothing_behind(tmp_path: Path) -> None:
    pids, folder = tmp_path / "pids", tmp_path / "temporary"
    folder.mkdir()
    arguments = [sys.executable, "-c", ENDLESS, str(pids), str(folder)]
    with subprocess.Popen(arguments, cwd=ROOT, env=ENVIRONMENT) as process:
        while not (pids.exists() and pids.read_text()):
            assert process.poll() is None
            time.sleep(0.05)
        assert list(folder.iterdir())
        process.terminate()
    stage = int(pids.read_text())
    ended = has_ended(stage)
    if not ended:
        os.kill(stage, signal.SIGKILL)
    assert ended
    assert list(folder.iterdir()) == []
    assert process.returncode == 128 + signal.SIGTERM


def plan(folder: Path, stages: tuple[str, ...], seconds: float = 60) -> command.Plan:
    (folder / "work").mkdir()
    return command.Plan(
        output=folder / "out", work=folder / "work", data=folder, recipe="general", preset="base",
        batch=128, products="bfloat16", resume=None, seconds=seconds, stages=stages, rehearse=True,
    )  # fmt: skip


@pytest.mark.slow
def test_the_next_stage_runs_whatever_became_of_the_last(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    codes = {
        "look": "raise OSError",
        "conformance": "import time; time.sleep(600)",
        "throughput": "import os; os.kill(os.getpid(), 9)",
        "evaluation": WRITE,
    }
    monkeypatch.setattr(command.Plan, "command", lambda plan, name, seconds: ("-c", codes[name]))
    monkeypatch.setattr(command, "CONFORMANCE_SECONDS", 2.0)
    results = command.run(plan(tmp_path, tuple(codes)))
    states = {name: stage["state"] for name, stage in results["stages"].items()}
    assert states == {
        "look": "failed with status 1",
        "conformance": "out of time after 2 s",
        "throughput": "failed with status -9",
        "evaluation": "done",
    }
    assert json.loads((tmp_path / "out" / "results.json").read_text()) == results


def test_without_time_a_stage_is_not_begun(tmp_path: Path) -> None:
    results = command.run(plan(tmp_path, ("look", "training"), seconds=0.5))
    assert {stage["state"] for stage in results["stages"].values()} == {"no time left"}


def test_training_leaves_time_for_its_evaluation(tmp_path: Path) -> None:
    whole = plan(tmp_path, command.NAMES)
    assert whole.limit("conformance", 500) == 240
    assert whole.limit("throughput", 500) == 90
    assert whole.limit("throughput", 50) == 50
    assert whole.limit("training", 500) == 500 - command.EVALUATION_SECONDS
    assert whole.limit("evaluation", 55) == 55


def test_the_state_before_the_fall_is_preferred(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(training, "PART", 100)
    run, output = tmp_path / "run", tmp_path / "out"
    run.mkdir()
    keeper = training.Keeper(run, output)
    keeper.keep()
    assert keeper.kept == {"state": "none yet"}
    (run / "checkpoint.pt").write_bytes(b"c" * 250)
    keeper.keep()
    assert keeper.kept == {"state": "checkpoint.pt", "bytes": 250}
    (run / "before_fall.pt").write_bytes(b"b" * 320)
    keeper.keep()
    assert {path.name.split(".part")[0] for path in output.iterdir()} == {"before_fall.pt"}
    assert len(list(output.iterdir())) == 5  # with results.json and the weights 7 files
    join(output, "before_fall.pt", tmp_path / "back")
    assert (tmp_path / "back").read_bytes() == b"b" * 320


def test_a_state_that_cannot_come_back_is_said(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(training, "PART", 100)
    (tmp_path / "checkpoint.pt").write_bytes(bytes(401))
    keeper = training.Keeper(tmp_path, tmp_path / "out")
    keeper.keep()
    assert keeper.kept == {"state": "checkpoint.pt is too large: 401 bytes"}


def broken_at(monkeypatch: pytest.MonkeyPatch, count: int) -> None:
    """Let the moving of a file fail, once so many were moved."""
    move, left = shutil.move, iter([True] * count + [False])

    def moving(source: Path, target: Path) -> None:
        if not next(left, True):
            raise OSError("the disk is full")
        move(source, target)

    monkeypatch.setattr(shutil, "move", moving)


@pytest.mark.parametrize("count", range(9))
def test_a_state_is_kept_until_the_next_one_is_whole(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, count: int
) -> None:
    monkeypatch.setattr(training, "PART", 100)
    run, output = tmp_path / "run", tmp_path / "out"
    run.mkdir()
    (run / "checkpoint.pt").write_bytes(b"c" * 250)
    keeper = training.Keeper(run, output)
    keeper.keep()
    (run / "before_fall.pt").write_bytes(b"b" * 320)
    with monkeypatch.context() as context:
        broken_at(context, count)
        keeper.keep()
    kept = {"state": "checkpoint.pt", "bytes": 250}
    assert keeper.kept == {**kept, "failed": "the disk is full"}
    assert len(list(output.iterdir())) == 4
    join(output, "checkpoint.pt", tmp_path / "back")
    assert (tmp_path / "back").read_bytes() == b"c" * 250
    keeper.keep()
    assert keeper.kept == {"state": "before_fall.pt", "bytes": 320}
    join(output, "before_fall.pt", tmp_path / "back")
    assert len(list(output.iterdir())) == 5


TRAINER = """
import json, pathlib, sys, time
arguments = dict(zip(sys.argv[2::2], sys.argv[3::2]))
run = pathlib.Path(arguments["--output"])
run.mkdir(exist_ok=True)
for step in range(1, 4):
    (run / "checkpoint.pt").write_text(f"state {step}")
    line = {"seconds": 2 * step, "symbols": 100 * step, "arguments": arguments}
    with (run / "log.jsonl").open("a") as log:
        print(json.dumps(line), file=log)
    time.sleep(0.3)
"""


def train(monkeypatch: pytest.MonkeyPatch, folder: Path, *more: str) -> dict[str, object]:
    monkeypatch.setattr(training, "TRAIN", (sys.executable, "-c", TRAINER))
    paths = ["--data", str(folder), "--run", str(folder / "run"), "--output", str(folder / "out")]
    result = folder / "training.json"
    arguments = ["--seconds", "6", "--keep-every", "0.1", "--result", str(result), *paths, *more]
    assert training.main(arguments) == 0
    found: dict[str, object] = json.loads(result.read_text())
    return found


def test_training_reports_its_speed_and_leaves_its_state(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    found = train(monkeypatch, tmp_path)
    assert found["symbols_per_s"] == 200 / 4
    join(tmp_path / "out", "checkpoint.pt", tmp_path / "back")
    assert (tmp_path / "back").read_text() == "state 3"


def test_a_run_goes_on_for_so_many_seconds_more(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    torch.save({"seconds": 10.0}, tmp_path / "before_fall.pt")
    split(tmp_path / "before_fall.pt", tmp_path / "earlier", 100)
    found = train(monkeypatch, tmp_path, "--resume", str(tmp_path / "earlier"))
    assert found["last"]["arguments"]["--seconds"] == "16.0"  # type: ignore[index]


@pytest.mark.slow
@pytest.mark.parametrize(
    ("more", "batch", "device"), [([], "128", "cuda"), (["--rehearse"], "2", "cpu")]
)
def test_training_takes_large_steps_in_bfloat16_on_a_gpu(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, more: list[str], batch: str, device: str
) -> None:
    commands = []

    def note(stage: Stage, folder: Path) -> dict[str, str]:
        commands.append(stage.command)
        return {"state": "done"}

    monkeypatch.setattr(command, "run_stage", note)
    assert command.main(["--output", str(tmp_path), "--stages", "training", *more]) == 0
    ((_, module, *given),) = commands
    assert module == "benchmarks.gpu.training"
    without_paths = given[: given.index("--run")] + given[given.index("--seconds") :]
    found = train(monkeypatch, tmp_path, *without_paths)["last"]["arguments"]  # type: ignore[index]
    assert found["--batch"] == batch
    assert found["--products"] == "bfloat16"
    assert found["--device"] == device


MODULES = ("", ".slim", ".pack", *(f".{name}" for name in command.NAMES))


@pytest.mark.parametrize("module", MODULES)
def test_every_option_is_explained(module: str, capsys: pytest.CaptureFixture[str]) -> None:
    main = importlib.import_module(f"benchmarks.gpu{module or '.__main__'}").main
    with pytest.raises(SystemExit):
        main(["--help"])
    options = capsys.readouterr().out.partition("show this help message and exit\n")[2]
    lines = options.splitlines()
    for line, following in itertools.pairwise([*lines, ""]):
        if line.startswith("  --"):
            explained = "  " in line.strip() or following.startswith(" " * 10)
            assert explained, line


def test_a_run_without_a_state_to_go_on_from_is_refused_at_once(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr(command, "run", lambda plan: pytest.fail("it was begun"))
    arguments = ["--output", str(tmp_path / "out"), "--resume", str(tmp_path)]
    with pytest.raises(SystemExit, match="2"):
        command.main(arguments)
    assert "has no before_fall.pt.parts.json or checkpoint.pt.parts.json" in capsys.readouterr().err
    with pytest.raises(SystemExit, match=r"error: .* name the output of an earlier run"):
        train(monkeypatch, tmp_path, "--resume", str(tmp_path))


def test_a_result_that_cannot_be_written_does_not_end_keeping(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    full = iter([True])
    write = results_module.write_json

    def write_json(path: Path, result: object) -> None:
        if next(full, False):
            raise OSError("the disk is full")
        write(path, result)

    monkeypatch.setattr(training, "write_json", write_json)
    assert train(monkeypatch, tmp_path)["reports"] == 3


@pytest.mark.slow
def test_a_rehearsal_does_everything(tmp_path: Path) -> None:
    arguments = [sys.executable, "-m", "benchmarks.gpu", "--output", str(tmp_path), "--rehearse"]
    subprocess.run(arguments, cwd=ROOT, env=ENVIRONMENT, check=False)
    results = json.loads((tmp_path / "results.json").read_text())
    for name in command.NAMES:
        assert results["stages"][name]["state"] == "done", results["stages"][name]["log"]
    rows = results["stages"]["conformance"]["result"]["rows"]
    assert {found for row in rows for found in row["executors"].values()} >= {"equal"}
    files = list(tmp_path.iterdir())
    assert len(files) <= 8
    assert {"results.json", "model.tar"} <= {path.name for path in files}
