"""Sections of docs/benchmarks.md: the command on long, small and many inputs."""

from __future__ import annotations

import statistics
from typing import Any

from benchmarks.pages.tables import conditions, section
from lmpack.evaluation.markdown import table

WANTED_START_UP = 100
"""CPU milliseconds of a file of 2 KB, at most."""


def scaling(result: dict[str, Any]) -> str:
    """Cost per byte and peak memory by input size."""
    rows = []
    for row in result["rows"]:
        line = [f"{row['bytes']:,}"]
        for direction in ("compress", "decompress"):
            run = row[direction]
            line += [
                f"{row['bytes'] / 1000 / run['wall']:.1f}",
                f"{1e6 * run['cpu'] / row['bytes']:.2f}",
                f"{run['peak_memory'] / 2**20:.0f}",
            ]
        rows.append(line)
    header = ["input bytes"]
    for direction in ("compress", "decompress"):
        header += [f"{direction} KB/s", "CPU us a byte", "peak MiB"]
    return section(
        "Long inputs",
        "`scripts/bench scaling`: the command with its defaults, start included. "
        + conditions(result),
        table(header, rows),
    )


def small_files(result: dict[str, Any]) -> str:
    """Wall time of the command for small files, and what it loads."""
    rows = [
        [
            f"{row['bytes']:,}",
            *(
                f"{1000 * row[direction][key]:.0f}"
                for direction in ("compress", "decompress")
                for key in ("median", "longest")
            ),
        ]
        for row in result["rows"]
    ]
    imports = [[part["module"], f"{1000 * part['seconds']:.0f}"] for part in result["imports"]]
    header = ["input bytes", "compress ms", "longest", "decompress ms", "longest"]
    return section(
        "Small files",
        f"`scripts/bench small_files`: wall time of the command, median and longest of "
        f"{result['runs']}. A Python that does nothing takes {1000 * result['nothing']:.0f} ms. "
        f"The first run on a machine, which proves the model's conformance, took "
        f"{1000 * result['first']:.0f} ms. " + conditions(result),
        table(header, rows),
        "What it spends loading (`python -X importtime`, each with what it imports):",
        table(["module", "ms"], imports),
        *_start_up(result),
    )


def _start_up(result: dict[str, Any]) -> list[str]:
    """CPU time of small files beside that of an empty Python; older results have none."""
    if "start_up" not in result:
        return []
    facts = result["start_up"]
    nothing = facts["cpu"]["nothing"]
    rows = [
        [name, f"{1000 * seconds:.0f}", f"{seconds / nothing:.1f}"]
        for name, seconds in facts["cpu"].items()
    ]
    return [
        f"CPU time for {facts['bytes']:,} bytes, user and system together, the best of "
        f"{facts['runs']} alternated runs; `nothing` is a Python that does nothing.",
        table(["command", "ms", "times nothing"], rows),
        f"The aim is at most {WANTED_START_UP:.0f} ms: {_reached(facts['cpu'])}. Most of it is "
        "Python: click, with what it loads of the standard library (inspect, typing, uuid, "
        "gettext), and about a hundred modules of lmpack, whose records are made into classes at "
        "each start.",
    ]


def _reached(cpu: dict[str, float]) -> str:
    """Which commands took no longer than wanted."""
    said = []
    for name, seconds in cpu.items():
        if "compress" in name:
            said.append(f"{name} {'reached' if 1000 * seconds <= WANTED_START_UP else 'missed'}")
    return ", ".join(said)


def batch(result: dict[str, Any]) -> str:
    """Thousands of small files against a large one."""
    size = result["bytes"]
    rows = []
    for title, name in ((f"{result['files']:,} files", "many"), ("one file", "one")):
        times = result[name]
        speeds = [f"{size / 1000 / times[way]:,.0f}" for way in ("compress", "decompress")]
        rows.append([title, f"{8 * times['packed_bytes'] / size:.3f}", *speeds])
    shares = [
        f"{100 * result['one'][way] / result['many'][way]:.0f} %"
        for way in ("compress", "decompress")
    ]
    rows.append(["share of the speed", "", *shares])
    return section(
        "Batches",
        f"`scripts/bench batch`: {size:,} bytes of validation texts as files of 2 KB with "
        "`lmpack compress -r`, and as one file; wall time of the command with its defaults. "
        f"`--resume` looks through what is there in {result['many']['resume']:.1f} s. Each file by "
        f"a command of its own takes {1000 * result['single_command']:.0f} ms. "
        + conditions(result),
        table(["", "bits per byte", "compress KB/s", "decompress KB/s"], rows),
    )


def choice(result: dict[str, Any]) -> str:
    """What choosing takes beside coding."""
    rows = [
        [
            f"-{row['level']}",
            row["content"],
            f"{row['bytes']:,}",
            f"{1000 * row['whole']:.1f}",
            f"{_share(row):.0f} %",
        ]
        for row in result["rows"]
    ]
    return section(
        "The choice",
        "`scripts/bench choice`: CPU milliseconds in which starts of files are coded as one block, "
        "and the share of them in which the way is chosen: the rest is what that way takes alone. "
        "One thread, the best of several turns; shares below 0 show how much such times vary. "
        + conditions(result),
        table(["level", "content", "bytes", "ms", "choice"], rows),
        _longest(result["rows"]),
    )


def _longest(rows: list[dict[str, Any]]) -> str:
    """What is asked of the choice, and what it takes of the longest piece of each file."""
    most: dict[str, int] = {}
    for row in rows:
        most[row["content"]] = max(row["bytes"], most.get(row["content"], 0))
    shares: dict[str, list[str]] = {}
    for row in rows:
        if row["bytes"] == most[row["content"]]:
            shares.setdefault(row["content"], []).append(f"{_share(row):.0f}")
    levels = ", ".join(f"-{level}" for level in dict.fromkeys(row["level"] for row in rows))
    reached = "; ".join(
        f"{content} ({most[content]:,} bytes) {', '.join(found)}"
        for content, found in shares.items()
    )
    return (
        f"It is to take at most 3 % of the time of a megabyte. Of the longest pieces it takes, in "
        f"per cent at the levels {levels}: {reached}. Short blocks of anything but text pay more: "
        "filters are tried on 16 KiB at least, as less misleads (blocks.md), without a filter, "
        "with one and sometimes with two. So what is tried is as much as a block of 16 to 48 KiB, "
        "however short the rest is. It is lost where another way wins."
    )


def _share(row: dict[str, Any]) -> float:
    """Per cent of the time of a block that go into the choice."""
    return float(100 * (row["whole"] - row["coding"]) / row["whole"])


def verify(result: dict[str, Any]) -> str:
    """What it costs to decode each block again."""
    rows = [
        [
            f"-{row['level']}",
            f"{row['bytes']:,}",
            *(f"{statistics.median(times):.2f}" for times in row["cpu"].values()),
            f"{row['ratio']:.2f}",
        ]
        for row in result["rows"]
    ]
    return section(
        "Verifying",
        f"`scripts/bench verify`: CPU seconds of `lmpack compress` with and without `--verify`, by "
        f"turns, one thread, medians, start of {result['file']}. " + conditions(result),
        table(["level", "bytes", "without", "with", "ratio"], rows),
    )
