"""The runs of the fuzz targets, which take hours and are made by `scripts/fuzz`.

What it prints is kept in benchmarks/results/fuzz.jsonl: for each target its runs and finds.
"""

from __future__ import annotations

import json

from benchmarks.places import RESULTS
from benchmarks.reliability.tally import Setting, Tally

RUNS = RESULTS / "fuzz.jsonl"


def attack(setting: Setting) -> Tally:
    """Count what was fuzzed before; nothing is run here."""
    if not RUNS.exists():
        return Tally(left_out=f"there is no {RUNS.name} of scripts/fuzz in benchmarks/results")
    tally = Tally()
    for line in RUNS.read_text().splitlines():
        target = json.loads(line)
        tally.held += target["runs"] - target["finds"]
        for _ in range(target["finds"]):
            tally.fail(f"{target['target']}: a find of scripts/fuzz")
        tally.facts[f"{target['target']}_edges"] = target["edges"]
    return tally
