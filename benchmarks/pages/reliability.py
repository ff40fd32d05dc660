"""The tables of docs/reliability.md: what was attacked, and what held."""

from __future__ import annotations

import json
from typing import Any

from benchmarks.commits import known_commits, newest
from benchmarks.pages.tables import conditions
from benchmarks.record import read_result
from benchmarks.reliability.fuzzing import RUNS
from lmpack.evaluation.markdown import table

HEADER = ["attack", "cases", "detected or held", "failed", "seconds"]
SMALLEST_SHOWN = 0.05
"""MiB of growth."""


def parts() -> dict[str, str]:
    """The tables by the names of their markers; where nothing was measured, empty ones."""
    result = read_result("reliability")
    return {
        "attacks": "" if result is None else _attacks(result),
        "fuzzing": _fuzzing(RUNS.read_text()) if RUNS.exists() else "",
    }


def _fuzzing(lines: str) -> str:
    header = ["target", "runs", "minutes", "edges reached", "finds"]
    targets = [json.loads(line) for line in lines.splitlines()]
    rows = [
        [
            target["target"],
            f"{target['runs']:,}",
            f"{target['seconds'] / 60:.0f}",
            f"{target['edges']:,}",
            str(target["finds"]),
        ]
        for target in sorted(targets, key=lambda target: str(target["target"]))
    ]
    total = sum(target["runs"] for target in targets)
    return table(header, rows) + f"\n\n{total:,} runs in all."


def _attacks(result: dict[str, Any]) -> str:
    rows = [_row(record) for record in result["attacks"]]
    notes = [note for record in result["attacks"] for note in _notes(record)]
    text = f"All attacks together took {result['seconds'] / 60:.0f} minutes. "
    age = _age(result["environment"]["commit"])
    lines = [text + f"{conditions(result)} {age}".rstrip(), table(HEADER, rows), *notes]
    return "\n\n".join(lines)


def _age(commit: str) -> str:
    """How old the attacked program is, compared with the newest one that anything was measured of.

    Nothing of a commit that is not known.
    """
    facts = known_commits().get(commit)
    if facts is None:
        return ""
    latest = newest()
    count = 0 if facts["number"] is None else latest["number"] - facts["number"]
    return (
        f"That program is of {facts['date']}. From it to the newest one that these documents have "
        f"numbers of ({latest['date']}) the history grew by {count:,} commits, which may have "
        "changed what these attacks reach."
        if count > 0
        else f"That program is of {facts['date']}."
    )


def _row(record: dict[str, Any]) -> list[str]:
    if record["left_out"]:
        return [record["title"], "left out", "", "", ""]
    good = record["cases"] - record["failed"]
    counts = [f"{count:,}" for count in (record["cases"], good, record["failed"])]
    return [record["title"], *counts, f"{record['seconds']:.0f}"]


def _notes(record: dict[str, Any]) -> list[str]:
    """What a row cannot hold: why it is missing or not complete, and its peak of memory."""
    title, facts = record["title"].capitalize(), record["facts"]
    notes = []
    if record["left_out"]:
        notes.append(f"{title}: left out, because {record['left_out']}.")
    if not record["is_complete"]:
        notes.append(f"{title}: there was no time for all cases.")
    if "peak_growth_mib" in facts:
        notes.append(f"{title}: a process grew by at most {facts['peak_growth_mib']:.0f} MiB.")
    growth = [value for name, value in facts.items() if name.endswith("_growth_mib")]
    if growth and "peak_growth_mib" not in facts:
        most = max(SMALLEST_SHOWN, *growth)
        notes.append(f"{title}: a process grew by at most {most:.1f} MiB over all calls.")
    return notes
