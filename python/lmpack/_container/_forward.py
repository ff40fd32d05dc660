"""Reading containers from front to back, from anything that can be read."""

from __future__ import annotations

from collections.abc import Iterator

from lmpack._container._header import (
    CHECKSUM_SIZE,
    SHORTEST_HEADER,
    Header,
    read_header,
    whole_header,
)
from lmpack._container._index import INDEX_TAG, Lengths, index_bytes, require_memory_for
from lmpack._container._records import KIND_BITS, Block, BlockKind, find_fault, numbered
from lmpack._container._source import PADDING_PIECE, ByteReader, truncated
from lmpack.errors import DamagedError, NotLmpackError


def read_blocks(
    reader: ByteReader, max_memory: int | None = None
) -> Iterator[tuple[Header, Block]]:
    """All blocks of all containers in a source, in order, each with its container's header.

    A block is yielded before the index behind it is checked, so what was yielded counts only when
    the iterator has ended. The bytes that a payload decodes to are the caller's to check.

    Raises:
        NotLmpackError: the source does not start like a container.
        VersionError: a container is of a newer format version.
        TruncatedError: the source is empty or ends inside a container.
        DamagedError: a rule of the format is broken.
        LimitError: what is remembered for the index needs more than `max_memory` bytes.
    """
    header = read_header(reader)
    while True:
        container = ContainerReader(header, max_memory)
        while block := container.next_block(reader):
            yield header, block
        start = reader.at_most(SHORTEST_HEADER)
        if not any(start):
            _read_padding(reader, reader.offset - len(start))
            return
        offset = reader.offset - len(start)
        header = _parse_next_header(whole_header(start, reader), offset)


def read_block_after_tag(
    reader: ByteReader, tag: int, what: str, number: int, header: Header | None = None
) -> Block:
    """The block whose tag has just been read, after `number` others; `what` names it in errors.

    `header` is that of its container, None if nobody knows it.
    """
    start = reader.offset - 1
    kind, lanes_log2 = tag & (1 << KIND_BITS) - 1, tag >> KIND_BITS
    plain_length = reader.varint(what)
    payload_length = reader.varint(what)
    fault = find_fault(kind, lanes_log2, plain_length, payload_length, header)
    if fault:
        raise DamagedError(f"{what} at byte {start} is damaged: {fault}")
    checksum = numbered(reader.integer(CHECKSUM_SIZE, what), number)
    payload = reader.exactly(payload_length, what)
    return Block(BlockKind(kind), lanes_log2, plain_length, checksum, payload)


class ContainerReader:
    """The blocks of a container behind its header, one after another.

    A call that fails because its reader has no more bytes yet changes nothing, and can be made
    again.

    Attributes:
        header: of the container.

    Args:
        header: the same, just read.
        max_memory: bytes that may be needed for what is remembered for the index; None for any
            number.
    """

    def __init__(self, header: Header, max_memory: int | None = None) -> None:
        self.header = header
        self._max_memory = max_memory
        self._blocks: list[Lengths] = []

    def next_block(self, reader: ByteReader) -> Block | None:
        """The next block; None behind the last one: the index was read, and is that of the blocks.

        Raises:
            FormatError, LimitError: as :func:`read_blocks`.
        """
        tag = reader.integer(1, "the container")
        if tag == INDEX_TAG:
            _check_index(reader, self._blocks)
            return None
        number = len(self._blocks)
        block = read_block_after_tag(reader, tag, f"block {number}", number, self.header)
        self._blocks.append((block.plain_length, len(block.payload)))
        require_memory_for(len(self._blocks), self._max_memory)
        return block


def _check_index(reader: ByteReader, blocks: list[Lengths]) -> None:
    """Compare the index, whose tag was read, with the only one that these blocks can have."""
    start = reader.offset - 1
    expected = index_bytes(blocks)[1:]
    found = reader.at_most(len(expected))
    if not expected.startswith(found):
        raise DamagedError(
            f"the index at byte {start} is damaged: "
            f"it is not that of the {len(blocks)} blocks before it"
        )
    if len(found) < len(expected):
        raise truncated(reader.offset, "the index")


def _read_padding(reader: ByteReader, offset: int) -> None:
    """Read the zeros behind the last container, which start at an offset, up to the end."""
    while piece := reader.at_most(PADDING_PIECE):
        if any(piece):
            raise _no_container(offset)


def _parse_next_header(data: bytes, offset: int) -> Header:
    try:
        return Header.parse(data, offset)
    except NotLmpackError as error:
        raise _no_container(offset) from error


def _no_container(offset: int) -> DamagedError:
    return DamagedError(
        f"the bytes from byte {offset} on, after a container, start no other one: "
        "something was appended to the file, or it is damaged"
    )
