"""What the page shows of results: failures, what was left out, and what there was no time for."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from benchmarks.pages import reliability
from benchmarks.reliability import fuzzing
from benchmarks.reliability.tally import Setting, Tally

ENVIRONMENT = {
    "cpu": "a CPU", "cores": 2, "python": "3", "packages": {}, "commit": "0" * 40, "modified": False
}  # fmt: skip


def record(title: str, tally: Tally) -> dict[str, Any]:
    return {"name": title, "title": title, **tally.record(), "seconds": 3.2}


def test_the_table(monkeypatch: pytest.MonkeyPatch) -> None:
    bad = Tally(held=1999, is_complete=False, facts={"peak_growth_mib": 12.3})
    bad.fail("an example")
    bad.detected["DamagedError"] = 1000
    records = [record("flips", bad), record("fuzz", Tally(left_out="nothing was fuzzed"))]
    leak = record("leak", Tally(held=5, facts={"open_growth_mib": 0.0, "describe_growth_mib": 1.5}))
    result = {"environment": ENVIRONMENT, "seconds": 90, "attacks": [*records, leak]}
    monkeypatch.setattr(reliability, "read_result", lambda name: result)
    text = reliability.parts()["attacks"]
    assert "| flips | 3,000 | 2,999 | 1 | 3 |" in text
    assert "| fuzz | left out |" in text
    assert "Fuzz: left out, because nothing was fuzzed." in text
    assert "Flips: there was no time for all cases." in text
    assert "Flips: a process grew by at most 12 MiB." in text
    assert "Leak: a process grew by at most 1.5 MiB over all calls." in text


def test_without_a_result_there_is_no_table(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(reliability, "read_result", lambda name: None)
    monkeypatch.setattr(reliability, "RUNS", Path("nowhere"))
    assert reliability.parts() == {"attacks": "", "fuzzing": ""}


def test_runs_of_fuzz_targets_are_counted(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    setting = Setting(tmp_path, 1.0, tmp_path)
    monkeypatch.setattr(fuzzing, "RUNS", tmp_path / "fuzz.jsonl")
    assert "there is no fuzz.jsonl" in str(fuzzing.attack(setting).left_out)
    lines = [
        '{"target": "engine", "runs": 1000, "seconds": 60, "edges": 200, "finds": 0}',
        '{"target": "bundle", "runs": 500, "seconds": 60, "edges": 90, "finds": 2}',
    ]
    (tmp_path / "fuzz.jsonl").write_text("\n".join(lines) + "\n")
    tally = fuzzing.attack(setting)
    assert (tally.cases, tally.failed) == (1500, 2)
    assert tally.examples[0] == "bundle: a find of scripts/fuzz"


def test_the_fuzz_runs(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    runs = tmp_path / "fuzz.jsonl"
    runs.write_text(
        '{"target": "b", "runs": 2000, "seconds": 90, "edges": 7, "finds": 1}\n'
        '{"target": "a", "runs": 10, "seconds": 30, "edges": 1000, "finds": 0}\n'
    )
    monkeypatch.setattr(reliability, "RUNS", runs)
    rows = reliability.parts()["fuzzing"].splitlines()
    assert rows[2:4] == ["| a | 10 | 0 | 1,000 | 0 |", "| b | 2,000 | 2 | 7 | 1 |"]
    assert rows[-1] == "2,010 runs in all."
