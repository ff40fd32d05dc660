"""Each call of the system on a file fails once: nothing is lost, and a second run puts it right."""

from __future__ import annotations

import errno
from pathlib import Path

import pytest
from fault_kinds import ONE_FAULT_A_CALL, SCENARIOS
from fault_scenarios import Scenario, complaints, leftovers, run_with_fault
from faults import Fault, FaultServer, Run

FIRST_CALLS = 3
"""So many calls of a kind are tried in the fast tests."""
MOST_CALLS = 40
"""The first ones, of a program that makes more."""
TURNS = 3


@pytest.mark.parametrize("fault", ONE_FAULT_A_CALL, ids=str)
def test_the_first_calls_of_each_kind(server: FaultServer, tmp_path: Path, fault: Fault) -> None:
    scenario = Scenario("compress", removes=True)
    for nth in range(1, FIRST_CALLS + 1):
        is_met, wrong = run_with_fault(server, scenario, tmp_path / "files", fault, nth)
        assert not wrong, f"call {nth}: {wrong}"
        if not is_met:
            break


@pytest.mark.slow
@pytest.mark.parametrize("scenario", SCENARIOS, ids=str)
def test_every_call_of_every_kind(server: FaultServer, tmp_path: Path, scenario: Scenario) -> None:
    """All kinds in all scenarios, by turns: `benchmarks.reliability` tries each with each."""
    faults = ONE_FAULT_A_CALL[SCENARIOS.index(scenario) % TURNS :: TURNS]
    met = 0
    for fault in faults:
        for nth in range(1, MOST_CALLS + 1):
            is_met, wrong = run_with_fault(server, scenario, tmp_path / "files", fault, nth)
            assert not wrong, f"{fault}, call {nth}: {wrong}"
            if not is_met:
                break
            met += 1
    assert met >= len(faults), "hardly a call was met: does the shim still know them?"


@pytest.mark.parametrize("error", [errno.EINTR, 0], ids=["interrupted", "short"])
def test_interrupted_and_short_writes_are_no_errors(
    server: FaultServer, tmp_path: Path, error: int
) -> None:
    scenario = Scenario("decompress")
    scenario.prepare(tmp_path)
    run = server.run(scenario.arguments(tmp_path), tmp_path, Fault("write", error))
    assert (run.status, run.met > 0, run.stderr) == (0, True, "")
    assert scenario.losses(tmp_path, 0) == []


def test_a_failing_call_is_named(server: FaultServer, tmp_path: Path) -> None:
    scenario = Scenario("compress")
    scenario.prepare(tmp_path)
    run = server.run(scenario.arguments(tmp_path), tmp_path, Fault("write", errno.ENOSPC))
    assert run.status == 1
    assert run.stderr.startswith("lmpack: ")
    assert str(tmp_path / "noise") in run.stderr
    assert "No space left on device" in run.stderr


def test_the_checks_notice_what_they_are_for(server: FaultServer, tmp_path: Path) -> None:
    scenario = Scenario("compress", removes=True)
    scenario.prepare(tmp_path)
    source, output = tmp_path / "noise", tmp_path / "noise.lmp"
    assert scenario.losses(tmp_path, 1) == []
    assert "noise.lmp is missing, which was called a success" in scenario.losses(tmp_path, 0)
    output.write_bytes(b"the start of")
    (tmp_path / ".lmpack-0123456789abcdef.tmp").touch()
    assert scenario.losses(tmp_path, 1) == ["noise.lmp is not whole"]
    assert leftovers(tmp_path) == [".lmpack-0123456789abcdef.tmp is left"]
    source.unlink()
    assert "noise is lost" in scenario.losses(tmp_path, 1)
    for stderr in ("", "Traceback (most recent call last):\nOSError", "two\nlines\nand more"):
        assert complaints(Run(1, False, 0, 0.0, stderr), most_lines=2)
    assert complaints(Run(-11, False, 0, 0.0, ""), most_lines=2)
    assert complaints(Run(1, False, 0, 0.0, "lmpack: text: a sentence"), most_lines=2) == []
