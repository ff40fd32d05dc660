"""The blocks of a damaged file: wherever an index, the block before or a header leads to them."""

from __future__ import annotations

import zlib
from collections.abc import Generator, Iterator
from typing import BinaryIO, NamedTuple

from lmpack._container._forward import read_block_after_tag
from lmpack._container._header import CHECKSUM_SIZE, Header, read_header
from lmpack._container._index import INDEX_TAG, BlockEntry, Lengths, index_bytes
from lmpack._container._landmarks import Landmarks, Layout
from lmpack._container._records import (
    KIND_BITS,
    Block,
    BlockKind,
    block_size,
    find_fault,
    numbered,
)
from lmpack._container._source import ByteReader
from lmpack._container.remnant import Remnant
from lmpack.errors import FormatError, TruncatedError, VersionError


def find_remnants(file: BinaryIO, max_memory: int | None = None) -> Iterator[Remnant]:
    """All that is left of the containers of a file, in file order, and what is wrong with it.

    Payloads are not decoded: that is the caller's, and tells which blocks are whole.

    Args:
        file: seekable; all of it is taken.
        max_memory: bytes that an index may need in memory; a larger one is not used.
    """
    return _Search(file, max_memory).remnants()


_LEAST_DOUBTS = 1 << 28
"""Bytes that may be read in vain, and twice the file, of blocks inside of which a container starts.

Without a bound every header of a hostile file could have 16 MiB read.
"""


class _Named(NamedTuple):
    """What is known of the header of a container; fields of :class:`Remnant`."""

    fingerprints: tuple[bytes | None, ...]
    header: Header | None


class _Stop(NamedTuple):
    """Where a chain of blocks ends without a right index: why, and where to go on."""

    fault: str
    end: int


