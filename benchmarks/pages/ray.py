"""The table of docs/cluster.md: two workers of Ray beside one process."""

from __future__ import annotations

from typing import Any

from benchmarks.pages.tables import conditions
from benchmarks.record import read_result
from lmpack.evaluation.markdown import table

ONE = "one process, one thread"
TWO = "two workers"
KILLED = "two workers, one killed"


def parts() -> dict[str, str]:
    """What stands between the markers of the page."""
    result = read_result("ray")
    return {"ray": "" if result is None else rounds(result)}


def rounds(result: dict[str, Any]) -> str:
    """A line for each way, with its seconds, and how many times faster than one thread it was."""
    lines = []
    for name in result["rounds"][0]:
        taken = [one[name] for one in result["rounds"]]
        times = [one[ONE] / one[name] for one in result["rounds"]]
        is_start = name == "start"
        lines.append(
            [
                "two workers, two files of a byte" if is_start else name,
                ", ".join(f"{seconds:.1f}" for seconds in taken),
                "" if is_start else ", ".join(f"{factor:.2f}" for factor in times),
            ]
        )
    load = f"{result['environment']['load_before']:.1f} before and {result['load_after']:.1f} after"
    return "\n\n".join(
        [
            f"`scripts/bench ray`: {result['files']} files of {result['bytes']:,} bytes, the same "
            f"text, at level {result['level']}, in rounds. The load of the machine was {load}. "
            + conditions(result),
            table(["", "seconds", "times as fast as one thread"], lines),
            "The killed worker cost "
            + " and ".join(
                f"{one[KILLED] - one[TWO]:.1f} seconds ({100 * (one[KILLED] / one[TWO] - 1):.0f} %)"
                for one in result["rounds"]
            )
            + " in these rounds.",
        ]
    )
