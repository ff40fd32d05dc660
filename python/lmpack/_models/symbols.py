"""Embedding rows of symbols: the one place in Python that hashes what a lane ends in."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt

from lmpack._models.architecture import WORD, WORD_REACH, Architecture

_MULTIPLIER = np.uint32(0x9E3779B1)
"""Odd, near 2**32 / golden ratio (Knuth, The Art of Computer Programming, 6.4)."""

_CASE = ord("a") - ord("A")


def embedding_rows(
    architecture: Architecture, symbols: npt.NDArray[np.integer]
) -> npt.NDArray[np.int64]:
    """Rows of the embedding and of each table that are added up at each position.

    Args:
        architecture: shape of the model.
        symbols: integers [..., history + T]: `architecture.history` symbols before the first
            position, then the symbols of the T positions. Before the start of a lane stands
            `architecture.start_symbol`.

    Returns:
        int64 [..., T, 1 + number of tables].
    """
    history = architecture.history
    rows = [symbols[..., history:].astype(np.int64)]
    known = symbols.astype(np.uint32)
    for table in architecture.tables:
        # Without the symbols that only longer contexts look at.
        near = known[..., history - (table.reach - 1) :]
        value = _word_hash(near) if table.order == WORD else _hash(near, table.order)
        rows.append((value % np.uint32(table.rows)).astype(np.int64))
    return np.stack(rows, axis=-1)


def _mix(value: npt.NDArray[np.uint32], symbols: npt.NDArray[np.uint32]) -> npt.NDArray[np.uint32]:
    value = (value + symbols + np.uint32(1)) * _MULTIPLIER
    value ^= value >> np.uint32(15)
    return value


def _hash(symbols: npt.NDArray[np.uint32], order: int) -> npt.NDArray[np.uint32]:
    """Uint32 [..., T] of symbols [..., order - 1 + T]: the last `order` symbols, oldest first."""
    length = symbols.shape[-1] - (order - 1)
    value = np.zeros((*symbols.shape[:-1], length), np.uint32)
    for start in range(order):
        value = _mix(value, symbols[..., start : start + length])
    return value


def _word_hash(symbols: npt.NDArray[np.uint32]) -> npt.NDArray[np.uint32]:
    """Uint32 [..., T] of symbols [..., WORD_REACH - 1 + T]: letters of the last word.

    What follows the word counts by its last symbol only: " the ", " The  " and "(the " are one
    context, " the." another one.
    """
    length = symbols.shape[-1] - (WORD_REACH - 1)
    capital = (symbols >= ord("A")) & (symbols <= ord("Z"))
    small = (symbols >= ord("a")) & (symbols <= ord("z"))
    letter = capital | small | ((symbols >= 128) & (symbols < 256))
    folded = symbols + np.uint32(_CASE) * capital
    value = np.zeros((*symbols.shape[:-1], length), np.uint32)
    inside = np.zeros(value.shape, bool)
    for start in range(WORD_REACH):
        is_letter = letter[..., start : start + length]
        before = np.where(inside, value, np.uint32(0))
        mixed = _mix(before, folded[..., start : start + length])
        value = np.where(is_letter, mixed, value)
        inside = is_letter
    return np.where(inside, value, _mix(value, symbols[..., WORD_REACH - 1 :]))
