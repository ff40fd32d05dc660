"""The header of a container, which names what its blocks are decoded with."""

from __future__ import annotations

import dataclasses
import zlib
from typing import NamedTuple

from lmpack._container._source import ByteReader, truncated
from lmpack.errors import DamagedError, FormatError, NotLmpackError, UsageError, VersionError

MAGIC = b"\xc0LM\n"
_WITH_OTHER_LINE_END = b"\xc0LM\r"
_OTHER_LINE_END = "; a transfer as text has changed its line ends: transfer it as binary"
VERSION = 1
"""The format version that is written, and the newest that is read."""
FINGERPRINT_SIZE = 8
"""Bytes of each name: of the fingerprint of a model, of the digest of a prefix."""
CHECKSUM_SIZE = 4

_MODELS, _OF_TOKENS, _WITH_PREFIX = 0b0011, 0b0100, 0b1000
"""Flags: how many models are named, whether it is one of tokens, whether a prefix is named."""
_KNOWN_FLAGS = _MODELS | _OF_TOKENS | _WITH_PREFIX
_MOST_MODELS = 2
_FLAGS_PLACE = len(MAGIC) + 1
_NAMES_PLACE = _FLAGS_PLACE + 1

SHORTEST_HEADER = _NAMES_PLACE + CHECKSUM_SIZE
"""Bytes of a header that names nothing; every header has them, whatever its version."""
LONGEST_HEADER = SHORTEST_HEADER + (_MODELS + 1) * FINGERPRINT_SIZE
"""Bytes of the longest one, of whichever version."""
HEADER_SIZES = tuple(
    SHORTEST_HEADER + names * FINGERPRINT_SIZE for names in range(_MOST_MODELS + 2)
)
"""All sizes that a header can have in this version."""

Fingerprints = tuple[bytes, ...]
"""The first 8 bytes of the fingerprint of each model, in the order of the header."""


class Names(NamedTuple):
    """What the blocks of a container are decoded with.

    Attributes:
        fingerprints: as in :class:`Header`.
        prefix: as in :class:`Header`.
    """

    fingerprints: Fingerprints = ()
    prefix: bytes | None = None


@dataclasses.dataclass(frozen=True)
class Header:
    """Start of a container.

    Attributes:
        fingerprints: the first 8 bytes of the fingerprint of each model, none to two.
        of_tokens: whether the model, the only one then, is one of tokens.
        prefix: the first 8 bytes of the digest of the prefix; None if there is none.

    Raises:
        UsageError: there is no such header.
    """

    fingerprints: Fingerprints = ()
    of_tokens: bool = False
    prefix: bytes | None = None

    def __post_init__(self) -> None:
        for name in self._names:
            if len(name) != FINGERPRINT_SIZE:
                raise UsageError(
                    f"a header takes the first {FINGERPRINT_SIZE} bytes of a fingerprint, "
                    f"not {len(name)}"
                )
        if fault := self._fault():
            raise UsageError(f"no such header can be: {fault}")

    @property
    def names(self) -> Names:
        """What a decoder has to have."""
        return Names(self.fingerprints, self.prefix)

    @property
    def size(self) -> int:
        """Its bytes."""
        return SHORTEST_HEADER + len(self._names) * FINGERPRINT_SIZE

    def to_bytes(self) -> bytes:
        """The bytes of the header, 10 and 8 for each model and the prefix."""
        flags = len(self.fingerprints) | _OF_TOKENS * self.of_tokens
        flags |= _WITH_PREFIX * (self.prefix is not None)
        body = MAGIC + bytes([VERSION, flags]) + b"".join(self._names)
        return body + checksum_bytes(body)

    @classmethod
    def parse(cls, data: bytes, offset: int = 0) -> Header:
        """Inverse of :meth:`to_bytes`, of any bytes; more may follow.

        Args:
            data: the bytes.
            offset: their place in the file.

        Raises:
            NotLmpackError: they do not start with the magic.
            TruncatedError: they start like a header but are fewer than it has.
            DamagedError: the checksum is wrong, or no writer writes such a header.
            VersionError: the version or a flag is newer than this lmpack.
        """
        _require_magic(data)
        if len(data) < SHORTEST_HEADER or len(data) < header_size(data):
            raise truncated(offset + len(data), "the header")
        damaged = f"the header at byte {offset} is damaged"
        if not has_right_checksum(data):
            raise DamagedError(f"{damaged}: its checksum is wrong")
        version, flags = data[len(MAGIC)], data[_FLAGS_PLACE]
        _require_known(version, flags, damaged)
        names = data[_NAMES_PLACE : header_size(data) - CHECKSUM_SIZE]
        fields = tuple(
            names[start : start + FINGERPRINT_SIZE]
            for start in range(0, len(names), FINGERPRINT_SIZE)
        )
        models = flags & _MODELS
        try:
            return cls(
                fields[:models],
                bool(flags & _OF_TOKENS),
                fields[models] if flags & _WITH_PREFIX else None,
            )
        except UsageError as error:
            raise DamagedError(f"{damaged}: {error}") from error

    @property
    def _names(self) -> tuple[bytes, ...]:
        return self.fingerprints if self.prefix is None else (*self.fingerprints, self.prefix)

    def _fault(self) -> str | None:
        """Which rule of docs/format.md, section 2.1, is broken, in words."""
        models = len(self.fingerprints)
        if models > _MOST_MODELS:
            return f"it names {models} models, allowed are 0 to {_MOST_MODELS}"
        if bytes(FINGERPRINT_SIZE) in self.fingerprints:
            return "the fingerprint of a model is zeros"
        if len(set(self.fingerprints)) < models:
            return "both models are the same"
        if self.of_tokens and models != 1:
            return f"it says that the model is one of tokens, and names {models} models"
        if self.of_tokens and self.prefix is not None:
            return "it names a prefix beside a model of tokens"
        return None


