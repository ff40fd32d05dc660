"""The layout of a lean record: one piece of content under a prefix (docs/format.md, section 9)."""

from __future__ import annotations

import io
from typing import NamedTuple

from lmpack._container._header import CHECKSUM_SIZE
from lmpack._container._records import MAXIMUM_PLAIN_LENGTH
from lmpack._container._source import ByteReader, encode_varint, truncated
from lmpack.errors import DamagedError

LARGEST_STRIDE = 65535

RAW = 0
"""In place of the number of a predictor: the content is there as it is."""

_PREDICTOR_MASK = 0x03
_MODELS_FLAG = 0x04
_CHECKSUM_FLAG = 0x08
_STRIDE_FLAG = 0x10
_KNOWN_FLAGS = _PREDICTOR_MASK | _MODELS_FLAG | _CHECKSUM_FLAG | _STRIDE_FLAG
_NOT_RAW = _MODELS_FLAG | _STRIDE_FLAG

_WHOLE = "record"
_WHAT = f"the {_WHOLE}"


class LeanRecord(NamedTuple):
    """The fields of a record.

    Attributes:
        length: bytes of content, 0 to 2**24.
        predictor: number of what mixes, 1 to 3; RAW if the content is there as it is.
        has_models: whether models take part, too.
        name: tells the prefix and the models apart, 0 to 255; 0 if it is raw.
        stride: the distance at which bytes resemble one another, 0 to 65535; 0 if it is not known.
        body: the stream, or the content if it is raw.
        checksum: CRC-32 of the content; None to do without.
    """

    length: int
    predictor: int = RAW
    has_models: bool = False
    name: int = 0
    stride: int = 0
    body: bytes = b""
    checksum: int | None = None

    def to_bytes(self) -> bytes:
        """The record as it is stored; one of no content is one byte."""
        if self.length == 0:
            return b"\0"
        head = self.predictor
        if self.has_models:
            head |= _MODELS_FLAG
        if self.checksum is not None:
            head |= _CHECKSUM_FLAG
        if self.stride:
            head |= _STRIDE_FLAG
        start = bytes([head] if self.predictor == RAW else [head, self.name])
        if self.stride:
            start += encode_varint(self.stride)
        end = b"" if self.checksum is None else self.checksum.to_bytes(CHECKSUM_SIZE, "little")
        return encode_varint(self.length) + start + self.body + end

    @classmethod
    def parse(cls, packed: bytes) -> LeanRecord:
        """The fields of a record of whatever bytes.

        Raises:
            TruncatedError: it ends too early.
            DamagedError: a field is out of range, or more bytes follow.
        """
        reader = ByteReader(io.BytesIO(packed), whole=_WHOLE)
        length = reader.varint(_WHAT)
        if length > MAXIMUM_PLAIN_LENGTH:
            raise DamagedError(
                f"{_WHAT} says that it has {length:,} bytes of content, and none has more than "
                f"{MAXIMUM_PLAIN_LENGTH:,}: it is damaged, or is none"
            )
        if length == 0:
            _require_end(reader.offset, len(packed))
            return cls(0)
        head = reader.integer(1, _WHAT)
        predictor, has_models = head & _PREDICTOR_MASK, bool(head & _MODELS_FLAG)
        if head & ~_KNOWN_FLAGS or (predictor == RAW and head & _NOT_RAW):
            raise DamagedError(
                f"the head of {_WHAT} is {head:#04x}, which stands for nothing: it is damaged, or "
                "is none"
            )
        name = 0 if predictor == RAW else reader.integer(1, _WHAT)
        stride = reader.varint(_WHAT) if head & _STRIDE_FLAG else 0
        if stride > LARGEST_STRIDE or (head & _STRIDE_FLAG and stride == 0):
            raise DamagedError(
                f"{_WHAT}: the stride is {stride}, allowed are 1 to {LARGEST_STRIDE}"
            )
        start, end = reader.offset, len(packed)
        checksum = None
        if head & _CHECKSUM_FLAG:
            end -= CHECKSUM_SIZE
            if end < start:
                raise truncated(len(packed), _WHAT, _WHOLE)
            checksum = int.from_bytes(packed[end:], "little")
        if predictor == RAW:
            if end - start < length:
                raise truncated(len(packed), _WHAT, _WHOLE)
            _require_end(start + length, end)
        elif end - start >= length:
            raise DamagedError(
                f"{_WHAT} holds {end - start:,} bytes for {length:,} of content, which is more "
                "than any writer writes: it is damaged"
            )
        return cls(length, predictor, has_models, name, stride, packed[start:end], checksum)


def _require_end(end: int, size: int) -> None:
    if end < size:
        raise DamagedError(f"{_WHAT} ends at byte {end}, and {size - end} more follow: cut them")
