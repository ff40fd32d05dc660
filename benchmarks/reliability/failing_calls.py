"""Each call of the system on a file fails once, in all ways of calling the command."""

from __future__ import annotations

import itertools
from collections.abc import Iterator
from pathlib import Path

from fault_kinds import FAULTS, SCENARIOS
from fault_scenarios import run_with_fault
from faults import FaultServer

from benchmarks.reliability.commands import judged
from benchmarks.reliability.tally import Setting, Tally

ALL_CALLS, STEP = 30, 9
"""So many calls of a kind all fail in turn, of the later ones one in STEP."""


def attack(setting: Setting) -> Tally:
    """Let the n-th call fail, look whether something is lost, and run again."""
    return judged(setting, _attempts)


def _attempts(server: FaultServer, files: Path) -> Iterator[tuple[str, list[str]]]:
    for scenario, fault in itertools.product(SCENARIOS, FAULTS):
        for nth in itertools.chain(range(1, ALL_CALLS), itertools.count(ALL_CALLS, STEP)):
            is_met, wrong = run_with_fault(server, scenario, files, fault, nth)
            if is_met or wrong:
                yield f"{scenario}, {fault}, call {nth}", wrong
            if not is_met:
                break
