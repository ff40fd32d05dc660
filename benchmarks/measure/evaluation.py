"""The paper's experiments again, for the models and levels that are others now.

    scripts/bench evaluation [--all]

Measured are the rows of docs/reproduction.md that are of an earlier model or program, on the same
data; with --all every row of a built-in model or level. The rest stays as it is: rows of other
compressors, and of the models that scripts/bench paper_models trains.
"""

from __future__ import annotations

import argparse
import json
import shutil
import sys
import tempfile
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from types import ModuleType
from typing import Any, NamedTuple

from benchmarks.data import ENWIK, WIKIPEDIA, require_shared
from benchmarks.evaluated import EVALUATION, LEVEL, MODEL, is_earlier
from benchmarks.state import program_state
from lmpack.evaluation import context, scaling, table1
from lmpack.evaluation.compressors import find_compressor
from lmpack.evaluation.data_sets import DataSet, load_data_set
from lmpack.evaluation.results import read_rows

Row = dict[str, Any]

PATHS: Mapping[str, str | None] = {
    "enwik8": ENWIK,
    "text": WIKIPEDIA,
    "imagenet": "image/imagenet_patches_shared.bin.xz",
    "librispeech": "audio/flac",
    "librispeech16": "audio/flac",
    "random": None,
}
"""Where the data sets are in the folder of the data."""


class Experiment(NamedTuple):
    """One of the files of results.

    Attributes:
        name: of the file in results/evaluation, without its end.
        module: what measures it.
        chunks: of each data set.
    """

    name: str
    module: ModuleType
    chunks: int


EXPERIMENTS = (
    Experiment("table1", table1, 100),
    Experiment("scaling", scaling, 122),
    Experiment("context", context, 122),
    Experiment("more_data/table1", table1, 1000),
)


def is_ours(row: Row) -> bool:
    """Whether a row is of a built-in model or of a level."""
    name = str(row["compressor"])
    return name.startswith(LEVEL) or name.removeprefix(MODEL) in program_state()["models"]


def short_name(compressor: str) -> str:
    """What :func:`find_compressor` calls one of ours."""
    if compressor.startswith(LEVEL):
        return f"level:{compressor.removeprefix(LEVEL)}"
    return f"model:{compressor.removeprefix(MODEL)}"


def data_of(row: Row, chunks: int) -> DataSet:
    """The data that a row was measured on; ends the program if they are others now."""
    path = PATHS[row["data_set"]]
    place = None if path is None else require_shared() / path
    data = load_data_set(row["data_set"], place, chunks)
    if data.sha256 != row["sha256"]:
        sys.exit(f"{row['data_set']} has other data than {row['sha256'][:12]}")
    return data


def key_of(row: Row) -> tuple[Any, ...]:
    """What stays the same when a row is measured again."""
    return (row["compressor"], row["sha256"], row.get("chunked"), row.get("bytes"))


def measure(experiment: Experiment, wanted: Callable[[Row], bool]) -> None:
    """Measure rows of one file again, each in its place."""
    path = EVALUATION / f"{experiment.name}.json"
    old = read_rows(path)
    again = [row for row in old if wanted(row)]
    kept = [row for row in old if not wanted(row)]
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        result = folder / path.name
        result.write_text(json.dumps({"rows": kept}))
        for row in {(row["data_set"], row["sha256"]): row for row in again}.values():
            subjects = {one["compressor"] for one in again if one["sha256"] == row["sha256"]}
            compressors = [find_compressor(short_name(subject)) for subject in sorted(subjects)]
            experiment.module.run(
                compressors, [data_of(row, experiment.chunks)], folder, _say(experiment.name)
            )
        rows = in_places(old, _stamped(read_rows(result), len(kept)))
        result.write_text(json.dumps({"rows": rows}, indent=1) + "\n")
        shutil.copy(result, path)


def in_places(old: Sequence[Row], new: Sequence[Row]) -> list[Row]:
    """New rows in the order of the old ones that they replace; others at the end."""
    order = {key_of(row): position for position, row in enumerate(old)}
    return sorted(new, key=lambda row: order.get(key_of(row), len(order)))


def _stamped(rows: list[Row], known: int) -> list[Row]:
    """The rows, with the state of the program in those that are new: all but the first `known`."""
    for row in rows[known:]:
        row["environment"] = {**row["environment"], "state": program_state()}
    return rows


def _say(name: str) -> Callable[[Row], None]:
    def say(row: Row) -> None:
        print(name, row["compressor"], row["data_set"], flush=True)

    return say


def main(arguments: list[str]) -> int:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--all", action="store_true", help="rows that are up to date, too")
    wanted = is_ours if parser.parse_args(arguments).all else is_earlier
    for experiment in EXPERIMENTS:
        measure(experiment, wanted)
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
