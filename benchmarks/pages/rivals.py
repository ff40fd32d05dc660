"""Tables of benchmarks/results/rivals.json."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from typing import Any

from benchmarks.measure.rival_files import CORPORA, GROUPS, LARGE, SAMPLE
from benchmarks.pages.tables import conditions, section
from lmpack._blocks.levels import DEFAULT_LEVEL, LEVELS, Level
from lmpack.evaluation.markdown import table

Row = dict[str, Any]
Rows = list[Row]

WAYS = ("compress", "decompress")
OURS = "lmpack"
"""The start of the names of our rows, before the level."""


def rivals(result: dict[str, Any]) -> str:
    """Sizes of all files, and sizes, speeds and memory on the sample."""
    rows = result["rows"]
    return section(
        "All levels beside other compressors",
        "`scripts/bench rivals`: every program with one thread, every row decoded and "
        f"compared. Of long files the first {result['limit']:,} bytes, but all of `reymont` and "
        "`xml`. Models and programs are not counted in the sizes. lpaq1 is Mahoney's program of "
        "2007 as kept in vi/lpaq1_stream (650dad5; its `feof` test made to depend on the stream "
        "mode, without which it loses the end of files), paq8px is v216 (hxim/paq8px 29237fb). "
        + conditions(result),
        f"On the sample, {', '.join(SAMPLE)}, together. Speed is that of the process, start "
        "included, in KB per second of CPU time:",
        sample_table(rows),
        "Bits per byte of every file; for the corpora also of all their files together:",
        _sizes(rows),
    )


def sample_table(rows: Rows) -> str:
    """One line for each codec that was measured on the whole sample."""
    lines = [
        [
            name,
            f"{point['bits_per_byte']:.3f}",
            f"{point['compress']:,.0f}",
            f"{point['decompress']:,.0f}",
            f"{point['compress_memory']:,.0f}",
            f"{point['decompress_memory']:,.0f}",
        ]
        for name, point in sample_points(rows).items()
    ]
    header = ["", "bits per byte", "compress KB/s", "decompress KB/s"]
    return table([*header, "compress MiB", "decompress MiB"], lines)


def sample_points(rows: Rows) -> dict[str, dict[str, float]]:
    """By codec: bits per byte, KB/s of CPU time and MiB of memory both ways, on the sample."""
    points = {}
    for name in _codecs(rows):
        mine = [row for row in rows if row["codec"] == name and row["file"] in SAMPLE]
        if len(mine) < len(SAMPLE):
            continue
        points[name] = {"bits_per_byte": _rate(mine)}
        for way in WAYS:
            seconds = sum(row[way]["cpu"] for row in mine)
            points[name][way] = sum(row["bytes"] for row in mine) / 1000 / seconds
            memory = max(row[way]["peak_memory"] for row in mine)
            points[name][f"{way}_memory"] = memory / 2**20
    return points


def readme_levels(rows: Rows) -> str:
    """What the levels are and reach."""
    lines = []
    for number, level in LEVELS.items():
        name = f"{OURS} -{number}"
        large = [row for row in rows if row["codec"] == name and row["file"] in LARGE]
        memory = [max((row[way]["peak_memory"] for row in large), default=0) for way in WAYS]
        lines.append(
            [
                f"-{number}" + " (default)" * (number == DEFAULT_LEVEL),
                " + ".join(level.models) or "none",
                f"{level.block_size >> 20} MiB",
                *_sample_cells(rows, level),
                *_rates(rows, [name], "xml"),
                *_rates(rows, [name], "reymont"),
                " / ".join(f"{bytes_ / 2**20:,.0f}" for bytes_ in memory) if large else "",
            ]
        )
    header = ["level", "model", "blocks", "bits per byte", "KB/s in / out", "xml", "reymont"]
    return table([*header, "MiB in / out"], lines)


def _sample_cells(rows: Rows, level: Level) -> list[str]:
    """Rate and speeds on the sample, of the level that was measured on it and differs in blocks."""
    for name, point in sample_points(rows).items():
        if not name.startswith(OURS):
            continue
        measured = LEVELS[int(name.removeprefix(f"{OURS} -"))]
        if measured._replace(block_size=level.block_size) == level:
            speeds = f"{point['compress']:,.0f} / {point['decompress']:,.0f}"
            return [f"{point['bits_per_byte']:.3f}", speeds]
    return ["", ""]


def readme_sizes(rows: Rows) -> str:
    """Bits per byte of some files and of the corpora: default level, smallest level, rivals."""
    names = [f"{OURS} -{DEFAULT_LEVEL}", f"{OURS} -{max(LEVELS)}", *_rivals(rows)]
    lines = [[title, *_rates(rows, names, title)] for title in _titles(rows) if title in SAMPLE]
    lines += [[corpus, *_totals(rows, names, corpus)] for corpus in sorted(CORPORA)]
    return table(["", *names], lines)


def _sizes(rows: Rows) -> str:
    names = _codecs(rows)
    lines = []
    for group in GROUPS:
        titles = dict.fromkeys(row["file"] for row in rows if row["group"] == group)
        for title in titles:
            mine = [row for row in rows if row["group"] == group]
            lines.append([f"{group}: {title}", *_rates(mine, names, title)])
        if group in CORPORA:
            lines.append([f"**{group}, all**", *_totals(rows, names, group)])
    return table(["file", *names], lines)


def _rates(rows: Rows, names: Iterable[str], title: str) -> list[str]:
    return _cells(rows, names, lambda row: row["file"] == title)


def _totals(rows: Rows, names: Iterable[str], group: str) -> list[str]:
    count = len(GROUPS[group])
    return _cells(rows, names, lambda row: row["group"] == group, count)


def _cells(
    rows: Rows, names: Iterable[str], wanted: Callable[[Row], bool], count: int = 1
) -> list[str]:
    """Bits per byte of the files that are wanted, for each codec that has all of them."""
    cells = []
    for name in names:
        mine = [row for row in rows if row["codec"] == name and wanted(row)]
        cells.append(f"{_rate(mine):.3f}" if len(mine) == count else "")
    return cells


def _rate(rows: Rows) -> float:
    sizes, plain = ([int(row[field]) for row in rows] for field in ("size", "bytes"))
    return 8 * sum(sizes) / sum(plain)


def _titles(rows: Rows) -> list[str]:
    return list(dict.fromkeys(row["file"] for row in rows))


def _codecs(rows: Rows) -> list[str]:
    """Names in the order of their measurement, lmpack's first."""
    names = list(dict.fromkeys(row["codec"] for row in rows))
    ours = sorted(name for name in names if name.startswith(OURS))
    return [*ours, *(name for name in names if name not in ours)]


def _rivals(rows: Rows) -> list[str]:
    return [name for name in _codecs(rows) if not name.startswith(OURS)]
