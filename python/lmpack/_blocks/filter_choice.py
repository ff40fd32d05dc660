"""Which of several filters leave least: by how often its bytes occur, which takes no coding."""

from __future__ import annotations

from collections.abc import Callable, Sequence

from lmpack._blocks.filters import Filter
from lmpack._native import BIT_UNITS, frequency_bits

VALUE_BITS = 6
"""What each byte value costs that occurs at all: its frequency is not known before."""

NEARLY_LEAST = 32
"""A second filter is as good as the best one if it takes at most a 32nd more bits: how well
channels foretell each other shows in coding alone."""


def best_filters(
    filters: Sequence[Filter], pieces: bytes, steps_done: Callable[[int], None]
) -> list[Filter]:
    """The filter whose bytes take the fewest bits by themselves, and one that is nearly as good.

    Args:
        filters: any number.
        pieces: of a block.
        steps_done: told how far it is; may raise to end it.
    """
    if len(filters) <= 1:
        return list(filters)
    more = VALUE_BITS * BIT_UNITS
    bits = [frequency_bits(each.apply(pieces, steps_done), each.width, more) for each in filters]
    least, second = sorted(range(len(filters)), key=bits.__getitem__)[:2]
    is_as_good = bits[second] <= bits[least] + bits[least] // NEARLY_LEAST
    return [filters[number] for number in ([least, second] if is_as_good else [least])]
