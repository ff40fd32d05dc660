"""The table of docs/reliability.md: what was attacked, and what held."""

from __future__ import annotations

from typing import Any

from benchmarks.pages.tables import conditions
from benchmarks.record import read_result
from lmpack.evaluation.markdown import table

HEADER = ["attack", "cases", "detected or held", "failed", "seconds"]
SMALLEST_SHOWN = 0.05
"""MiB of growth."""


def parts() -> dict[str, str]:
    """The table by the name of its marker; nothing was measured: an empty one."""
    result = read_result("reliability")
    return {"attacks": "" if result is None else _attacks(result)}


def _attacks(result: dict[str, Any]) -> str:
    rows = [_row(record) for record in result["attacks"]]
    notes = [note for record in result["attacks"] for note in _notes(record)]
    text = f"All attacks together took {result['seconds'] / 60:.0f} minutes. "
    lines = [text + conditions(result), table(HEADER, rows), *notes]
    return "\n\n".join(lines)


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
