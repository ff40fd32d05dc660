"""Sections of docs/benchmarks.md: the command on long, small and many inputs."""

from __future__ import annotations

import statistics
from typing import Any

from benchmarks.pages.tables import conditions, section
from lmpack.evaluation.markdown import table


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


def threads(result: dict[str, Any]) -> str:
    """One thread against more, and what follows for more cores."""
    tables = []
    for direction in ("compress", "decompress"):
        rows = []
        for row in result["rows"]:
            measured, computed = row[direction]["measured"], row[direction]["computed"]
            one, two, eight = (measured[number] for number in ("1", "2", "8"))
            rows.append(
                [
                    f"-{row['level']}",
                    f"{row['bytes']:,}",
                    f"{row['bytes'] / 1000 / one['wall']:.0f}",
                    f"{one['wall'] / two['wall']:.2f}",
                    f"{one['wall'] / eight['wall']:.2f}",
                    f"{two['cpu'] / one['cpu']:.2f}",
                    f"{two['peak_memory'] / one['peak_memory']:.2f}",
                    f"{100 * row['mixing'] * row['bytes'] / one['cpu']:.0f}",
                    *(f"{one['cpu'] / seconds:.1f}" for seconds in computed.values()),
                ]
            )
        header = [direction, "bytes", "KB/s", "2 threads", "8 threads", "CPU", "memory", "serial %"]
        header += [f"computed: {cores} cores" for cores in result["rows"][0][direction]["computed"]]
        tables.append(table(header, rows))
    return section(
        "Threads",
        f"`scripts/bench threads`: the command with one thread, and how many times as fast with "
        f"two and with eight, which this machine has not the cores for, start included; CPU time "
        f"and peak memory with two threads over those with one; the share of mixing, which one "
        f"thread does; and what follows for more cores, over the CPU time with one (computed, not "
        f'measured: engine.md, "Threads"). Start of {result["file"]}. ' + conditions(result),
        *tables,
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
    ]


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


def coding_ratio(result: dict[str, Any]) -> str:
    """The command next to that of another build."""
    rows = [
        [
            row["file"],
            f"-{row['level']}",
            f"{row['bytes']:,}",
            "yes" if row["same_bytes"] else "no",
            *(f"{row['ratio'][direction]:.3f}" for direction in ("compress", "decompress")),
        ]
        for row in result["rows"]
    ]
    return section(
        "Beside an earlier build",
        f"`scripts/bench coding_ratio FOLDER`: CPU seconds of the command over those of the build "
        f"of commit {result['other'][:12]}, by turns, one thread, medians of the ratios. "
        + conditions(result),
        table(["file", "level", "bytes", "same output", "compress", "decompress"], rows),
    )


def choice(result: dict[str, Any]) -> str:
    """What choosing takes beside coding."""
    rows = [
        [
            f"-{row['level']}",
            row["content"],
            f"{row['bytes']:,}",
            f"{1000 * row['whole']:.1f}",
            f"{100 * (row['whole'] - row['coding']) / row['whole']:.0f} %",
        ]
        for row in result["rows"]
    ]
    return section(
        "The choice",
        "`scripts/bench choice`: CPU milliseconds in which starts of files are coded as one block, "
        "and the share of them in which the way is chosen: the rest is what that way takes alone. "
        "One thread, the best of several turns. " + conditions(result),
        table(["level", "content", "bytes", "ms", "choice"], rows),
    )


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
