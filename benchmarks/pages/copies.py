"""The table of docs/copies.md: what copies cost and save, by the length of the shortest one."""

from __future__ import annotations

from typing import Any

from benchmarks.pages.tables import conditions
from benchmarks.record import read_result
from lmpack._blocks.levels import LEVELS
from lmpack.evaluation.markdown import table

WAYS = ("encode_s", "decode_s")


def parts() -> dict[str, str]:
    """What stands between the markers of the page."""
    result = read_result("copies")
    if result is None:
        return {"copies": "", "repeats": ""}
    return {"copies": lengths(result), "repeats": repeats(result)}


def repeats(result: dict[str, Any]) -> str:
    """What takes no time: the speed of what repeats, both ways."""
    rows = result.get("repeats", {})
    if not rows:
        return ""
    lines = []
    for title, row in rows.items():
        line = [title, f"{row['bytes']:,}", f"{row['size']:,}"]
        for way in WAYS:
            line += [f"{row[way]:.2f}", f"{row['bytes'] / 1e6 / row[way]:.1f}"]
        lines.append(line)
    block = LEVELS[result["level"]].block_size >> 20
    return "\n\n".join(
        [
            f"What repeats at level -{result['level']}, in blocks of {block} MiB: bytes of the "
            "file, CPU seconds with one thread, and millions of bytes in a second of it. Folders "
            "are tar files of modules of Python's library, next to the same folders alone. "
            + conditions(result),
            table(["", "bytes", "file", "encode s", "MB/s", "decode s", "MB/s"], lines),
            _added(rows, block << 20),
        ]
    )


def _added(rows: dict[str, Any], block: int) -> str:
    """How fast that goes through which is not mixed."""
    said = []
    names = list(rows)
    for one, ten in zip(names[1::2], names[2::2], strict=True):
        mixed = -(-rows[ten]["bytes"] // block)  # a folder for each block
        more = rows[ten]["bytes"] - mixed * rows[one]["bytes"]
        seconds = [rows[ten][way] - mixed * rows[one][way] for way in WAYS]
        speeds = [f"{more / 1e6 / max(each, 1e-2):,.0f}" for each in seconds]
        said.append(f"{ten} ({mixed} mixed): {speeds[0]} MB/s in, {speeds[1]} MB/s out")
    return (
        "The aim is that what repeats goes through at 50 MB/s at least, both ways. A tar file as "
        "a whole does not: a folder is mixed in each block, as blocks know nothing of one another. "
        "All else is copied; what that takes, the time of mixed folders taken off, is: "
        + "; ".join(said)
        + ". These are differences of longer times, so they are rough."
    )


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
