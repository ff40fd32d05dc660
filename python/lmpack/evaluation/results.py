"""Result files: JSON that grows row by row, so that a long run can be interrupted."""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import Any, Protocol

from lmpack._files.beside import written_beside
from lmpack.errors import EvaluationError
from lmpack.evaluation.data_sets import DataSet
from lmpack.evaluation.environment import environment

PACKAGES = (
    "lmpack", "numpy", "pillow", "soundfile", "zstandard", "brotli", "pyppmd", "torch",
)  # fmt: skip

Row = dict[str, Any]
Report = Callable[[Row], None]
"""Is told every row, new or known."""

SUBJECT = ("compressor", "fingerprint", "data_set", "sha256")
"""The fields of :func:`subject`."""

MISREAD = (LookupError, TypeError, ValueError, ArithmeticError, RecursionError)
"""What reading JSON of another kind may end in."""


class Named(Protocol):
    """What is measured, as far as its rows name it."""

    name: str
    fingerprint: str


class ResultFile:
    """Rows of an experiment in FOLDER/NAME.json, each written as soon as it is measured.

    Args:
        folder: made if needed.
        name: of the experiment.
        key: the fields that tell rows apart.
        render: makes a page of the rows; it is tried on those of an existing file, so that bad ones
            are found before anything is measured.

    Raises:
        EvaluationError: the existing file is not one of these.
    """

    def __init__(
        self,
        folder: Path,
        name: str,
        key: tuple[str, ...],
        render: Callable[[Sequence[Row]], str],
    ) -> None:
        folder.mkdir(parents=True, exist_ok=True)
        self.path = folder / f"{name}.json"
        self._key = key
        self.rows: list[Row] = []
        if self.path.exists():
            self.rows = read_rows(self.path)
            try:
                render(self.rows)
            except MISREAD as error:
                raise _no_result_file(self.path, error) from error
        self._environment = environment(PACKAGES)

    def find(self, **fields: Any) -> Row | None:
        """The row with these values of the key, if it was measured before."""
        for row in self.rows:
            if all(row.get(name) == fields[name] for name in self._key):
                return row
        return None

    def add(self, row: Mapping[str, Any]) -> None:
        """Append a row and write the file again."""
        self.rows.append({**row, "environment": self._environment})
        with written_beside(self.path) as temporary:
            temporary.write_text(json.dumps({"rows": self.rows}, indent=1) + "\n")


def subject(compressor: Named, data_set: DataSet) -> Row:
    """The fields of a row that say what is measured on what.

    A model that was trained again under its name is another one.
    """
    return {
        "compressor": compressor.name,
        "fingerprint": compressor.fingerprint,
        "data_set": data_set.name,
        "sha256": data_set.sha256,
    }


def by_data_set(rows: Sequence[Row]) -> list[Row]:
    """The rows of one data set together, whenever they were measured; else in their order."""
    names = list(dict.fromkeys(row["data_set"] for row in rows))
    return sorted(rows, key=lambda row: names.index(row["data_set"]))


def read_rows(path: Path) -> list[Row]:
    """The rows of a result file.

    Raises:
        EvaluationError: it cannot be read as one.
    """
    try:
        rows: list[Row] = json.loads(path.read_text())["rows"]
        if not all(isinstance(row, dict) for row in rows):
            raise TypeError("its rows are no objects")
    except (OSError, *MISREAD) as error:
        raise _no_result_file(path, error) from error
    return rows


def _no_result_file(path: Path, error: Exception) -> EvaluationError:
    return EvaluationError(
        f"{path} is no result file ({error!r}): move it away or name another folder"
    )
