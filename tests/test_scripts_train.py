"""scripts/train, with a program in place of lmpack that only waits."""

from __future__ import annotations

import os
import subprocess
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

SCRIPT = Path(__file__).resolve().parents[1] / "scripts" / "train"
LMPACK = """#!/bin/sh
printf '%s\\n' "$@" >"$FAKE_ARGUMENTS"
if [ "$4" = 800k ]; then echo "error: a reason"; exit 1; fi
while :; do /bin/sleep 0.05; done
"""
SLEEP = """#!/bin/sh
for _ in $(seq 500); do [ -e "$FAKE_ARGUMENTS" ] && break; /bin/sleep 0.02; done
exec /bin/sleep 0.3
"""
"""For the seconds that a start waits: until the program has begun, and a moment more."""

Train = Callable[..., "subprocess.CompletedProcess[str]"]


@pytest.fixture
def runs(tmp_path: Path) -> Path:
    """The folder of the runs, whose name has a space."""
    return tmp_path / "my runs"


@pytest.fixture
def train(tmp_path: Path, runs: Path) -> Iterator[Train]:
    """Calls the script; what it started is ended."""
    programs = tmp_path / "programs"
    programs.mkdir()
    for name, text in (("lmpack", LMPACK), ("sleep", SLEEP)):
        (programs / name).write_text(text)
        (programs / name).chmod(0o755)
    environment = {
        **os.environ,
        "PATH": f"{programs}{os.pathsep}{os.environ['PATH']}",
        "LMPACK_RUNS": str(runs),
        "FAKE_ARGUMENTS": str(tmp_path / "arguments"),
    }

    def call(*arguments: str) -> subprocess.CompletedProcess[str]:
        command = [str(SCRIPT), *arguments]
        return subprocess.run(command, env=environment, capture_output=True, text=True, check=False)

    yield call
    for process in runs.glob("*/process"):
        call("stop", process.parent.name)


def arguments(folder: Path) -> list[str]:
    """What the program was called with."""
    return (folder / "arguments").read_text().splitlines()


def state(runs: Path) -> str:
    """The state of a run's process as Linux says it; S: sleeping, T: stopped."""
    process = (runs / "base" / "process").read_text().strip()
    return Path(f"/proc/{process}/stat").read_text().rpartition(")")[2].split()[0]


def becomes(runs: Path, states: str) -> bool:
    for _ in range(100):
        if state(runs) in states:
            return True
        time.sleep(0.02)
    return False


def test_a_run_is_started_paused_continued_and_stopped(
    train: Train, runs: Path, tmp_path: Path
) -> None:
    started = train("start", "base", "--batch", "2 3")
    assert started.returncode == 0, started.stderr
    process = (runs / "base" / "process").read_text().strip()
    assert process in started.stdout
    assert arguments(tmp_path)[-2:] == ["--batch", "2 3"]
    assert str(runs / "base") in arguments(tmp_path)
    (runs / "base" / "log.jsonl").write_text("one\ntwo\n")
    assert train("status").stdout == f"process {process}\ntwo\n"
    again = train("start")
    assert (again.returncode, "runs already" in again.stderr) == (1, True)
    assert train("pause").returncode == 0
    assert becomes(runs, "T")
    assert train("continue").returncode == 0
    assert becomes(runs, "SR")
    assert train("stop").returncode == 0
    assert train("status").stdout == "not running\ntwo\n"


@pytest.mark.slow
@pytest.mark.parametrize(("preset", "from_bundle"), [("base", True), ("large", False)])
def test_only_a_built_in_model_is_started_from(
    train: Train, tmp_path: Path, preset: str, from_bundle: bool
) -> None:
    assert train("start", preset).returncode == 0
    assert ("--start-from" in arguments(tmp_path)) == from_bundle


def test_a_run_that_ends_at_once_is_said(train: Train, runs: Path) -> None:
    started = train("start", "800k")
    assert started.returncode == 1
    assert "error: a reason" in started.stderr
    assert f"scripts/train: {runs}/800k: the process has ended" in started.stderr


@pytest.mark.parametrize("action", ["pause", "continue", "stop"])
def test_without_a_run_there_is_a_message(train: Train, runs: Path, action: str) -> None:
    outcome = train(action)
    assert outcome.returncode == 1
    assert outcome.stderr == f"scripts/train: {runs}/base: nothing runs there\n"


def test_a_process_of_something_else_is_left_alone(train: Train, runs: Path) -> None:
    (runs / "base").mkdir(parents=True)
    (runs / "base" / "process").write_text(f"{os.getpid()}\n")
    assert train("stop").returncode == 1
    assert train("status").stdout == "not running\n"


def test_an_unknown_action_is_named(train: Train) -> None:
    outcome = train("begin")
    assert (outcome.returncode, "no action begin" in outcome.stderr) == (2, True)
