"""The section of docs/benchmarks.md on threads, and the README's sentence."""

from __future__ import annotations

from typing import Any

from benchmarks.pages.tables import conditions, section
from benchmarks.state import enumerated
from lmpack.evaluation.markdown import table

DIRECTIONS = ("compress", "decompress")
WANTED_SIZES = (1_000_000, 5_000_000, 50_000_000)
MOST_EXTRA = 1.05
"""How much longer eight threads may take than two on a machine with two processors."""


def threads(result: dict[str, Any]) -> str:
    """One thread against more, and what follows for more cores."""
    rows = result["rows"]
    return section(
        "Threads",
        "`scripts/bench threads`: the command with one thread, and how many times as fast "
        "with two and with eight, which this machine has not the cores for, start included,"
        " by turns; the shortest time of all rounds counts, and in brackets stands how much"
        " longer the longest one with two threads was. CPU time and peak memory are those "
        "with two threads over those with one; serial is the share of mixing, which one "
        "thread does; load is that of the machine before the row. What follows for more "
        "cores, over the CPU time with one, is computed, not measured, and is what cannot "
        'be exceeded (engine.md, "Threads"). Start of '
        f"{result['file']}. " + conditions(result),
        *(_table(rows, direction) for direction in DIRECTIONS),
        *filter(None, (_not_run(rows), _eight_against_two(rows), _overstated(rows))),
    )


def readme_threads(result: dict[str, Any]) -> str:
    """How many times as fast two threads decode as one, by level."""
    parts = []
    for row in result["rows"]:
        measured = row["decompress"]["measured"]
        times = measured["1"]["wall"] / measured["2"]["wall"]
        parts.append(f"-{row['level']} {times:.1f}")
    size = max(row["bytes"] for row in result["rows"])
    return (
        f"How many times as fast two threads decode as one, at most {size:,} bytes: "
        f"{', '.join(parts)} ([docs/benchmarks.md](docs/benchmarks.md))."
    )


def _table(rows: list[dict[str, Any]], direction: str) -> str:
    """All rows of a direction."""
    cells = []
    for row in rows:
        measured, computed = row[direction]["measured"], row[direction]["computed"]
        one, two, eight = (measured[number] for number in ("1", "2", "8"))
        cells.append(
            [
                f"-{row['level']}",
                f"{row['bytes']:,}",
                str(row.get("rounds", "")),
                str(row.get("load", "")),
                f"{row['bytes'] / 1000 / one['wall']:.0f}",
                f"{one['wall'] / two['wall']:.2f}{_scatter(row[direction])}",
                f"{one['wall'] / eight['wall']:.2f}",
                f"{two['cpu'] / one['cpu']:.2f}",
                f"{two['peak_memory'] / one['peak_memory']:.2f}",
                f"{100 * row['mixing'] * row['bytes'] / one['cpu']:.0f}",
                *(
                    f"{one['cpu'] / seconds:.1f}" if _is_bound(row, direction) else ""
                    for seconds in computed.values()
                ),
            ]
        )
    header = [direction, "bytes", "rounds", "load", "KB/s", "2 threads", "8 threads", "CPU"]
    header += ["memory", "serial %"]
    header += [f"computed: {cores} cores" for cores in rows[0][direction]["computed"]]
    return table(header, cells)


def _is_bound(row: dict[str, Any], direction: str) -> bool:
    """Whether what was computed is a bound: results without a pass of one lane have none."""
    return direction == "compress" or "alone" in row


def _scatter(facts: dict[str, Any]) -> str:
    """How much longer the longest run with two threads was than the shortest."""
    if "walls" not in facts:
        return ""
    walls = facts["walls"]["2"]
    return f" (+{100 * (max(walls) / min(walls) - 1):.0f} %)"


def _not_run(rows: list[dict[str, Any]]) -> str:
    """What sizes there are no rows of."""
    missing = [size for size in WANTED_SIZES if size not in {row["bytes"] for row in rows}]
    if not missing:
        return ""
    sizes = [f"{size // 1_000_000} MB" for size in missing]
    return f"{enumerated(sizes)} were not run here: that takes hours."


def _eight_against_two(rows: list[dict[str, Any]]) -> str:
    """Whether threads that there are no processors for cost time."""
    slower, count = [], 0
    for row in rows:
        for direction in DIRECTIONS:
            measured = row[direction]["measured"]
            times = measured["8"]["wall"] / measured["2"]["wall"]
            count += 1
            if times > MOST_EXTRA:
                slower.append(f"-{row['level']} {direction} (+{100 * (times - 1):.0f} %)")
    bound = f"{100 * (MOST_EXTRA - 1):.0f} %"
    if not slower:
        return f"Eight threads take at most {bound} longer than two in all {count} rows."
    recordings = " of one round" if all(row.get("rounds", 1) == 1 for row in rows) else ""
    return (
        f"Eight threads take more than {bound} longer than two in {len(slower)} of {count} "
        f"rows{recordings}: {', '.join(slower)}."
    )


def _overstated(rows: list[dict[str, Any]]) -> str:
    """Rows that are measured faster than what is computed as the limit."""
    above = []
    for row in rows:
        for direction in DIRECTIONS:
            measured, computed = row[direction]["measured"], row[direction]["computed"]
            limit = measured["1"]["cpu"] / min(computed.values())
            times = measured["1"]["wall"] / measured["2"]["wall"]
            if _is_bound(row, direction) and times > limit:
                name = f"-{row['level']} {direction}"
                above.append(f"{name} ({times:.2f} measured, {limit:.2f} computed)")
    if not above:
        return ""
    return (
        f"Two threads are faster than the computed limit in: {', '.join(above)}. The time of "
        "mixing, or that of a pass of one lane, was then overstated, or the runs with one thread "
        "were slowed by other programs: each is counted in a run of its own."
    )
