"""The header of a container, which names the models of its blocks."""

from __future__ import annotations

import dataclasses
import zlib

from lmpack._container._source import ByteReader, truncated
from lmpack.errors import DamagedError, NotLmpackError, UsageError, VersionError

MAGIC = b"\xc0LM\n"
_WITH_OTHER_LINE_END = b"\xc0LM\r"
_OTHER_LINE_END = "; a transfer as text has changed its line ends: transfer it as binary"
VERSION = 3
"""The newest format version that is read."""
OLDEST_VERSION = 1
"""All versions from this one on are read, for ever (docs/format.md, section 6)."""
BYTES_VERSION, TOKENS_VERSION, PAIR_VERSION = 1, 2, 3
"""What is written: without a model or with one of bytes, with one of tokens, with two of bytes."""
FINGERPRINT_SIZE = 8
NO_MODEL = bytes(FINGERPRINT_SIZE)
"""In place of a fingerprint where no block needs a model."""
CHECKSUM_SIZE = 4
HEADER_SIZE = len(MAGIC) + 1 + FINGERPRINT_SIZE + CHECKSUM_SIZE
"""Bytes that all versions have."""
SECOND_SIZE = FINGERPRINT_SIZE + CHECKSUM_SIZE
"""Bytes behind them that name the second of two models."""
HEADER_SIZES = (HEADER_SIZE, HEADER_SIZE + SECOND_SIZE)

Fingerprints = tuple[bytes, ...]
"""The first 8 bytes of the fingerprint of each model, in the order of the header."""


@dataclasses.dataclass(frozen=True)
class Header:
    """Start of a container.

    Attributes:
        fingerprint: the first 8 bytes of the model's fingerprint, or NO_MODEL.
        version: format version: TOKENS_VERSION if the model is one of tokens, PAIR_VERSION if there
            are two.
        second: the first 8 bytes of the second model's fingerprint; None if there is none.

    Raises:
        UsageError: a field is out of range.
    """

    fingerprint: bytes
    version: int = BYTES_VERSION
    second: bytes | None = None

    def __post_init__(self) -> None:
        for fingerprint in (self.fingerprint, self.second):
            if fingerprint is not None and len(fingerprint) != FINGERPRINT_SIZE:
                raise UsageError(
                    f"a header takes the first {FINGERPRINT_SIZE} bytes of a fingerprint, "
                    f"not {len(fingerprint)}"
                )
        if not OLDEST_VERSION <= self.version <= VERSION:
            raise UsageError(
                f"this lmpack knows the format versions {OLDEST_VERSION} to {VERSION}, "
                f"not {self.version}"
            )
        if (self.version == PAIR_VERSION) != (self.second is not None):
            raise UsageError(
                f"two models are named in format version {PAIR_VERSION}, and only there"
            )
        if fault := _fault_of_pair(self.fingerprint, self.second):
            raise UsageError(f"a header cannot name two models where {fault}")

    @classmethod
    def of(cls, fingerprints: Fingerprints, version: int) -> Header:
        """The header that names these models, none to two."""
        first, second = (*fingerprints, None, None)[:2]
        return cls(first or NO_MODEL, version, second)

    @property
    def fingerprints(self) -> Fingerprints:
        """Those of all models that it names."""
        if self.fingerprint == NO_MODEL:
            return ()
        return (self.fingerprint,) if self.second is None else (self.fingerprint, self.second)

    @property
    def size(self) -> int:
        """Its bytes."""
        return HEADER_SIZES[self.second is not None]

    def to_bytes(self) -> bytes:
        """The 17 bytes of the header, or 29 with two models."""
        body = MAGIC + bytes([self.version]) + self.fingerprint
        second = b"" if self.second is None else self.second + checksum_bytes(self.second)
        return body + checksum_bytes(body) + second

    @classmethod
    def parse(cls, data: bytes, offset: int = 0) -> Header:
        """Inverse of :meth:`to_bytes`, of any bytes; more may follow.

        Args:
            data: the bytes.
            offset: their place in the file.

        Raises:
            NotLmpackError: they do not start with the magic.
            TruncatedError: they start like a header but are fewer than it has.
            DamagedError: a checksum is wrong, the version never existed, or two models are none.
            VersionError: the version is newer than this lmpack.
        """
        if data[: len(MAGIC)] != MAGIC[: len(data)]:
            found = data[: len(MAGIC)]
            hint = _OTHER_LINE_END if found == _WITH_OTHER_LINE_END else ""
            raise NotLmpackError(
                f"this is no lmpack file: it starts with {found.hex(' ')}, "
                f"not with {MAGIC.hex(' ')}{hint}"
            )
        if len(data) < HEADER_SIZE:
            raise truncated(offset + len(data), "the header")
        body, checksum = data[: HEADER_SIZE - CHECKSUM_SIZE], data[:HEADER_SIZE][-CHECKSUM_SIZE:]
        if checksum_bytes(body) != checksum:
            raise DamagedError(f"the header at byte {offset} is damaged: its checksum is wrong")
        version, fingerprint = body[len(MAGIC)], body[len(MAGIC) + 1 :]
        if version > VERSION:
            raise VersionError(
                f"the file has format version {version}, this lmpack reads up to {VERSION}: "
                "update lmpack"
            )
        if version < OLDEST_VERSION:
            raise DamagedError(
                f"the header at byte {offset} is damaged: there is no format version {version}"
            )
        if version != PAIR_VERSION:
            return cls(fingerprint, version)
        return cls(fingerprint, version, _second_of(data, fingerprint, offset))


def read_header(reader: ByteReader) -> Header:
    """The header that comes next; see :meth:`Header.parse`."""
    offset = reader.offset
    return Header.parse(whole_header(reader.at_most(HEADER_SIZE), reader), offset)


def whole_header(start: bytes, reader: ByteReader) -> bytes:
    """What was read of a header, with the rest of it, if its version has more bytes."""
    return start + (reader.at_most(SECOND_SIZE) if names_two_models(start) else b"")


def names_two_models(start: bytes) -> bool:
    """Whether the version in the first bytes of a header says so."""
    return start[len(MAGIC) : len(MAGIC) + 1] == bytes([PAIR_VERSION])


def intact_second(rest: bytes) -> bytes | None:
    """The fingerprint in the bytes that follow the first 17 of a header; None without checksum."""
    second = rest[:FINGERPRINT_SIZE]
    return second if checksum_bytes(second) == rest[FINGERPRINT_SIZE:SECOND_SIZE] else None


def checksum_bytes(data: bytes | bytearray) -> bytes:
    """CRC-32 (IEEE 802.3) of the data, 4 bytes little-endian."""
    return zlib.crc32(data).to_bytes(CHECKSUM_SIZE, "little")


def _second_of(data: bytes, fingerprint: bytes, offset: int) -> bytes:
    """The second model that a header names, which is right up to there."""
    if len(data) < HEADER_SIZE + SECOND_SIZE:
        raise truncated(offset + len(data), "the header")
    second = intact_second(data[HEADER_SIZE:])
    if second is None:
        raise DamagedError(
            f"the header at byte {offset} is damaged: the checksum of its second model is wrong"
        )
    if fault := _fault_of_pair(fingerprint, second):
        raise DamagedError(f"the header at byte {offset} is damaged: {fault}")
    return second


def _fault_of_pair(first: bytes, second: bytes | None) -> str | None:
    if second is None:
        return None
    if NO_MODEL in (first, second):
        return "one of them is none"
    return "both are the same" if first == second else None
