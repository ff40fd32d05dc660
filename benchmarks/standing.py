"""Which results belong to the program as it is, and which ones are kept of an earlier state."""

from __future__ import annotations

import functools
from collections.abc import Iterator, Mapping
from typing import Any

from benchmarks.record import NAME, read_result
from benchmarks.state import MODELS, PREDICTORS, Parts, State, changes, enumerated
from lmpack._blocks.levels import DEFAULT_LEVEL, LEVELS


def of_levels(*numbers: int) -> Parts:
    """What is coded at these levels depends on."""
    levels = [LEVELS[number] for number in numbers]
    models = {model for level in levels for model in level.models}
    ways = {way for level in levels for way in (level.predictor, level.beside) if way is not None}
    predictors = {way.name.lower() for way in ways}
    return Parts(
        tuple(name for name in MODELS if name in models),
        tuple(name for name in PREDICTORS if name in predictors),
        True,
    )


ALL = of_levels(*LEVELS)
NOTHING = Parts()
_DEFAULT = of_levels(DEFAULT_LEVEL)

PARTS: Mapping[str, Parts] = {
    "batch": _DEFAULT,
    "choice": of_levels(1, 2, 6, 9),
    "chunks": of_levels(1, 2, 6),
    "coder": NOTHING,
    "coding_ratio": of_levels(1, 6, 9),
    "compare": Parts(MODELS),
    "copies": Parts((), ("light", "full"), True),
    "decoder_rivals": NOTHING,
    "decoder_sizes": of_levels(9),
    "decoder_speed": NOTHING,
    "engine": Parts(("small",)),
    "engine_amx": Parts(("small",)),
    "filters": Parts((), ("light",)),
    "flushes": of_levels(1, 6),
    "generation": Parts(("base",)),
    "gpu_conformance": Parts(MODELS),
    "gpu_counted": Parts(MODELS),
    "gpu_intervals": NOTHING,
    "instructions": NOTHING,
    "kinds": of_levels(1, 2, 6, 9),
    "lanes_native_base": Parts(("base",)),
    "lanes_native_small": Parts(("small",)),
    "lanes_onnxruntime_small": Parts(("small",)),
    "living_layers": NOTHING,
    "mixing": Parts(("small",), ("full",)),
    "mixing_parts": Parts((), PREDICTORS),
    "model_change": NOTHING,
    "night": NOTHING,
    "patches": of_levels(1, 6, 9),
    "ray": of_levels(2),
    "records": of_levels(1, 2, 6),
    "reference_repository": NOTHING,
    "reliability": NOTHING,
    "rivals": ALL,
    "scaling": _DEFAULT,
    "small_files": of_levels(1, 6, 9),
    "terminal": NOTHING,
    "threads": of_levels(3, 6),
    "throughput": Parts(MODELS),
    "training_experiments": NOTHING,
    "training_speed": NOTHING,
    "two_models": Parts(("base", "small"), ("strong",)),
    "verify": of_levels(1, 3, 6, 9),
    "wheel": Parts(MODELS),
    "zarr": of_levels(1, 6),
}
"""By result: what its numbers depend on, unless its rows say it themselves (:func:`_row_parts`).

NOTHING for what compares other things than our files. docs/reliability.md says itself how old its
table is.
"""

KEPT: Mapping[str, str] = {
    "batch": "many files next to one of as many bytes",
    "choice": "the time of the choice next to that of coding",
    "compare": "models alone next to other compressors, and the paper's models",
    "decoder_sizes": "a pretrained model next to the level -9 of that day",
    "engine_amx": "what share of the processor's peak a model reaches with tiles (AMX)",
    "generation": "what compressors draw",
    "lanes_native_base": "what lanes cost a model alone",
    "lanes_onnxruntime_small": "what lanes cost a model alone",
    "model_change": "what another run of training brings",
    "scaling": "how time and memory grow with the input",
    "throughput": "the CPU rows of a table whose other rows need a graphics card",
}
"""By result of an earlier state: what its table shows all the same, as the end of a sentence.

A test asks for a line for each of them, and for none of a result that is up to date.
"""


def state_words(result: Mapping[str, Any]) -> str:
    """A sentence that says of what earlier state a table is; nothing if it is of this one."""
    found = changed_parts(result)
    if not found:
        return ""
    name = result.get(NAME, "")
    shows = f"; it is kept as it shows {KEPT[name]}" if name in KEPT else ""
    return f"**Of an earlier state:** since then there are changes in {enumerated(found)}{shows}."


def changed_parts(result: Mapping[str, Any]) -> list[str]:
    """What a result depends on, and is another one than when one of its rows was measured."""
    found = (change for state, parts in _dependences(result) for change in changes(state, parts))
    return list(dict.fromkeys(found))


def _dependences(result: Mapping[str, Any]) -> Iterator[tuple[State | None, Parts]]:
    """The states of a result, or of its rows, each with what matters of it."""
    parts = PARTS.get(result.get(NAME, ""), NOTHING)
    rows = [row for row in result.get("rows", ()) if isinstance(row, dict) and "environment" in row]
    for row in rows:
        yield row["environment"].get("state"), _row_parts(row, parts)
    if not rows and "states" in result:
        for row in result["rows"]:
            if "state" in row:
                yield result["states"][row["state"]], _parts_of_codec(row["codec"], parts)
    elif not rows:
        yield result.get("environment", {}).get("state"), parts


def _row_parts(row: Mapping[str, Any], parts: Parts) -> Parts:
    """What a row with an environment of its own depends on: its `models` and `level`, if it has."""
    if "level" in row:
        parts = Parts((), of_levels(row["level"]).predictors)
    return parts._replace(models=tuple(row["models"])) if "models" in row else parts


def _parts_of_codec(codec: str, parts: Parts) -> Parts:
    """What the rows of a program depend on: those of lmpack on what their level has."""
    level = codec.removeprefix("lmpack -")
    return of_levels(int(level)) if level.isdigit() else parts


@functools.cache
def is_earlier(name: str) -> bool:
    """Whether the table of a result is one of an earlier state."""
    result = read_result(name)
    return result is not None and bool(changed_parts(result))
