"""The three predictors, from the table in docs/mixing.md, section 5."""

from __future__ import annotations

from collections.abc import Sequence
from typing import NamedTuple

LIGHT, FULL, STRONG = 1, 2, 3


class Parts(NamedTuple):
    """What a predictor is made of.

    Attributes:
        always: numbers of its contexts; then those that depend on whether there is a stride.
        matches: the shortest matches.
        selectors: their names.
        apms: those of x, by their letters.
        first_weight: of most inputs in blocks without a model.
        more_lines: what n, the log2 of the lines, has more than b; it is most_lines at most.
    """

    always: Sequence[int]
    without_stride: Sequence[int]
    with_stride: Sequence[int]
    matches: Sequence[int]
    selectors: Sequence[str]
    apms: str
    first_weight: int
    more_lines: int
    most_lines: int


THREE = ["prefix", "model", "byte 1"]
SIX = [*THREE, "byte 2", "expected", "seen orders"]
ALL = [*SIX, "byte 3", "kinds", "column", "record above", "code"]
PREDICTORS = {
    LIGHT: Parts(
        [1], [3, 7, 11, 14, 28, 50], [39, 42, 43, 46, 47, 48], [6], THREE, "B", 2000, -1, 20
    ),
    FULL: Parts(
        [1, 2, 3, 4, 7, 11, 14, 31, 27, 37, 39, 40, 44, 50],
        [5, 8, 12, 16, 17, 20, 28, 21],
        [46, 47, 48, 45, 49, 42, 43, 29],
        [5, 12],
        SIX,
        "AB",
        450,
        0,
        20,
    ),
    STRONG: Parts(
        [
            *[1, 2, 3, 4, 5, 7, 11, 12, 14, 16, 20, 21, 26, 27, 28, 29, 31, 34],
            *[37, 38, 39, 40, 41, 42, 44, 50, 51, 52, 53, 54],
        ],
        [6, 8, 9, 10, 13, 15, 17, 18, 19, 22, 23, 24, 25],
        [30, 32, 33, 35, 36, 46, 47, 48, 45, 49, 43],
        [5, 8, 16],
        ALL,
        "ABDE",
        300,
        1,
        22,
    ),
}
