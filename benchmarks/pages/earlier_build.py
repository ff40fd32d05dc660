"""The section of docs/benchmarks.md that compares this build with an earlier one."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any, NamedTuple

from benchmarks.pages.tables import conditions, section
from lmpack.evaluation.markdown import table

DIRECTIONS = ("compress", "decompress")
TEXT = "wikipedia_en_2014.valid"
SMALL_FILE = 2048


class Aim(NamedTuple):
    """How many times as fast a row on Wikipedia was to become.

    Attributes:
        level: of the command.
        small: whether it is of a file of 2 KB.
        direction: "compress" or "decompress".
        times: as fast as the earlier build.
    """

    level: int
    small: bool
    direction: str
    times: float


AIMS = (
    Aim(6, False, "compress", 1.7),
    Aim(6, False, "decompress", 1.6),
    Aim(9, False, "decompress", 2.0),
    Aim(6, True, "compress", 3.0),
    Aim(6, True, "decompress", 3.0),
)

WHY = (
    "The command does more work for a byte now than it did then: the predictor of -6 is larger, "
    "and -9 mixes two models where it had one, by the largest predictor. The tables of larger "
    "predictors, and the weights of the second model, are also what takes more memory. "
)
ALONE = (
    "The rows of a model alone have the same weights in both builds and neither mixing nor start: "
    "they show what became of the engine, each with its fastest kernels."
)


def coding_ratio(result: dict[str, Any]) -> str:
    """CPU time next to that of another build, and what was wanted."""
    rows = [
        [
            row["file"],
            _what(row),
            f"{row['bytes']:,}",
            str(len(row["cpu"]["compress"]["this"])),
            "yes" if row["same_bytes"] else "no",
            *(f"{1 / row['ratio'][direction]:.2f}" for direction in DIRECTIONS),
            _memory(row),
        ]
        for row in result["rows"]
    ]
    header = ["file", "what", "bytes", "rounds", "same output"]
    has_models = any("model" in row for row in result["rows"])
    return section(
        "Beside an earlier build",
        f"`scripts/bench coding_ratio`: how many times as fast as the build of commit "
        f"{result['other'][:12]}: CPU seconds of one thread, by turns, medians of the ratios; "
        "memory is the peak now over that of then. " + conditions(result),
        table([*header, *DIRECTIONS, "memory"], rows),
        " ".join(["Aims on Wikipedia:", "; ".join(_aims(result["rows"])) + "."]),
        WHY + (ALONE if has_models else "The engine alone was not measured."),
    )


def _what(row: dict[str, Any]) -> str:
    """The level, or the model and its lanes."""
    if "model" not in row:
        return f"-{row['level']}"
    lanes = f"{row['lanes']} lane{'s' if row['lanes'] > 1 else ''}"
    kernels = row["kernels"]
    return f"{row['model']} alone, {lanes}, {kernels['this']} (then {kernels['other']})"


def _memory(row: dict[str, Any]) -> str:
    """The peak of this build over that of the other one."""
    peaks = row.get("peak_memory")
    return f"{peaks['this'] / peaks['other']:.2f}" if peaks else ""


def _aims(rows: list[dict[str, Any]]) -> Iterator[str]:
    """What was wanted, and whether it was reached."""
    found = {
        (row["level"], row["bytes"] == SMALL_FILE): row
        for row in rows
        if "level" in row and row["file"] == TEXT
    }
    for aim in AIMS:
        small = ", 2 KB" if aim.small else ""
        wanted = f"-{aim.level}{small}, {aim.direction} {aim.times} times"
        row = found.get((aim.level, aim.small))
        if row is None:
            yield f"{wanted}: not measured"
        else:
            times = 1 / row["ratio"][aim.direction]
            yield f"{wanted}: {'reached' if times >= aim.times else 'missed'} ({times:.2f})"
