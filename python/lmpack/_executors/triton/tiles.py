"""How the work of a forward pass is cut into programs."""

from __future__ import annotations

from typing import NamedTuple

from lmpack._models.architecture import Architecture

_PROGRAMS = 128
"""That run side by side: an H100 has 132 processors. All of this only decides about speed."""

_SMALLEST_PRODUCT = 16
"""Rows of the smallest product of the tensor cores."""

_LARGEST_TILE = 64 * 256
"""Numbers of the residual stream in a program: 64 KiB of the 256 KiB of registers."""

_QUERIES = 64
"""Of a program of attention while many positions of a lane are fed: heads times positions."""


class Tiles(NamedTuple):
    """Sizes of the tiles.

    Attributes:
        rows: of a program that finishes a layer.
        embedded_rows: of a program of the embedding.
        warps: of a program that finishes a layer.
        columns: width of the model, rounded up to a power of 2.
        units: hidden units at a time.
        block: positions of a program of attention.
        heads: power of 2, at least the number of heads.
        head: width of a head, rounded up to a power of 2.
        keys: keys at a time.
    """

    rows: int
    embedded_rows: int
    warps: int
    columns: int
    units: int
    block: int
    heads: int
    head: int
    keys: int


def tiles_for(a: Architecture, lanes: int, length: int) -> Tiles:
    """The tiles of a pass that feeds `length` symbols to each of some lanes."""
    heads, columns = _power_of_2(a.heads), _power_of_2(a.width)
    rows = _rows_of_a_program(lanes * length, columns)
    block = 1 if length == 1 else max(1, _QUERIES // heads)
    return Tiles(
        rows=rows,
        embedded_rows=_SMALLEST_PRODUCT,
        warps=4 if rows * columns <= 16 * 256 else 8,
        columns=columns,
        units=64 if a.hidden % 64 == 0 and columns <= 512 else 32,
        block=block,
        heads=max(heads, _SMALLEST_PRODUCT // block),
        head=_power_of_2(a.head_width),
        keys=64,
    )


def _rows_of_a_program(rows: int, columns: int) -> int:
    """As many as the registers hold, but no more than leave work for every processor."""
    for candidate in (64, 32):
        if candidate * columns <= _LARGEST_TILE and rows >= candidate * _PROGRAMS:
            return candidate
    return _SMALLEST_PRODUCT


def _power_of_2(number: int) -> int:
    """The smallest power of 2 that is not below a number."""
    return 1 << (number - 1).bit_length()
