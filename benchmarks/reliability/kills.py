"""Batches that delete their inputs are killed at every call on a file and at random moments."""

from __future__ import annotations

import random
from collections.abc import Iterator
from pathlib import Path

from fault_kinds import BATCHES_THAT_REMOVE, SIGNALS
from fault_scenarios import run_and_kill, run_with_fault
from faults import Fault, FaultServer

from benchmarks.reliability.commands import judged
from benchmarks.reliability.tally import Setting, Tally

MOMENTS = 30
"""For each batch and signal."""


def attack(setting: Setting) -> Tally:
    """Kill, look whether something is lost, and run again."""
    return judged(setting, _attempts)


def _attempts(server: FaultServer, files: Path) -> Iterator[tuple[str, list[str]]]:
    moments = random.Random(1)
    for scenario in BATCHES_THAT_REMOVE:
        scenario.prepare(files)
        whole = server.run(scenario.arguments(files), files).seconds
        for number in SIGNALS:
            for _ in range(MOMENTS):
                seconds = moments.uniform(0, whole)
                wrong = run_and_kill(server, scenario, files, seconds, number)
                yield f"{scenario}, {number.name} after {seconds:.4f} s", wrong
            fault = Fault("any", signal=number)
            nth, is_met = 0, True
            while is_met:
                nth += 1
                is_met, wrong = run_with_fault(server, scenario, files, fault, nth)
                yield f"{scenario}, {fault}, call {nth}", wrong
