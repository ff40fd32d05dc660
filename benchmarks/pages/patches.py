"""The section of docs/benchmarks.md on patches: versions beside the ones before."""

from __future__ import annotations

from typing import Any

from benchmarks.pages.tables import conditions, section
from lmpack.evaluation.markdown import table


def patches(result: dict[str, Any]) -> str:
    """Sizes of the patches of all programs, then their CPU seconds."""
    rows = result["rows"]
    names = list(rows[0]["programs"])
    sizes = [
        [
            row["title"],
            f"{row['bytes']:,}",
            *(f"{row['programs'][name]['size']:,}" for name in names),
        ]
        for row in rows
    ]
    best = [f"{_times_best(rows, name)}" for name in names]
    sizes.append(["for how many it is smallest", f"{len(rows)}", *best])
    seconds = [
        [name, *(f"{sum(row['programs'][name][way] for row in rows):.1f}" for way in _WAYS)]
        for name in names
    ]
    return section(
        "Patches",
        "`scripts/bench patches`: bytes of each version behind the one before, from the Python "
        "Package Index: files of sources, and whole tar files. " + conditions(result),
        table(["new version", "bytes", *names], sizes),
        _own_bytes(rows),
        _OF_TARS if _is_lost(rows, _TAR) else "",
        "CPU seconds for all of them together, start included:",
        table(["program", "make", "apply"], seconds),
    )


def _own_bytes(rows: list[dict[str, Any]]) -> str:
    """What of lmpack's files is not payload, and for how many pairs that decides."""
    parts = []
    for name, first in rows[0]["programs"].items():
        if "payload" not in first:
            continue
        files = [row["programs"][name] for row in rows]
        own = [file["size"] - file["payload"] for file in files]
        rivals = [
            min(found["size"] for found in row["programs"].values() if "payload" not in found)
            for row in rows
        ]
        lost = sum(
            file["payload"] < rival <= file["size"]
            for file, rival in zip(files, rivals, strict=True)
        )
        parts.append(f"{name} {min(own)} to {max(own)} bytes, {lost} times")
    if not parts:
        return ""
    return (
        "Of each file of lmpack the container has some bytes of its own: header with the digest of "
        "the prefix, head and checksum of the block, index. How many, and how often the payload "
        f"alone would be smaller than any other program's file, and is not with them: "
        f"{'; '.join(parts)}."
    )


_WAYS = ("make_s", "apply_s")

_TAR = "click.tar"

_OF_TARS = (
    f"In {_TAR} 155 of 156 headers have another time, and so another checksum. bsdiff codes "
    "differences of bytes, which are much the same in each header. lmpack copies what stands "
    "between them and codes the bytes themselves."
)


def _is_lost(rows: list[dict[str, Any]], title: str) -> bool:
    """Whether another program has a smaller patch than lmpack for what a title begins with."""
    for row in rows:
        if row["title"].startswith(title):
            best = min(row["programs"], key=lambda name: row["programs"][name]["size"])
            return "payload" not in row["programs"][best]
    return False


def _times_best(rows: list[dict[str, Any]], name: str) -> int:
    """For how many pairs no other program's patch is smaller."""
    sizes = [{name: found["size"] for name, found in row["programs"].items()} for row in rows]
    return sum(size[name] == min(size.values()) for size in sizes)
