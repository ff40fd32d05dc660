"""Section of docs/benchmarks.md: what a wheel takes of the disk, and of time."""

from __future__ import annotations

from typing import Any

from benchmarks.pages.tables import conditions, section
from lmpack.evaluation.markdown import table

MEGABYTE = 1_000_000


def wheel(result: dict[str, Any]) -> str:
    """Sizes of the wheel's parts and of what it needs, times of installing and starting."""
    rows = [
        [row["part"], f"{row['files']:,}", *(_megabytes(row[key]) for key in ("packed", "bytes"))]
        for row in result["rows"]
    ]
    whole = result["wheel"]["bytes"]
    rows.append(
        [
            "**the wheel**",
            f"{sum(row['files'] for row in result['rows']):,}",
            _megabytes(whole),
            _megabytes(sum(row["bytes"] for row in result["rows"])),
        ]
    )
    installed = ", ".join(
        f"{name} {_megabytes(size)} MB" for name, size in result["installed"].items()
    )
    installing = [
        [name, f"{run['wall']:.1f}", f"{run['cpu']:.1f}"] for name, run in result["install"].items()
    ]
    starts = [
        [name, f"{1000 * run['cpu']:.0f}", f"{run['peak_memory'] / 2**20:.0f}"]
        for name, run in result["starts"].items()
    ]
    return section(
        "The wheel",
        f"`scripts/bench wheel`: `{result['wheel']['name']}`, built on this machine and not by the "
        "workflows. " + conditions(result),
        table(["part", "files", "MB in the wheel", "MB on the disk"], rows),
        f"With what pip installs beside it, on the disk: {installed}.",
        "`pip install` in a new virtual environment, everything fetched before:",
        table(["", "wall s", "CPU s"], installing),
        f"Starting, user and system together, the best of {result['runs']} alternated runs. Python "
        "loads a function of lmpack when it is first asked for:",
        table(["", "CPU ms", "most MiB"], starts),
    )


def _megabytes(size: int) -> str:
    """Bytes as megabytes."""
    return f"{size / MEGABYTE:.1f}"
