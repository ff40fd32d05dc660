"""How the work of a forward pass is cut into programs."""

from __future__ import annotations

from typing import NamedTuple

from lmpack._models.architecture import Architecture

_PROCESSORS = 132
"""Of an H100; what follows only decides about speed."""

_SMALLEST_PRODUCT = 16
"""Rows of the smallest product of the tensor cores."""


class Tiles(NamedTuple):
    """Sizes of the tiles.

    Attributes:
        rows: of a program outside attention.
        columns: width of the model, rounded up to a power of 2.
        units: hidden units at a time.
        block: positions of a program of attention.
        heads: power of 2, at least the number of heads.
        head: width of a head, rounded up to a power of 2.
        keys: keys at a time.
    """

    rows: int
    columns: int
    units: int
    block: int
    heads: int
    head: int
    keys: int


def tiles_for(a: Architecture, lanes: int, length: int) -> Tiles:
    """The tiles of a pass that feeds `length` symbols to each of some lanes."""
    heads, columns = _power_of_2(a.heads), _power_of_2(a.width)
    block = 1 if length == 1 else max(1, 64 // heads)
    return Tiles(
        rows=64 if columns <= 256 and lanes * length >= 64 * _PROCESSORS else
        32 if columns <= 512 and lanes * length >= 32 * _PROCESSORS else 16,
        columns=columns,
        units=64 if a.hidden % 64 == 0 and columns <= 512 else 32,
        block=block,
        heads=max(heads, _SMALLEST_PRODUCT // block),
        head=_power_of_2(a.head_width),
        keys=64,
    )  # fmt: skip


def _power_of_2(number: int) -> int:
    """The smallest power of 2 that is not below a number."""
    return 1 << (number - 1).bit_length()
