"""The head of a payload with mixing: what is done with the content before (docs/format.md, 5.5)."""

from __future__ import annotations

import io
from typing import NamedTuple

from lmpack._blocks.filters import PARAMETER_SIZES, FilterId
from lmpack._container import ByteReader, encode_varint
from lmpack._executors.mixing import Predictor
from lmpack.errors import DamagedError, TruncatedError

LARGEST_STRIDE = 65535

_PREDICTOR_MASK = 0x03
_FILTER_FLAG = 0x04
_COPIES_FLAG = 0x08
_PATCH_FLAG = 0x10
_KNOWN_PARTS = _PREDICTOR_MASK | _FILTER_FLAG | _COPIES_FLAG | _PATCH_FLAG

_WHAT = "the head of the payload"


class PayloadHead(NamedTuple):
    """What stands before the stream.

    Attributes:
        predictor: which one mixes.
        stride: the distance at which filtered bytes resemble one another, 0 if it is not known.
        filter: id and parameters of what the bytes went through; empty for none.
        copies: what was taken out of the content before (docs/copies.md); empty for nothing.
        is_patch: whether this list is mixed itself, and says what is learned of a prefix.
    """

    predictor: Predictor = Predictor.LIGHT
    stride: int = 0
    filter: bytes = b""
    copies: bytes = b""
    is_patch: bool = False

    def to_bytes(self) -> bytes:
        """The head as it is in a payload."""
        parts = int(self.predictor)
        fields = encode_varint(self.stride) + self.filter
        if self.filter:
            parts |= _FILTER_FLAG
        if self.copies:
            parts |= _COPIES_FLAG
            fields += encode_varint(len(self.copies)) + self.copies
        if self.is_patch:
            parts |= _PATCH_FLAG
        return bytes([parts]) + fields

    @classmethod
    def parse(cls, payload: bytes) -> tuple[PayloadHead, int]:
        """The head of a payload of whatever bytes, and where the stream starts.

        Raises:
            DamagedError: there is no such head.
        """
        reader = ByteReader(io.BytesIO(payload))
        try:
            return cls._read(reader), reader.offset
        except TruncatedError as error:
            raise DamagedError("the payload is shorter than its head") from error

    @classmethod
    def _read(cls, reader: ByteReader) -> PayloadHead:
        parts = reader.integer(1, _WHAT)
        number = parts & _PREDICTOR_MASK
        if number == 0 or parts & ~_KNOWN_PARTS:
            raise DamagedError(f"{_WHAT} starts with {parts:#04x}, which stands for nothing")
        stride = reader.varint(_WHAT)
        if stride > LARGEST_STRIDE:
            raise DamagedError(f"{_WHAT}: the stride is {stride}, allowed are 0 to 65535")
        filter_ = _read_filter(reader) if parts & _FILTER_FLAG else b""
        copies = _read_copies(reader) if parts & _COPIES_FLAG else b""
        is_patch = parts & _PATCH_FLAG != 0
        if is_patch and not copies:
            raise DamagedError(f"{_WHAT}: it is a patch, but there are no copies")
        return cls(Predictor(number), stride, filter_, copies, is_patch)


def predictor_of(payload: bytes) -> Predictor:
    """The predictor of a payload with mixing; of one that names none, which is damaged, any."""
    number = payload[0] & _PREDICTOR_MASK if payload else 0
    return Predictor(number or Predictor.LIGHT)


def _read_filter(reader: ByteReader) -> bytes:
    identifier = reader.integer(1, _WHAT)
    if identifier not in PARAMETER_SIZES:
        raise DamagedError(f"{_WHAT}: there is no filter {identifier}")
    return bytes([identifier]) + reader.exactly(PARAMETER_SIZES[FilterId(identifier)], _WHAT)


def _read_copies(reader: ByteReader) -> bytes:
    size = reader.varint(_WHAT)
    if size == 0:
        raise DamagedError(f"{_WHAT}: there are copies, but their list is empty")
    return reader.exactly(size, _WHAT)
