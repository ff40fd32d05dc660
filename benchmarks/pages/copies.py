"""The table of docs/copies.md: what copies cost and save, by the length of the shortest one."""

from __future__ import annotations

from typing import Any

from benchmarks.pages.tables import conditions
from benchmarks.record import read_result
from lmpack.evaluation.markdown import table


def parts() -> dict[str, str]:
    """What stands between the markers of the page."""
    result = read_result("copies")
    return {"copies": "" if result is None else lengths(result)}


def lengths(result: dict[str, Any]) -> str:
    """For each file the change of size, and the share of it that is copied, by least length."""
    files = result["files"]
    shortest = [row["shortest"] for row in next(iter(files.values()))["rows"][1:]]
    lines = []
    for title, file in files.items():
        plain, *rows = file["rows"]
        cells = [_cell(file["bytes"], plain, row) for row in rows]
        lines.append([title, f"{file['bytes']:,}", f"{plain['payload']:,}", *cells])
    header = ["file", "bytes", "payload", *(f"{length:,}" for length in shortest)]
    return "\n\n".join(
        [
            f"`scripts/bench copies`: each file, or its first {result['block']:,} bytes, as one "
            "block without a model. *payload* is its size with nothing taken out. Then for each "
            "least length: by how many bytes the payload grows, and how much of the block is "
            "copied. " + conditions(result),
            table(header, lines),
        ]
    )


def _cell(length: int, plain: dict[str, Any], row: dict[str, Any]) -> str:
    copied = 1 - row["remainder"] / length
    if not copied:
        return "0"
    return f"{row['payload'] - plain['payload']:+,}; {100 * copied:.1f} %"
