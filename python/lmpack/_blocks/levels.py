"""The levels 1 to 9: how much time and memory a small file may cost."""

from __future__ import annotations

from collections.abc import Mapping
from typing import NamedTuple

from lmpack._executors.mixing import Predictor
from lmpack.errors import UsageError


class Level(NamedTuple):
    """What a level stands for.

    Attributes:
        models: names of the built-in models, two of which predict together; none to do without.
        predictor: what mixes the block's own statistics in.
        block_size: bytes in a block, where the options give no other number.
        most_lanes: into how many lanes a block is cut at most, with a model and mixing. One lane
            is smallest, with two the model decodes faster.
        beside: what mixes where a model takes part; None for the predictor above.
    """

    models: tuple[str, ...]
    predictor: Predictor
    block_size: int
    most_lanes: int = 2
    beside: Predictor | None = None


LEAST_BLOCK_SIZE = 1 << 12
"""Bytes of the smallest block that may be asked for: in smaller ones nothing is learned."""

MOST_BLOCK_SIZE = 1 << 24
"""Bytes of the largest block that the format has."""

DEFAULT_LEVEL = 6
DEFAULT_MODEL = "small"
"""That of the default level, for what concerns a model alone."""

LEVELS: Mapping[int, Level] = {
    1: Level((), Predictor.LIGHT, 1 << 20),
    2: Level((), Predictor.FULL, 1 << 23),
    3: Level(("tiny",), Predictor.FULL, 1 << 23, beside=Predictor.LIGHT),
    4: Level(("tiny",), Predictor.FULL, 1 << 23, 1),
    5: Level(("small",), Predictor.FULL, 1 << 23, beside=Predictor.LIGHT),
    6: Level((DEFAULT_MODEL,), Predictor.FULL, 1 << 23),
    7: Level(("small",), Predictor.STRONG, 1 << 23, 1),
    8: Level(("base",), Predictor.STRONG, 1 << 23, 1),
    9: Level(("base", "small"), Predictor.STRONG, 1 << 24, 1),
}
"""In larger blocks the mixing learns more, but they cost memory and occupy fewer threads."""


def find_level(number: int) -> Level:
    """The level of this number.

    Raises:
        UsageError: there is none.
    """
    if number not in LEVELS:
        raise UsageError(f"the level is {number!r}, allowed are {min(LEVELS)} to {max(LEVELS)}")
    return LEVELS[number]
