"""The state of the program that a number belongs to: format, models, levels and predictors.

A result carries the state that it was measured with. Where it differs from that of the checkout in
something that the result depends on, the result is one of an earlier state.
"""

from __future__ import annotations

import functools
import hashlib
import json
import struct
from collections.abc import Iterator, Mapping, Sequence
from typing import Any, NamedTuple

from lmpack._blocks.levels import LEVELS
from lmpack._container import VERSION
from lmpack._executors.mixing import Mixing, Predictor
from lmpack._executors.protocol import no_progress
from lmpack._models.bundle import list_models
from lmpack._native import encode_adaptive

DIGITS = 16
"""Hexadecimal digits of each digest."""

State = Mapping[str, Any]
"""`format`, a number; `levels`, a digest; `models` and `predictors`, digests by name."""


class Parts(NamedTuple):
    """What a result depends on.

    Attributes:
        models: names of built-in models.
        predictors: names of predictors.
        levels: whether the table of levels matters.
    """

    models: tuple[str, ...] = ()
    predictors: tuple[str, ...] = ()
    levels: bool = False


MODELS = ("tiny", "small", "base")
PREDICTORS = tuple(predictor.name.lower() for predictor in Predictor)


@functools.cache
def program_state() -> State:
    """That of this checkout."""
    return {
        "format": VERSION,
        "models": {bundle.name: bundle.fingerprint.hex()[:DIGITS] for bundle in list_models()},
        "levels": _digest(json.dumps({number: list(level) for number, level in LEVELS.items()})),
        "predictors": {
            predictor.name.lower(): _digest(_coded(predictor)) for predictor in Predictor
        },
    }


def state_key(state: State) -> str:
    """A short name of a state, by which rows of a result refer to it."""
    return _digest(json.dumps(state, sort_keys=True))[:8]


def changes(state: State | None, parts: Parts) -> list[str]:
    """What of these parts is another one now than in a state, in words; empty if nothing is.

    Args:
        state: None for a result that was made before results had one.
        parts: what matters.
    """
    if state is None:
        return ["the program"] if any(parts) else []
    now = program_state()
    found = [f"the {name}" for name in _changed_numbers(state, now, parts)]
    for kind, names in (("models", parts.models), ("predictors", parts.predictors)):
        changed = [name for name in names if state[kind].get(name) != now[kind].get(name)]
        if changed:
            found.append(f"the {kind if changed[1:] else kind[:-1]} {enumerated(changed)}")
    return found


def enumerated(words: Sequence[str]) -> str:
    """Words as one speaks them: "a", "a and b", "a, b and c"."""
    *first, last = words
    return f"{', '.join(first)} and {last}" if first else last


def _changed_numbers(state: State, now: State, parts: Parts) -> Iterator[str]:
    if any(parts) and state["format"] != now["format"]:
        yield "format"
    if parts.levels and state["levels"] != now["levels"]:
        yield "table of levels"


def _coded(predictor: Predictor) -> bytes:
    """What a predictor makes of text and of a table: other bytes if anything of it is another."""
    text = b"".join(b"line %d says %d\n" % (i, i * i % 977) for i in range(300))
    table = b"".join(struct.pack("<IHHf", 7000 + i, i % 5, 300 - i, i / 8) for i in range(300))
    return b"".join(
        encode_adaptive(plain, len(plain), Mixing(stride, predictor), no_progress)
        for plain, stride in ((text, 0), (table, 12))
    )


def _digest(data: bytes | str) -> str:
    data = data.encode() if isinstance(data, str) else data
    return hashlib.sha256(data).hexdigest()[:DIGITS]
