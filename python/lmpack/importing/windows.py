"""Texts as windows of tokens, on which a model in floats and its exact form are compared."""

from __future__ import annotations

from pathlib import Path
from typing import NamedTuple

import numpy as np
import numpy.typing as npt

from lmpack._models.decoder.segmenter import Segmenter

WINDOW = 1024
"""Positions of a window, or as many as the model has."""

MOST_WINDOWS = 8
"""Of a text: more would take minutes and say little more."""

_BYTES_PER_TOKEN = 32
"""More than any text has; what lies beyond is not even cut into tokens."""


class Windows(NamedTuple):
    """A text in windows, each of which is predicted without the others.

    Attributes:
        name: of the text.
        symbols: int64 [B, T], each row begins with the start symbol.
        targets: int64 [B, T], the symbol that follows; -1 where none does.
        text_bytes: bytes of all targets.
    """

    name: str
    symbols: npt.NDArray[np.int64]
    targets: npt.NDArray[np.int64]
    text_bytes: int


def sample_text() -> bytes:
    """The built-in sample: prose, a table, a program and some other languages, 4 KB."""
    return Path(__file__).with_name("sample.txt").read_bytes()


def in_windows(
    name: str, text: bytes, segmenter: Segmenter, tokens: list[bytes], context: int
) -> Windows:
    """Cut the beginning of a text.

    Args:
        name: of the text.
        text: at least one byte.
        segmenter: gives the tokens.
        tokens: bytes of each.
        context: positions of the model.
    """
    length = min(WINDOW, context)
    numbers = segmenter.segment(text[: length * MOST_WINDOWS * _BYTES_PER_TOKEN])
    numbers = numbers[: length * MOST_WINDOWS]
    count = -(-len(numbers) // length)
    targets = np.full((count, length), -1, np.int64)
    targets.flat[: len(numbers)] = numbers
    start = np.full((count, 1), len(tokens))
    before = np.where(targets < 0, len(tokens), targets)[:, :-1]
    size = sum(len(tokens[number]) for number in numbers.tolist())
    return Windows(name, np.concatenate([start, before], axis=1), targets, size)
