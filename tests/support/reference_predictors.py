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
FIVE = [*THREE, "byte 2", "seen orders"]
ALL = [*FIVE, "byte 3", "expected", "kinds", "record above", "code"]
PREDICTORS = {
    LIGHT: Parts(
        [1], [3, 6, 10, 13, 23, 40], [29, 32, 33, 36, 37, 38], [6], THREE, "B", 2000, -1, 20
    ),
    FULL: Parts(
        [1, 2, 4, 13, 29],
        [6, 7, 10, 11, 14, 17, 18, 22, 23, 40],
        [27, 30, 34, 36, 37, 38, 39, 32, 33, 24],
        [5, 12],
        FIVE,
        "AB",
        450,
        0,
        20,
    ),
    STRONG: Parts(
        [1, 2, 3, 4, 6, 10, 13, 17, 21, 22, 23, 25, 27, 29, 30, 34, 40, 41, 42, 43],
        [14, 18, 31, 7, 8, 9, 12, 15, 16, 19, 20, *range(44, 60)],
        [5, 24, 26, 28, 32, 36, 37, 38, 35, 39, 33],
        [5, 8, 16],
        ALL,
        "AB",
        300,
        1,
        22,
    ),
}
