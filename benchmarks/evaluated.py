"""Which rows of `lmpack eval` are of models and levels as they are, and which are of earlier ones.

These rows name the model by its fingerprint. Those of levels carry the state of the program, too,
where `scripts/bench evaluation` measured them.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any

from benchmarks.places import RESULTS
from benchmarks.standing import of_levels
from benchmarks.state import DIGITS, changes, enumerated, program_state
from lmpack._blocks.levels import LEVELS

EVALUATION = RESULTS / "evaluation"
MODEL, LEVEL = "Transformer ", "lmpack -"
"""The starts of the names of our own compressors, before the model or the level."""

KEPT: Mapping[str, str] = {}
"""By file in results/evaluation: what its table shows all the same, as `standing.KEPT`."""

Row = Mapping[str, Any]


def is_earlier(row: Row) -> bool:
    """Whether a row is of a built-in model, or of a level, that is another one now."""
    name: str = row["compressor"]
    level = name.removeprefix(LEVEL)
    if level != name and level.isdecimal():
        state = row["environment"].get("state")
        return _model_differs(row, *LEVELS[int(level)].models) or bool(
            changes(state, of_levels(int(level)))
        )
    model = name.removeprefix(MODEL)
    is_built_in = model != name and model in program_state()["models"]
    return is_built_in and _model_differs(row, model)


def _model_differs(row: Row, *models: str) -> bool:
    """Whether these models have other fingerprints now than the row, which joins several by "+"."""
    now = [program_state()["models"][model] for model in models]
    return [one[:DIGITS] for one in row["fingerprint"].split("+") if one] != now


def evaluated_words(name: str, rows: Iterable[Row]) -> str:
    """A sentence on the rows that are of an earlier state; nothing if none is.

    Args:
        name: of the file in results/evaluation, without its end.
        rows: of that file.
    """
    earlier = list(dict.fromkeys(row["compressor"] for row in rows if is_earlier(row)))
    if not earlier:
        return ""
    shows = f"; the table is kept as it shows {KEPT[name]}" if name in KEPT else ""
    return f"**Of an earlier state:** since then there are changes in {enumerated(earlier)}{shows}."
