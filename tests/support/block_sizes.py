"""Blocks of another size, so that small files have several."""

from __future__ import annotations

import pytest

from lmpack._blocks import levels
from lmpack._blocks.levels import LEVELS


def set_block_size(monkeypatch: pytest.MonkeyPatch, size: int) -> None:
    """Lets all levels make blocks of so many bytes."""
    smaller = {number: level._replace(block_size=size) for number, level in LEVELS.items()}
    monkeypatch.setattr(levels, "LEVELS", smaller)
