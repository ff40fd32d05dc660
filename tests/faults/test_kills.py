"""A batch that deletes its inputs is killed: nothing is lost, and it can be resumed."""

from __future__ import annotations

import random
import signal
from pathlib import Path

import pytest
from fault_kinds import BATCHES_THAT_REMOVE, SIGNALS
from fault_scenarios import Scenario, run_and_kill, run_with_fault
from faults import Fault, FaultServer

MOMENTS = 8
STRIDE = 3
"""The slow test kills at every call by one of the three signals."""

each_batch = pytest.mark.parametrize("scenario", BATCHES_THAT_REMOVE, ids=str)
each_signal = pytest.mark.parametrize("number", SIGNALS, ids=lambda number: number.name)


@each_signal
@pytest.mark.parametrize("nth", [7, 16])
def test_killed_at_a_call(
    server: FaultServer, tmp_path: Path, nth: int, number: signal.Signals
) -> None:
    fault = Fault("any", signal=number)
    is_met, wrong = run_with_fault(server, BATCHES_THAT_REMOVE[1], tmp_path / "files", fault, nth)
    assert is_met
    assert not wrong


@pytest.mark.slow
@each_signal
@each_batch
def test_killed_at_every_call(
    server: FaultServer, tmp_path: Path, scenario: Scenario, number: signal.Signals
) -> None:
    nth = 1 + SIGNALS.index(number)
    is_met = True
    while is_met:
        fault = Fault("any", signal=number)
        is_met, wrong = run_with_fault(server, scenario, tmp_path / "files", fault, nth)
        assert not wrong, f"call {nth}: {wrong}"
        nth += STRIDE
    assert nth > 20, "hardly a call was met: does the shim still know them?"


@pytest.mark.slow
@each_signal
@each_batch
def test_killed_at_any_moment(
    server: FaultServer, tmp_path: Path, scenario: Scenario, number: signal.Signals
) -> None:
    moments = random.Random(f"{scenario} {number}")
    scenario.prepare(tmp_path)
    whole = server.run(scenario.arguments(tmp_path), tmp_path).seconds
    for _ in range(MOMENTS):
        seconds = moments.uniform(0, whole)
        wrong = run_and_kill(server, scenario, tmp_path, seconds, number)
        assert not wrong, f"after {seconds:.4f} s: {wrong}"
