"""Finding blocks in a file that can seek, without reading the ones before."""

from __future__ import annotations

import contextlib
import io
import os
from typing import BinaryIO

from lmpack._container._forward import read_block_after_tag, read_blocks
from lmpack._container._header import (
    CHECKSUM_SIZE,
    HEADER_SIZES,
    SHORTEST_HEADER,
    Header,
    read_header,
)
from lmpack._container._index import (
    BlockEntry,
    ContainerIndex,
    Lengths,
    index_bytes,
    parse_index,
    require_memory_for,
)
from lmpack._container._records import Block, block_size
from lmpack._container._source import MAXIMUM_VARINT_SIZE, PADDING_PIECE, ByteReader
from lmpack.errors import DamagedError, FormatError, LimitError

_LONGEST_ENTRY = 8
"""Bytes of an entry in a file, at most."""

_TAIL_SIZE = MAXIMUM_VARINT_SIZE + CHECKSUM_SIZE
"""Enough bytes from the end of a container to read the size of its index."""


def read_indexes(file: BinaryIO, max_memory: int | None = None) -> list[ContainerIndex]:
    """The indexes of all containers in a file, in file order; reads no payload.

    Args:
        file: seekable; all of it is taken, whatever its position. Where an index is not right, the
            file is read from the start to find out what is wrong with it.
        max_memory: bytes that the indexes may need in memory; None for any number.

    Raises:
        NotLmpackError: the file does not start like a container.
        VersionError: a container is of a newer format version.
        TruncatedError: the file is empty or ends inside a container.
        DamagedError: a rule of the format is broken.
        LimitError: the indexes need more memory than allowed.
    """
    file.seek(0)
    read_header(ByteReader(file))
    try:
        return _read_indexes_backwards(file, max_memory)
    except FormatError:
        file.seek(0)
        for _ in read_blocks(ByteReader(file), max_memory):
            pass
        raise


def read_block(file: BinaryIO, entry: BlockEntry) -> Block:
    """One block of a seekable file.

    Raises:
        TruncatedError: the file ends inside the block.
        DamagedError: the block breaks a rule, or is not the one that the index tells of.
    """
    file.seek(entry.offset)
    reader = ByteReader(file, entry.offset)
    tag = reader.integer(1, "the block")
    block = read_block_after_tag(reader, tag, "the block", entry.number, entry.header)
    if (block.plain_length, len(block.payload)) != (entry.plain_length, entry.payload_length):
        raise DamagedError(
            f"the block at byte {entry.offset} is damaged: it decodes {len(block.payload)} to "
            f"{block.plain_length} bytes, its index says {entry.payload_length} to "
            f"{entry.plain_length}"
        )
    return block


def possible_ends(file: BinaryIO) -> range:
    """Where the last container may end: zeros at the end of a file are padding or its last bytes.

    The last bytes of a container are a checksum, which may be zeros, too; the byte before never is.
    """
    size = file.seek(0, os.SEEK_END)
    end, piece, rest = size, 1, 0
    while end and not rest:
        start = max(0, end - piece)
        rest = len(_read_at(file, start, end - start).rstrip(b"\0"))
        end = start + rest
        piece = min(2 * piece, PADDING_PIECE)
    return range(end, min(size, end + CHECKSUM_SIZE) + 1)


