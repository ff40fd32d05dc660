"""The index: lengths of all blocks of a container, at its end."""

from __future__ import annotations

from collections.abc import Sequence
from typing import NamedTuple

from lmpack._container._header import Header, checksum_bytes
from lmpack._container._records import MAXIMUM_PLAIN_LENGTH
from lmpack._container._source import ByteReader, encode_varint
from lmpack.errors import DamagedError, LimitError

INDEX_TAG = 0

Lengths = tuple[int, int]
"""Plain length and payload length of a block."""


class BlockEntry(NamedTuple):
    """Where a block is.

    Attributes:
        offset: of the block's tag, from the start of the file.
        plain_offset: of the block's first byte in the container's content.
        plain_length: number of bytes it decodes to.
        payload_length: number of bytes of its payload.
        number: how many blocks of the container come before it.
        header: of the container; None if nobody knows it.
    """

    offset: int
    plain_offset: int
    plain_length: int
    payload_length: int
    number: int = 0
    header: Header | None = None


class ContainerIndex(NamedTuple):
    """What is in a container.

    Attributes:
        header: its header.
        start: offset of the header, from the start of the file.
        size: bytes of the whole container.
        content_length: bytes it decodes to.
        blocks: its blocks, in order.
    """

    header: Header
    start: int
    size: int
    content_length: int
    blocks: tuple[BlockEntry, ...]


def index_bytes(blocks: Sequence[Lengths]) -> bytes:
    """The one index that blocks of these lengths have."""
    body = bytearray([INDEX_TAG])
    for plain_length, payload_length in blocks:
        body += encode_varint(plain_length) + encode_varint(payload_length)
    # Reversed, so that it can be read from the end of the file backwards.
    body += encode_varint(len(body))[::-1]
    return bytes(body + checksum_bytes(body))


MEMORY_OF_ENTRY = 600
"""Bytes that an entry takes in memory with all that is made of it; in a file it may have two."""


def require_memory_for(entries: int, max_memory: int | None) -> None:
    """Refuse an index, or several, of so many entries.

    Raises:
        LimitError: they need more memory than allowed.
    """
    if max_memory is not None and entries * MEMORY_OF_ENTRY > max_memory:
        raise LimitError(
            f"the index of {entries:,} blocks or more: it needs more than the {max_memory:,} bytes "
            "of memory that are allowed: raise the option max_memory"
        )


def parse_index(reader: ByteReader, end: int, max_memory: int | None = None) -> list[Lengths]:
    """The lengths in an index, from its tag to the end of its last entry.

    Args:
        reader: gives its bytes.
        end: offset of the first byte behind the last entry.
        max_memory: bytes that they may need in memory; None for any number.

    Raises:
        FormatError: they break a rule of the format.
        LimitError: they need more memory than allowed.
    """
    if reader.integer(1, "the index") != INDEX_TAG:
        raise DamagedError(f"the index at byte {reader.offset - 1} does not start with its tag")
    blocks = []
    while reader.offset < end:
        plain_length = reader.varint("the index")
        payload_length = reader.varint("the index")
        if not 1 <= plain_length <= MAXIMUM_PLAIN_LENGTH:
            raise DamagedError(f"the index has a block of {plain_length} bytes")
        if payload_length > plain_length:
            raise DamagedError(
                f"the index has a payload of {payload_length} for {plain_length} bytes"
            )
        blocks.append((plain_length, payload_length))
        require_memory_for(len(blocks), max_memory)
    return blocks
