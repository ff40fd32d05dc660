"""Embedding rows in torch: the hashes of :mod:`lmpack._models.symbols` on the device of a model."""

from __future__ import annotations

import torch
from torch import Tensor

from lmpack._models.architecture import WORD, Architecture

_LOW_32_BITS = 0xFFFFFFFF
_MULTIPLIER = 0x9E3779B1 - 2**32
"""The multiplier of the hashes modulo 2**32, negative so that products stay below 2**63."""

_CASE = ord("a") - ord("A")


def sequence_rows(architecture: Architecture, symbols: Tensor) -> Tensor:
    """Embedding rows for predicting every symbol of sequences.

    Args:
        architecture: shape of the model.
        symbols: int64 [B, T]. Before them stands the start symbol.

    Returns:
        int64 [B, T, 1 + number of tables].
    """
    history, length = architecture.history, symbols.shape[1]
    start = architecture.start_symbol
    known = torch.nn.functional.pad(symbols[:, :-1], (history + 1, 0), value=start)
    rows = [known[:, history:]]
    for table in architecture.tables:
        # Without the symbols that only longer contexts look at.
        near = known[:, history - (table.reach - 1) :]
        hashed = _word_hash if table.order == WORD else _hash
        rows.append(hashed(near, table.reach, length) % table.rows)
    return torch.stack(rows, dim=-1)


def _mix(value: Tensor, symbols: Tensor) -> Tensor:
    mixed = ((value + symbols + 1) & _LOW_32_BITS) * _MULTIPLIER & _LOW_32_BITS
    return mixed ^ (mixed >> 15)


def _hash(symbols: Tensor, order: int, length: int) -> Tensor:
    """[B, T] of symbols [B, order - 1 + T]: the last `order` symbols, oldest first."""
    value = torch.zeros_like(symbols[:, :length])
    for start in range(order):
        value = _mix(value, symbols[:, start : start + length])
    return value


def _word_hash(symbols: Tensor, reach: int, length: int) -> Tensor:
    """[B, T] of symbols [B, WORD_REACH - 1 + T]: letters of the last word."""
    capital = (symbols >= ord("A")) & (symbols <= ord("Z"))
    small = (symbols >= ord("a")) & (symbols <= ord("z"))
    letter = capital | small | ((symbols >= 128) & (symbols < 256))
    folded = symbols + _CASE * capital
    value = torch.zeros_like(symbols[:, :length])
    inside = torch.zeros_like(value, dtype=torch.bool)
    for start in range(reach):
        is_letter = letter[:, start : start + length]
        mixed = _mix(value * inside, folded[:, start : start + length])
        value = torch.where(is_letter, mixed, value)
        inside = is_letter
    return torch.where(inside, value, _mix(value, symbols[:, reach - 1 :]))