def read_lengths_before(
    file: BinaryIO, end: int, least: int = 0, max_memory: int | None = None
) -> tuple[int, list[Lengths]]:
    """Where the index starts that ends at a place in the file, and the lengths in it.

    Args:
        file: seekable.
        end: offset of the first byte behind the index.
        least: offset before which it cannot start.
        max_memory: bytes that it may need in memory; None for any number.

    Raises:
        FormatError: there is none, or it breaks a rule of the format.
        LimitError: it needs more memory than allowed.
    """
    index_start, entries_end = _find_index(file, end, least)
    # Before it is read: it may be a lie, in a file that is long because it has a hole.
    require_memory_for((end - index_start) // _LONGEST_ENTRY, max_memory)
    stored = _read_at(file, index_start, end - index_start)
    blocks = parse_index(ByteReader(io.BytesIO(stored), index_start), entries_end, max_memory)
    if index_bytes(blocks) != stored:
        raise DamagedError(f"the index at byte {index_start} is damaged")
    return index_start, blocks


def _read_indexes_backwards(file: BinaryIO, max_memory: int | None) -> list[ContainerIndex]:
    indexes = [_read_last_index(file, max_memory)]
    entries = _entries(indexes[0])
    while indexes[-1].start:
        indexes.append(_read_index_before(file, indexes[-1].start, max_memory))
        entries += _entries(indexes[-1])
        require_memory_for(entries, max_memory)
    return indexes[::-1]


def _entries(index: ContainerIndex) -> int:
    """A container without blocks is an entry, too."""
    return 1 + len(index.blocks)


def _read_last_index(file: BinaryIO, max_memory: int | None) -> ContainerIndex:
    *others, last = possible_ends(file)
    for end in others:
        with contextlib.suppress(FormatError, LimitError):
            return _read_index_before(file, end, max_memory)
    return _read_index_before(file, last, max_memory)


def _read_index_before(file: BinaryIO, end: int, max_memory: int | None) -> ContainerIndex:
    """The index of the container that ends at a place in the file."""
    index_start, blocks = read_lengths_before(file, end, max_memory=max_memory)
    first = first_offset(index_start, blocks)
    header = _header_before(file, first)
    start = first - header.size
    entries = place_blocks(blocks, first, header)
    content_length = sum(plain_length for plain_length, _ in blocks)
    return ContainerIndex(header, start, end - start, content_length, entries)


def _find_index(file: BinaryIO, end: int, least: int) -> tuple[int, int]:
    """Where the index starts that ends at a place in the file, and where its entries end."""
    tail_start = max(least, end - _TAIL_SIZE)
    tail = _read_at(file, tail_start, end - tail_start)
    reader = ByteReader(io.BytesIO(tail[:-CHECKSUM_SIZE][::-1]))
    index_size = reader.varint("the index size")
    entries_end = end - CHECKSUM_SIZE - reader.offset
    index_start = entries_end - index_size
    if index_start < least:
        raise DamagedError(f"the index that ends at byte {end} is longer than what is before it")
    return index_start, entries_end


def _header_before(file: BinaryIO, end: int) -> Header:
    """The header that ends where the first block of a container starts, whatever its size."""
    if end < SHORTEST_HEADER:
        raise DamagedError(f"the blocks before byte {end} are more than the file has room for")
    for start in (end - size for size in HEADER_SIZES if size <= end):
        with contextlib.suppress(FormatError):
            header = Header.parse(_read_at(file, start, end - start), start)
            if start + header.size == end:
                return header
    raise DamagedError(f"no header ends at byte {end}, where the blocks of a container start")


def first_offset(index_start: int, blocks: list[Lengths]) -> int:
    """Where the first block of the container starts whose index does; it may be below 0."""
    return index_start - sum(block_size(*lengths) for lengths in blocks)


def place_blocks(
    blocks: list[Lengths], offset: int, header: Header | None = None
) -> tuple[BlockEntry, ...]:
    """Entries of blocks that follow each other from an offset on, in a container with a header."""
    entries = []
    plain_offset = 0
    for number, (plain_length, payload_length) in enumerate(blocks):
        entries.append(
            BlockEntry(offset, plain_offset, plain_length, payload_length, number, header)
        )
        offset += block_size(plain_length, payload_length)
        plain_offset += plain_length
    return tuple(entries)


def _read_at(file: BinaryIO, offset: int, size: int) -> bytes:
    file.seek(offset)
    return ByteReader(file, offset).exactly(size, "the index")
