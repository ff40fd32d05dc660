"""Tables of benchmarks/results/rivals.json."""

from __future__ import annotations

import statistics
from collections.abc import Callable, Iterable
from typing import Any

from benchmarks.measure.rival_files import CORPORA, GROUPS, LARGE, SAMPLE
from benchmarks.pages.tables import OURS, conditions, row_origins, section
from lmpack._blocks.levels import DEFAULT_LEVEL, LEVELS, Level
from lmpack.evaluation.markdown import table

Row = dict[str, Any]
Rows = list[Row]

WAYS = ("compress", "decompress")

COSTED = (1, 2, DEFAULT_LEVEL, max(LEVELS))
"""Levels whose cost for very much content is computed."""


def rivals(result: dict[str, Any]) -> str:
    """Sizes of all files, and sizes, speeds and memory on the sample."""
    rows = result["rows"]
    return section(
        "All levels next to other compressors",
        "`scripts/bench rivals`: every program with one thread, every row decoded and "
        f"compared. Of long files the first {result['limit']:,} bytes, but all of `reymont` and "
        "`xml`. Models and programs are not counted in the sizes. lpaq1 is Mahoney's program of "
        "2007 as kept in vi/lpaq1_stream (650dad5; its `feof` test made to depend on the stream "
        "mode, without which it loses the end of files), paq8px is v216 (hxim/paq8px 29237fb). "
        + f"{conditions(result)} {row_origins(rows)}",
        f"On the sample, {', '.join(SAMPLE)}, together. Speed is that of the process, start "
        "included, in KB per second of CPU time. Memory is the most that the process had, as the "
        "system says at its end; rows that were measured another way have no number:",
        sample_table(rows),
        "Bits per byte of every file. The lines of a corpus are all bits of its files over all "
        "their bytes, and so are the rates in the table above and in the README: large files "
        f"weigh more. The last line is the mean of the rates of the {SAMPLE_COUNT} files of the "
        "sample, in which each weighs the same:",
        _sizes(rows),
    )


_COUNTS = ("no", "one", "two", "three", "four", "five", "six", "seven", "eight", "nine")
SAMPLE_COUNT = _COUNTS[len(SAMPLE)]


def sample_table(rows: Rows) -> str:
    """One line for each codec that was measured on the whole sample."""
    lines = [
        [
            name,
            f"{point['bits_per_byte']:.3f}",
            f"{point['compress']:,.0f}",
            f"{point['decompress']:,.0f}",
            *(_mebibytes(point[f"{way}_memory"]) for way in WAYS),
        ]
        for name, point in sample_points(rows).items()
    ]
    header = ["", "bits per byte", "compress KB/s", "decompress KB/s"]
    return table([*header, "compress MiB", "decompress MiB"], lines)


def _mebibytes(number: float | None) -> str:
    return "" if number is None else f"{number / 2**20:,.0f}"


def peak(rows: Rows, way: str) -> float | None:
    """The most bytes of memory of all these rows; None if one of them, or all, have no number."""
    peaks = [row[way].get("peak_memory") for row in rows]
    return None if None in peaks else max(peaks, default=None)


def sample_points(rows: Rows) -> dict[str, dict[str, Any]]:
    """By codec: bits per byte, KB/s of CPU time and bytes of memory both ways, on the sample."""
    points: dict[str, dict[str, Any]] = {}
    for name in _codecs(rows):
        mine = [row for row in rows if row["codec"] == name and row["file"] in SAMPLE]
        if len(mine) < len(SAMPLE):
            continue
        points[name] = {"bits_per_byte": _rate(mine)}
        for way in WAYS:
            seconds = sum(row[way]["cpu"] for row in mine)
            points[name][way] = sum(row["bytes"] for row in mine) / 1000 / seconds
            points[name][f"{way}_memory"] = peak(mine, way)
    return points


def readme_levels(rows: Rows) -> str:
    """What the levels are and reach."""
    lines = []
    for number, level in LEVELS.items():
        name = f"{OURS} -{number}"
        large = [row for row in rows if row["codec"] == name and row["file"] in LARGE]
        memory = [_mebibytes(peak(large, way)) for way in WAYS]
        lines.append(
            [
                f"-{number}" + " (default)" * (number == DEFAULT_LEVEL),
                " + ".join(level.models) or "none",
                f"{level.block_size >> 20} MiB",
                *_sample_cells(rows, level),
                *_rates(rows, [name], "xml"),
                *_rates(rows, [name], "reymont"),
                " / ".join(memory) if all(memory) else "",
            ]
        )
    header = ["level", "model", "blocks", "bits per byte", "KB/s in / out", "xml", "reymont"]
    return table([*header, "MiB in / out"], lines)


def costs(rows: Rows) -> str:
    """What 10 TB of such files would take and become: computed, by level."""
    lines = []
    for number in COSTED:
        point = sample_points(rows).get(f"{OURS} -{number}")
        if point is None:
            continue
        hours = (10e12 / 1000 / point[way] / 3600 for way in WAYS)
        lines.append(
            [
                f"-{number}",
                " / ".join(f"{point[way]:,.0f}" for way in WAYS),
                " / ".join(f"{100 * round(each / 100):,}" for each in hours),
                f"{10 * point['bits_per_byte'] / 8:.1f} TB",
            ]
        )
    header = ["level", "KB/s of a core, in / out", "10 TB, core hours in / out", "becomes"]
    return table(header, lines)


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
    lines.append([f"**mean of the {SAMPLE_COUNT} files**", *_means(rows, names)])
    return table(["file", *names], lines)


def _means(rows: Rows, names: Iterable[str]) -> list[str]:
    """For each codec the mean of its rates of the sample's files, if it has all of them."""
    cells = []
    for name in names:
        mine = [row for row in rows if row["codec"] == name and row["file"] in SAMPLE]
        rates = [_rate([row]) for row in mine]
        cells.append(f"{statistics.mean(rates):.3f}" if len(rates) == len(SAMPLE) else "")
    return cells


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
