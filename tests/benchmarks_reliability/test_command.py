"""The whole command of attacks, with a few cases of each, and that it counts a failure."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path

import pytest

from benchmarks.places import ROOT
from benchmarks.reliability import __main__ as command
from benchmarks.reliability.__main__ import ATTACKS, Attack
from benchmarks.reliability.tally import Setting, Tally

SECONDS = 2.0


@pytest.mark.slow
def test_all_attacks_with_a_few_cases(tmp_path: Path) -> None:
    result = tmp_path / "reliability.json"
    arguments = ["--minutes", str(SECONDS / 60), "--result", str(result)]
    ended = subprocess.run(
        [sys.executable, "-m", "benchmarks.reliability", *arguments],
        cwd=ROOT, capture_output=True, text=True, timeout=300,
    )  # fmt: skip
    records = json.loads(result.read_text())["attacks"]
    assert [record["name"] for record in records] == list(ATTACKS)
    for record in records:
        assert record["cases"] > 0 or record["left_out"], record
        assert not any("the attack itself failed" in text for text in record["examples"]), record
        good = record["held"] + sum(record["detected"].values())
        assert record["cases"] == good + record["failed"]
    failed = sum(record["failed"] for record in records)
    assert ended.returncode == int(failed > 0), ended.stderr
    assert len(ended.stdout.splitlines()) >= len(ATTACKS)


def planted(setting: Setting) -> Tally:
    tally = Tally()
    tally.held = 2
    tally.judge("a case", ["wrong"])
    return tally


def broken(setting: Setting) -> Tally:
    raise RuntimeError("it does not even start")


def good(setting: Setting) -> Tally:
    return Tally(held=5)


def test_failures_are_counted_and_stop_nothing(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    attacks = {
        name: Attack(name, run, 0.1)
        for name, run in (("planted", planted), ("broken", broken), ("good", good))
    }
    monkeypatch.setattr(command, "ATTACKS", attacks)
    monkeypatch.setattr(command, "write_small_model", lambda folder: None)
    result = tmp_path / "result.json"
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path))
    assert command.main(["--result", str(result)]) == 1
    records = {record["name"]: record for record in json.loads(result.read_text())["attacks"]}
    assert (records["planted"]["cases"], records["planted"]["failed"]) == (3, 1)
    assert records["planted"]["examples"] == ["a case: wrong"]
    assert "RuntimeError" in records["broken"]["examples"][0]
    assert records["good"]["failed"] == 0
    output = capsys.readouterr().out
    assert "planted: 3 cases, 2 detected or held, 1 failed" in output
    assert "2 cases failed" in output
    assert command.main(["--result", str(result), "--only", "good"]) == 0


def test_some_attacks_do_not_replace_the_figures_of_all(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(command, "ATTACKS", {"good": Attack("good", good, 0.1)})
    monkeypatch.setattr(command, "write_small_model", lambda folder: None)
    monkeypatch.setattr(command, "RESULTS", tmp_path)
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path))
    assert command.main(["--only", "good"]) == 0
    assert not (tmp_path / "reliability.json").exists()
    assert command.main([]) == 0
    assert (tmp_path / "reliability.json").exists()
