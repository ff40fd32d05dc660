"""lmpack beside other compressors on files of every kind, each file as a whole.

    scripts/bench kinds [--levels N...] [--files NAME...] [--rivals NAME... | none]
                        [--programs DIR] [--one-way NAME...]

The files are those of benchmarks/kinds/files.py, which it builds where they are missing. It needs
the programs that `scripts/bench rivals` names. One thread each; every row is decoded and compared,
but those of the programs named with --one-way. A program that fails on a file has no row for it.
Rows are kept as long as the file and the version of the program stay the same: after a change of
lmpack only its own rows are measured again. A run can be interrupted, and two can go on side by
side.
"""

from __future__ import annotations

import argparse
import shutil
import sys
from pathlib import Path
from typing import Any

from benchmarks.kinds.build import built, facts
from benchmarks.kinds.files import FILES
from benchmarks.kinds.packages import UnavailableError
from benchmarks.kinds.sources import File
from benchmarks.measure.programs import Program, programs
from benchmarks.measure.rivals import measure
from benchmarks.measure.versions import version_of
from benchmarks.record import put_row, read_result, row_conditions
from lmpack._blocks.levels import LEVELS

RESULT = "kinds"
KEYS = ("codec", "file")
LEVELS_MEASURED = (1, 2, 6, 9)
RIVALS = (
    "gzip -9", "xz -9e", "zstd -19", "zstd -22", "brotli -11", "bzip3", "PPMd (order 16)",
    "lrzip -z", "zpaq -m5", "lpaq1 9", "paq8px -8",
)  # fmt: skip
NO_RIVALS = ["none"]


def _rows() -> list[dict[str, Any]]:
    result = read_result(RESULT)
    return [] if result is None else list(result["rows"])


def _measured(head: dict[str, Any], both_ways: bool) -> bool:
    """Whether the result file holds a row that begins so and was not made one way only."""
    return any(
        head.items() <= row.items() and (row["decompress"] is not None or not both_ways)
        for row in _rows()
    )


def measure_file(file: File, chosen: dict[str, Program], one_way: list[str]) -> None:
    """Add the rows of one file that are missing or of another version."""
    content = built(file)
    for name, program in chosen.items():
        head: dict[str, Any] = {"codec": name, "version": version_of(program), "file": file.name}
        head["sha256"] = facts(content)["sha256"]
        if _measured(head, name not in one_way):
            continue
        try:
            row = {**head, **row_conditions(), **measure(program, content, name not in one_way)}
        except RuntimeError as error:
            if program.program == "lmpack":
                raise
            print(f"{name} {file.name} is left out: {error}", file=sys.stderr, flush=True)
            continue
        print(f"{name} {file.name} {8 * row['size'] / row['bytes']:.4f}", flush=True)
        put_row(RESULT, row, KEYS)


def _chosen(options: argparse.Namespace) -> dict[str, Program]:
    """The programs that are wanted and installed; says which are not."""
    known = programs(options.programs.resolve())
    rivals = [] if options.rivals == NO_RIVALS else options.rivals
    chosen = {}
    for name in (*(f"lmpack -{level}" for level in options.levels), *rivals):
        if known[name].program == "lmpack" or shutil.which(known[name].program):
            chosen[name] = known[name]
        else:
            print(f"{name} is left out: there is no program {known[name].program}")
    return chosen


def main(arguments: list[str]) -> int:
    parser = argparse.ArgumentParser(description=__doc__)
    levels = list(LEVELS_MEASURED)
    parser.add_argument("--levels", type=int, nargs="*", default=levels, choices=LEVELS)
    names: dict[str, Any] = {"nargs": "*", "metavar": "NAME"}
    parser.add_argument("--files", choices=[file.name for file in FILES], **names)
    parser.add_argument("--rivals", default=list(RIVALS), choices=[*RIVALS, *NO_RIVALS], **names)
    parser.add_argument("--programs", type=Path, default=Path())
    parser.add_argument("--one-way", default=[], choices=RIVALS, **names)
    options = parser.parse_args(arguments)
    chosen = _chosen(options)
    status = 0
    for file in FILES:
        if options.files and file.name not in options.files:
            continue
        try:
            measure_file(file, chosen, options.one_way)
        except UnavailableError as error:
            status = 1
            print(f"{file.name} is left out: {error}", file=sys.stderr, flush=True)
    return status


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
