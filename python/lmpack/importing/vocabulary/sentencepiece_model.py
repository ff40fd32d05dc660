"""Reading tokenizer.model, the file of SentencePiece.

It is a protocol buffer (sentencepiece_model.proto). Only its pieces and the kind of its model are
needed, so it is read without a library.
"""

from __future__ import annotations

import math
import struct
from collections.abc import Iterator

from lmpack.errors import BundleError
from lmpack.importing.vocabulary.pieces import Kind, Piece

_PIECES, _TRAINER = 1, 2  # fields of ModelProto
_TEXT, _SCORE, _KIND = 1, 2, 3  # fields of SentencePiece
_MODEL_TYPE, _BPE = 3, 2  # a field of TrainerSpec, and its value
_VARINT, _FIXED64, _BYTES, _FIXED32 = 0, 1, 2, 5  # types of the wire


def read_pieces(content: bytes) -> list[Piece]:
    """The pieces of a model.

    Args:
        content: the bytes of tokenizer.model.

    Raises:
        BundleError: it is damaged, or its model is not of the kind BPE.
    """
    pieces, kind = [], 1
    try:
        for field, value in _fields(content):
            if field == _PIECES:
                pieces.append(_piece(_as_bytes(value)))
            elif field == _TRAINER:
                kind = int(dict(_fields(_as_bytes(value))).get(_MODEL_TYPE, kind))
    except (ValueError, LookupError, TypeError, struct.error) as error:
        raise BundleError(f"tokenizer.model is damaged: {error!r}") from error
    if not pieces:
        raise BundleError("tokenizer.model is damaged: it has no pieces")
    if kind != _BPE:
        raise BundleError("tokenizer.model: lmpack cannot import it, only models of the kind BPE")
    return pieces


def _piece(content: bytes) -> Piece:
    fields = dict(_fields(content))
    (score,) = struct.unpack("<f", _as_bytes(fields.get(_SCORE, bytes(4))))
    if not math.isfinite(score):
        raise ValueError(f"a piece has the score {score}")
    return Piece(
        _as_bytes(fields[_TEXT]).decode(), score, Kind(int(fields.get(_KIND, Kind.NORMAL)))
    )


def _as_bytes(value: int | bytes) -> bytes:
    if not isinstance(value, bytes):
        raise ValueError("a field has the wrong type")
    return value


def _fields(content: bytes) -> Iterator[tuple[int, int | bytes]]:
    """Numbers and values of the fields of a message, one after another."""
    position = 0
    while position < len(content):
        tag, position = _varint(content, position)
        if tag & 7 == _VARINT:
            value, position = _varint(content, position)
            yield tag >> 3, value
            continue
        if tag & 7 == _BYTES:
            size, position = _varint(content, position)
        elif tag & 7 in (_FIXED64, _FIXED32):
            size = 8 if tag & 7 == _FIXED64 else 4
        else:
            raise ValueError(f"a field has the unknown type {tag & 7}")
        if size > len(content) - position:
            raise ValueError("it ends within a field")
        yield tag >> 3, content[position : position + size]
        position += size


def _varint(content: bytes, position: int) -> tuple[int, int]:
    """A number, seven bits a byte, the lowest first, and where it ends."""
    value = 0
    for shift in range(0, 70, 7):
        value |= (content[position] & 0x7F) << shift
        position += 1
        if content[position - 1] < 0x80:
            return value, position
    raise ValueError("a number is too long")