class _Search:
    def __init__(self, file: BinaryIO, max_memory: int | None) -> None:
        self._file = file
        self._marks = Landmarks(file, max_memory)
        self._doubts_left = _LEAST_DOUBTS + 2 * self._marks.size

    def remnants(self) -> Iterator[Remnant]:
        offset = 0
        while offset < self._marks.end:
            try:
                offset = yield from self._container(offset)
            except VersionError as error:
                offset = yield from self._gap(
                    offset, None, offset, self._next(offset + 1), str(error)
                )

    def _container(self, offset: int) -> Generator[Remnant, None, int]:
        """What is at the place of a container; gives where the next one should be."""
        layout = self._marks.layouts.get(offset)
        if layout is not None:
            yield from self._indexed(layout)
            return layout.end
        if self._marks.looks_like_header(offset):
            return (yield from self._chained(offset))
        end = self._next(offset + 1)
        fault = f"the bytes from byte {offset} to {end} belong to no container"
        return (yield from self._gap(offset, None, offset, end, fault))

    def _indexed(self, layout: Layout) -> Iterator[Remnant]:
        """The blocks that a right index tells of."""
        named, fault = self._header(layout.start, layout.header_size)
        if fault:
            yield Remnant(layout.start, layout.header_size, layout.start, None, 0, fault=fault)
        if layout.missing:
            fault = f"{layout.missing} bytes of the container at byte {layout.start} are missing"
            yield Remnant(layout.start, 0, layout.start, None, 0, fault=fault)
        for entry in layout.entries():
            found = [self._entry(entry, entry.offset)]
            if layout.missing:
                found.append(self._entry(entry, entry.offset - layout.missing))
            blocks = tuple(block for block, _ in found if block is not None)
            yield Remnant(
                entry.offset,
                block_size(entry.plain_length, entry.payload_length),
                layout.start,
                entry.number,
                entry.plain_length,
                True,
                blocks,
                fault=None if layout.missing and blocks else found[0][1],
                **named._asdict(),
            )

    def _entry(self, entry: BlockEntry, offset: int) -> tuple[Block | None, str | None]:
        """The block of an entry of an index at an offset, and what is wrong with its head.

        The lengths are those of the entry: where the head has others, only the head is damaged.
        """
        where = f"block {entry.number} at byte {offset}"
        size = block_size(entry.plain_length, entry.payload_length)
        if offset < 0 or offset + size > self._marks.size:
            return None, f"{where} is not there"
        data = self._at(offset, size)
        kind, lanes_log2 = data[0] & (1 << KIND_BITS) - 1, data[0] >> KIND_BITS
        fault = find_fault(kind, lanes_log2, entry.plain_length, entry.payload_length)
        if fault:
            return None, f"{where} is damaged: {fault}"
        start = size - entry.payload_length
        stored = int.from_bytes(data[start - CHECKSUM_SIZE : start], "little")
        block = Block(
            BlockKind(kind),
            lanes_log2,
            entry.plain_length,
            numbered(stored, entry.number),
            data[start:],
        )
        is_right = block.to_bytes(entry.number)[:start] == data[:start]
        return block, None if is_right else f"the head of {where} is damaged, its content is whole"

    def _chained(self, start: int) -> Generator[Remnant, None, int]:
        """The blocks of a container without a right index, each found by the one before it."""
        size = self._marks.header_size(start)
        named, fault = self._header(start, size)
        if fault:
            yield Remnant(start, size, start, None, 0, fault=fault)
        offset = start + size
        blocks: list[Lengths] = []
        while isinstance(block := self._block(offset, blocks), Block):
            lengths = block.plain_length, len(block.payload)
            yield Remnant(
                offset,
                block_size(*lengths),
                start,
                len(blocks),
                block.plain_length,
                candidates=(block,),
                **named._asdict(),
            )
            blocks.append(lengths)
            offset += block_size(*lengths)
        return (yield from self._chain_end(start, offset, blocks, block))

    def _chain_end(
        self, start: int, offset: int, blocks: list[Lengths], stop: _Stop
    ) -> Generator[Remnant, None, int]:
        """What is behind the last block that was found: the index, or something damaged."""
        expected = index_bytes(blocks)
        found = self._at(offset, len(expected))
        behind = offset + len(expected)
        if found == expected:
            return behind
        at_end = self._marks.next_mark(offset) is None and behind >= self._marks.end
        if (at_end or behind == stop.end) and _is_alike(found, expected):
            fault = f"the index at byte {offset} is damaged"
            yield Remnant(offset, len(expected), start, None, 0, fault=fault)
            return behind
        return (yield from self._gap(offset, len(blocks), start, stop.end, stop.fault))

    def _block(self, offset: int, blocks: list[Lengths]) -> Block | _Stop:
        """The block at an offset behind others, if its head is right as far as can be told."""
        number = len(blocks)
        mark, end = self._marks.next_mark(offset), self._next(offset)
        inside = f"block {number} at byte {offset} is damaged: a container starts inside of it"
        try:
            crossed = mark is not None and mark < self._end_of_block(offset)
            if crossed and self._doubts_left <= 0:
                return _Stop(inside, end)
            block = self._parsed(offset, number)
        except TruncatedError as error:
            self._doubts_left -= self._file.tell() - offset
            # A raw block may hold containers: they are not those of this file.
            is_raw = self._at(offset, 1) == bytes([BlockKind.RAW])
            is_cut = is_raw and not self._marks.ends_with_container
            return _Stop(str(error), self._marks.end if is_cut else end)
        except FormatError as error:
            return _Stop(str(error), end)
        if block is None:
            return _Stop(f"block {number} or the index at byte {offset} is damaged", end)
        behind = offset + block_size(block.plain_length, len(block.payload))
        if not crossed or self._is_trusted(block, behind, blocks):
            return block
        self._doubts_left -= self._file.tell() - offset
        return _Stop(inside, end)

    def _end_of_block(self, offset: int) -> int:
        """Where the block at an offset ends by the lengths in its head."""
        self._file.seek(offset)
        reader = ByteReader(self._file, offset)
        if reader.integer(1, "the block") == INDEX_TAG:
            return offset
        return offset + block_size(reader.varint("the block"), reader.varint("the block"))

    def _parsed(self, offset: int, number: int) -> Block | None:
        """What is at an offset: a block, or None for the tag of an index."""
        self._file.seek(offset)
        reader = ByteReader(self._file, offset)
        what = f"block {number}"
        tag = reader.integer(1, f"{what} or the index")
        return None if tag == INDEX_TAG else read_block_after_tag(reader, tag, what, number)

    def _is_trusted(self, block: Block, behind: int, blocks: list[Lengths]) -> bool:
        """Whether a block holds the container that starts inside of it: only a raw one does."""
        if block.kind is not BlockKind.RAW or self._marks.has_container_across(behind):
            return False
        if zlib.crc32(block.payload) == block.checksum:
            return True
        try:
            follows = self._parsed(behind, len(blocks) + 1)
        except FormatError:
            return False
        expected = index_bytes([*blocks, (block.plain_length, len(block.payload))])
        return follows is not None or _is_alike(self._at(behind, len(expected)), expected)

    def _header(self, offset: int, size: int) -> tuple[_Named, str | None]:
        """What a header of a size names, as far as it tells, and what is wrong with it."""
        self._file.seek(offset)
        fault = None
        try:
            header: Header | None = read_header(ByteReader(self._file, offset))
        except VersionError:
            raise
        except FormatError:
            fault = f"the header at byte {offset} is damaged"
            header = self._marks.mended_header(offset, size)
        if header is None:
            return _Named((None,) * self._marks.models_in(offset, size), None), fault
        return _Named(header.fingerprints, header), fault

    def _gap(
        self, offset: int, number: int | None, container: int, end: int, fault: str
    ) -> Generator[Remnant, None, int]:
        """Bytes in which nothing can be found up to an end, at which to go on."""
        yield Remnant(offset, max(0, end - offset), container, number, None, fault=fault)
        return max(offset, end)

    def _next(self, offset: int) -> int:
        """Where the next container starts, or the end of the file."""
        mark = self._marks.next_mark(offset)
        return self._marks.end if mark is None else mark

    def _at(self, offset: int, size: int) -> bytes:
        self._file.seek(offset)
        return ByteReader(self._file).at_most(size)


def _is_alike(found: bytes, expected: bytes) -> bool:
    """Whether most bytes are right."""
    return 2 * sum(map(int.__eq__, found, expected)) > len(expected)
