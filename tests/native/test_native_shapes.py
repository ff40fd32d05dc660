"""The engine refuses the shapes that bundles refuse, and takes those that they take."""

from __future__ import annotations

import dataclasses
from typing import Any

import pytest

from lmpack._models.architecture import (
    MAXIMUM_HEAD_WIDTH,
    MAXIMUM_HEADS,
    MAXIMUM_ORDER,
    MAXIMUM_VOCABULARY,
    MAXIMUM_WIDTH,
    MAXIMUM_WINDOW,
    WORD,
    Architecture,
    ContextTable,
)
from lmpack._native import Engine, kernel_names
from lmpack.errors import BundleError, UsageError

SHAPE = Architecture(256, 64, 1, 32, 32, (8,), tables=(ContextTable(2, 9, 32, 32),))

CHANGES: list[dict[str, Any]] = [
    *({"vocabulary": value} for value in (0, 33, MAXIMUM_VOCABULARY, MAXIMUM_VOCABULARY + 32)),
    *({"width": value} for value in (0, 32, 65, MAXIMUM_WIDTH, MAXIMUM_WIDTH + 32)),
    *({"heads": value} for value in (0, MAXIMUM_HEADS, MAXIMUM_HEADS + 1)),
    *({"head_width": value} for value in (0, 1, MAXIMUM_HEAD_WIDTH, MAXIMUM_HEAD_WIDTH + 32)),
    *({"hidden": value} for value in (0, 31, MAXIMUM_WIDTH, MAXIMUM_WIDTH + 32)),
    *({"windows": value} for value in ((), (0,), (MAXIMUM_WINDOW,), (8, MAXIMUM_WINDOW + 1))),
    *({"order": value} for value in (WORD, 1, MAXIMUM_ORDER, MAXIMUM_ORDER + 1)),
    *({"rows": value} for value in (0, 1, 2**24, 2**24 + 1)),
    *({"channel": value} for value in (0, 16, 64)),
]


def bundle_takes(fields: dict[str, Any]) -> bool:
    try:
        Architecture.from_json(fields)
    except BundleError:
        return False
    return True


def engine_takes(fields: dict[str, Any]) -> bool:
    """Whether it looks for tensors, which it does once the shape is right."""
    with pytest.raises(UsageError) as refused:
        Engine(fields, {}, kernel_names()[-1])
    return "tensor" in str(refused.value)


@pytest.mark.parametrize("change", CHANGES, ids=str)
def test_both_have_the_same_bounds(change: dict[str, Any]) -> None:
    fields = dataclasses.asdict(SHAPE)
    (place,) = change
    (fields if place in fields else fields["tables"][0]).update(change)
    assert engine_takes(fields) == bundle_takes(fields)
