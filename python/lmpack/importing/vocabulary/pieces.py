"""Pieces of a SentencePiece vocabulary: their kinds and their bytes."""

from __future__ import annotations

import enum
import re
from typing import NamedTuple

SPACE = "\N{LOWER ONE EIGHTH BLOCK}"
"""Stands for a space in pieces."""

_BYTE = re.compile(r"<0x([0-9A-F]{2})>")


class Kind(enum.IntEnum):
    """What a piece stands for, numbered as in sentencepiece_model.proto and in GGUF."""

    NORMAL = 1
    UNKNOWN = 2
    CONTROL = 3
    USER_DEFINED = 4
    UNUSED = 5
    BYTE = 6


class Piece(NamedTuple):
    """An entry of the vocabulary; its place in the list is its id.

    Attributes:
        text: how it is written, with SPACE for a space, or <0x00> to <0xFF> for a byte.
        score: the higher, the earlier it is merged.
        kind: what it stands for.
    """

    text: str
    score: float
    kind: Kind


def piece_bytes(piece: Piece) -> bytes | None:
    """The bytes of a piece; None if it stands for no text."""
    if piece.kind == Kind.BYTE:
        match = _BYTE.fullmatch(piece.text)
        return bytes([int(match[1], 16)]) if match else None
    if piece.kind in (Kind.NORMAL, Kind.USER_DEFINED):
        return plain_text(piece.text).encode() or None
    return None


def plain_text(text: str) -> str:
    """The text of a piece, with spaces as spaces."""
    return text.replace(SPACE, " ")


def is_byte(text: str) -> bool:
    """Whether a piece is written as a byte."""
    return _BYTE.fullmatch(text) is not None