def read_header(reader: ByteReader) -> Header:
    """The header that comes next; see :meth:`Header.parse`."""
    offset = reader.offset
    return Header.parse(whole_header(reader.at_most(SHORTEST_HEADER), reader), offset)


def whole_header(start: bytes, reader: ByteReader) -> bytes:
    """The first SHORTEST_HEADER bytes of a header, just read, with the rest of it."""
    if len(start) < SHORTEST_HEADER or not start.startswith(MAGIC):
        return start
    return start + reader.at_most(header_size(start) - len(start))


def header_size(start: bytes) -> int:
    """Bytes of the header that starts so, by its flags; at least SHORTEST_HEADER are given.

    It holds for every version, so that each can tell a newer one from damage.
    """
    flags = start[_FLAGS_PLACE]
    names = (flags & _MODELS) + bool(flags & _WITH_PREFIX)
    return SHORTEST_HEADER + names * FINGERPRINT_SIZE


def has_right_checksum(data: bytes) -> bool:
    """Whether the bytes start with a header that is whole, of whichever version."""
    if len(data) < SHORTEST_HEADER or len(data) < header_size(data):
        return False
    end = header_size(data)
    body, checksum = data[: end - CHECKSUM_SIZE], data[end - CHECKSUM_SIZE : end]
    return data.startswith(MAGIC) and checksum_bytes(body) == checksum


def mended_header(data: bytes) -> Header | None:
    """The header that the bytes were if only those before the names are damaged; None if not.

    The checksum tells which flags it had.
    """
    for flags in range(_KNOWN_FLAGS + 1):
        start = MAGIC + bytes([VERSION, flags])
        try:
            return Header.parse(start + data[_NAMES_PLACE:])
        except FormatError:
            continue
    return None


def models_of_damaged(data: bytes, size: int | None = None) -> tuple[int, int]:
    """How large a header is whose checksum is wrong, and how many models it names, most likely.

    Args:
        data: what is left of it, LONGEST_HEADER bytes if there are so many.
        size: of the header, if it is known.
    """
    if len(data) >= SHORTEST_HEADER:
        flags = data[_FLAGS_PLACE]
        is_known = not flags & ~_KNOWN_FLAGS and flags & _MODELS <= _MOST_MODELS
        if is_known and size in (None, header_size(data)):
            return header_size(data), flags & _MODELS
    size = size or SHORTEST_HEADER
    return size, min(_MOST_MODELS, (size - SHORTEST_HEADER) // FINGERPRINT_SIZE)


def checksum_bytes(data: bytes | bytearray) -> bytes:
    """CRC-32 (IEEE 802.3) of the data, 4 bytes little-endian."""
    return zlib.crc32(data).to_bytes(CHECKSUM_SIZE, "little")


def _require_magic(data: bytes) -> None:
    found = data[: len(MAGIC)]
    if found != MAGIC[: len(data)]:
        hint = _OTHER_LINE_END if found == _WITH_OTHER_LINE_END else ""
        raise NotLmpackError(
            f"this is no lmpack file: it starts with {found.hex(' ')}, "
            f"not with {MAGIC.hex(' ')}{hint}"
        )


def _require_known(version: int, flags: int, damaged: str) -> None:
    """Refuse a header with a right checksum that this lmpack does not know."""
    if version > VERSION:
        raise VersionError(
            f"the file has format version {version}, this lmpack reads up to {VERSION}: "
            "update lmpack"
        )
    if version < VERSION:
        raise DamagedError(f"{damaged}: there is no format version {version}")
    if unknown := flags & ~_KNOWN_FLAGS:
        raise VersionError(
            f"the file has flags that are newer than this lmpack ({unknown:#04x}): update lmpack"
        )
