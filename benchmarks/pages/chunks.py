"""The table of docs/libraries.md: what small chunks of an array cost."""

from __future__ import annotations

from typing import Any

from benchmarks.pages.tables import conditions
from benchmarks.record import read_result
from lmpack.evaluation.markdown import table


def parts() -> dict[str, str]:
    """What stands between the markers of the page."""
    result = read_result("chunks")
    return {"chunks": "" if result is None else sizes(result)}


def sizes(result: dict[str, Any]) -> str:
    """A line for each size of chunks; for each level the bytes and both times."""
    levels = sorted({row["level"] for row in result["rows"]})
    found = {(row["size"], row["level"]): row for row in result["rows"]}
    lines = []
    for size, zlib_bytes in result["zlib"].items():
        line = [f"{int(size) >> 10} KiB", _share(zlib_bytes, result)]
        for level in levels:
            row = found[int(size), level]
            line += [_share(row["bytes"], result), " / ".join(f"{s:.1f}" for s in row["cpu"])]
        lines.append(line)
    header = ["chunk", "zlib -9"]
    for level in levels:
        header += [f"level {level}", "CPU s in / out"]
    return "\n\n".join(
        [
            f"`scripts/bench chunks`: {result['bytes'] >> 10} KiB of 32-bit integers, a random "
            "walk, in chunks. Sizes in per cent of the array, CPU seconds for all of it. "
            + conditions(result),
            table(header, lines),
        ]
    )


def _share(size: int, result: dict[str, Any]) -> str:
    return f"{100 * size / result['bytes']:.1f}"
