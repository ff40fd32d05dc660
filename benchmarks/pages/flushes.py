"""The table of docs/python.md: what flushing costs, by the bytes between two flushes."""

from __future__ import annotations

from typing import Any

from benchmarks.pages.tables import conditions
from benchmarks.record import read_result
from lmpack.evaluation.markdown import table


def parts() -> dict[str, str]:
    """What stands between the markers of the page."""
    result = read_result("flushes")
    return {"flushes": "" if result is None else sizes(result)}


def sizes(result: dict[str, Any]) -> str:
    """For each log and program the size without flushes, and what they make of it."""
    lines: list[list[str]] = []
    distances: list[int] = []
    for title, file in result["files"].items():
        programs = dict.fromkeys(row["program"] for row in file["rows"])
        for program in programs:
            plain, *rows = [row for row in file["rows"] if row["program"] == program]
            distances = [row["every"] for row in rows]
            cells = [_cell(plain, row) for row in rows]
            lines.append([title, f"{file['bytes']:,}", program, f"{plain['bytes']:,}", *cells])
    header = ["log", "bytes", "program", "no flush", *(f"each {every:,}" for every in distances)]
    return "\n\n".join(
        [
            "`scripts/bench flushes`: a log is written by lines, and flushed when so many more "
            "bytes have come. In brackets: what a flush adds. " + conditions(result),
            table(header, lines),
        ]
    )


def _cell(plain: dict[str, Any], row: dict[str, Any]) -> str:
    added = (row["bytes"] - plain["bytes"]) / row["flushes"]
    return f"{row['bytes']:,} ({added:+.0f})"
