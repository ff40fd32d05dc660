"""The measurements of a night, and the one of a model before and after."""

from __future__ import annotations

import subprocess
from pathlib import Path
from typing import Any

import pytest

from benchmarks.measure import model_change, night
from benchmarks.pages import training
from benchmarks.record import environment
from benchmarks.standing import PARTS
from benchmarks.state import program_state


def test_the_night_measures_every_result_or_says_why_not() -> None:
    measured = {job[0] for job in night.JOBS}
    for name in PARTS:
        is_measured = name in measured or name.startswith("lanes_")
        assert is_measured != (name in night.NOT_HERE), name


def test_the_night_goes_on_after_a_failure_and_resumes(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    calls: list[str] = []
    failing = {"two"}

    def run(words: list[str], **_: Any) -> subprocess.CompletedProcess[bytes]:
        calls.append(words[-1])
        return subprocess.CompletedProcess(words, int(words[-1] in failing))

    monkeypatch.setattr(subprocess, "run", run)
    monkeypatch.setattr(night, "installation", lambda: "one version")
    jobs = [("job", "one"), ("job", "two"), ("job", night.BUILD), ("job", "three")]
    progress = tmp_path / "folder" / "night.json"
    missing = night.run_all(jobs, {night.BUILD: None}, progress)
    assert calls == ["one", "two", "three"]
    assert missing == {
        "job two": "failed with status 1",
        "job --build": "left out, as there is no --build",
    }
    failing.clear()
    assert night.run_all(jobs, {night.BUILD: Path("/x")}, progress) == {}
    assert calls[3:] == ["two", "/x"]
    monkeypatch.setattr(night, "installation", lambda: "another version")
    night.run_all(jobs[:1], {}, progress)
    assert calls[5:] == ["one"]


def test_a_model_and_the_one_before_it(monkeypatch: pytest.MonkeyPatch) -> None:
    sides = {"symbols": 1000, "alone": {"a": 2.0, "b": 1.0}, "mixed": {"a": 1.0, "b": 1.0}}
    row = {"model": "tiny", "level": 3, "bytes": 7, "before": sides, "after": sides}
    row["environment"] = {**environment(), "state": program_state()}
    text = training.model_change({"rows": [row]}, {"a": "A", "b": "B"})
    assert "| tiny | 1,000 | no | 1.500 | 2.000 | 1.000 |" in text
    assert "| tiny | no | not measured | not measured |  |" in text
    row["encode_us_per_byte"] = {way: {"before": 2.0, "after": 3.0} for way in training.MIXING}
    text = training.model_change({"rows": [row]}, {"a": "A", "b": "B"})
    assert "| tiny | yes | 2.00 | 3.00 | 1.50 |" in text

    written: list[Any] = []
    monkeypatch.setattr(model_change, "write_result", lambda name, result: written.append(result))
    old = {"rows": [{"model": "base"}, {"model": "tiny"}]}
    monkeypatch.setattr(model_change, "read_result", lambda name: old)
    model_change.add(row)
    assert written == [{"rows": [{"model": "base"}, row]}]
