"""What can be found in a damaged file without what is before it: headers and indexes that check."""

from __future__ import annotations

import bisect
import os
from typing import BinaryIO, NamedTuple

from lmpack._container._header import (
    HEADER_SIZES,
    LONGEST_HEADER,
    MAGIC,
    SHORTEST_HEADER,
    VERSION,
    Header,
    has_right_checksum,
    header_size,
    mended_header,
    models_of_damaged,
)
from lmpack._container._index import BlockEntry, Lengths
from lmpack._container._seek import first_offset, place_blocks, possible_ends, read_lengths_before
from lmpack._container._source import ByteReader, encode_varint
from lmpack.errors import FormatError, LimitError

_SEARCH_PIECE = 1 << 20
_HEADER_START = MAGIC + bytes([VERSION])
_LEAST_ALIKE = 3
"""How many of the first five bytes of a header must be right if its checksum is not."""
_MOST_HEADERS = 64
"""How many headers are looked at for one that fits an index."""


class Layout(NamedTuple):
    """A container whose index is right.

    Attributes:
        start: offset of its header.
        header_size: bytes of the header.
        end: offset of the first byte behind its index.
        lengths: of its blocks.
        missing: how many bytes less than it should have there are between header and index.
    """

    start: int
    header_size: int
    end: int
    lengths: list[Lengths]
    missing: int

    def entries(self) -> tuple[BlockEntry, ...]:
        """Its blocks, where they are if the missing bytes are all behind them."""
        return place_blocks(self.lengths, self.start + self.header_size)


class Landmarks:
    """What a damaged file can be found by.

    Attributes:
        size: of the file.
        end: offset of the first of the zeros up to its end.
        layouts: containers whose index is right, by where they start. None is inside another one.
        ends_with_container: whether one of them is the last thing in the file.

    Args:
        file: seekable; all of it is taken.
        max_memory: bytes that an index may need in memory; a larger one is not used.
    """

    def __init__(self, file: BinaryIO, max_memory: int | None) -> None:
        self._file = file
        self._max_memory = max_memory
        self.size = file.seek(0, os.SEEK_END)
        self.end = possible_ends(file)[0]
        self._headers = _find_headers(file)
        self.layouts = self._find_layouts()
        self.ends_with_container = any(layout.end >= self.end for layout in self.layouts.values())
        self._starts = sorted(self.layouts)
        self._marks = sorted({*self._headers, *self.layouts})

    def next_mark(self, offset: int) -> int | None:
        """Where the first container starts that is not before an offset; None if none does."""
        place = bisect.bisect_left(self._marks, offset)
        return self._marks[place] if place < len(self._marks) else None

    def has_container_across(self, offset: int) -> bool:
        """Whether a container with a right index starts before an offset and ends behind it."""
        place = bisect.bisect_left(self._starts, offset)
        return place > 0 and self.layouts[self._starts[place - 1]].end > offset

    def looks_like_header(self, offset: int) -> bool:
        """Whether the bytes at an offset are a header, right or damaged."""
        if self._is_header(offset):
            return True
        self._file.seek(offset)
        found = ByteReader(self._file).at_most(len(_HEADER_START))
        return sum(map(int.__eq__, found, _HEADER_START)) >= _LEAST_ALIKE

    def mended_header(self, offset: int, size: int) -> Header | None:
        """What the damaged header of a size at an offset was; None if nothing tells."""
        header = mended_header(self._start_at(offset))
        return header if header is not None and header.size == size else None

    def models_in(self, offset: int, size: int) -> int:
        """How many models the damaged header of a size at an offset names, most likely."""
        return models_of_damaged(self._start_at(offset), size)[1]

    def header_size(self, offset: int) -> int:
        """Bytes of the header at an offset, right or damaged."""
        data = self._start_at(offset)
        if has_right_checksum(data):
            return header_size(data)
        mended = mended_header(data)
        return models_of_damaged(data)[0] if mended is None else mended.size

    def _start_at(self, offset: int) -> bytes:
        """The bytes at an offset of which a header can be, fewer at the end of the file."""
        self._file.seek(offset)
        return ByteReader(self._file).at_most(LONGEST_HEADER)

    def _is_header(self, offset: int) -> bool:
        place = bisect.bisect_left(self._headers, offset)
        return self._headers[place : place + 1] == [offset]

    def _find_layouts(self) -> dict[int, Layout]:
        """Goes from the end to the start, as an index tells where its container starts."""
        layouts: dict[int, Layout] = {}
        ends = [*self._headers, *reversed(possible_ends(self._file))]
        least = self.size
        while ends:
            end = ends.pop()
            # What is inside a container that was found is a payload that looks like one.
            while 0 < end <= least and (layout := self._layout_before(end)):
                layouts[layout.start] = layout
                end = least = layout.start
        return layouts

    def _layout_before(self, end: int) -> Layout | None:
        lengths = self._lengths_before(end)
        if lengths is None:
            return None
        index_start, blocks = lengths
        first = first_offset(index_start, blocks)
        for size in HEADER_SIZES:
            if self._can_start(first - size):
                return Layout(first - size, size, end, blocks, 0)
        start = self._header_behind(first - max(HEADER_SIZES), index_start, blocks)
        size = self.header_size(start)
        start = max(start, first - size)
        return Layout(start, size, end, blocks, start + size - first)

    def _lengths_before(self, end: int) -> tuple[int, list[Lengths]] | None:
        # Behind all headers before it, so that no byte is read for two indexes.
        place = bisect.bisect_left(self._headers, end)
        least = self._headers[place - 1] + SHORTEST_HEADER if place else 0
        if end <= least:
            return None
        try:
            return read_lengths_before(self._file, end, least, self._max_memory)
        except (FormatError, LimitError):
            return None

    def _can_start(self, offset: int) -> bool:
        """Whether a container starts at an offset, maybe with a damaged header."""
        if offset <= 0:
            return offset == 0
        return self.looks_like_header(offset) or self._lengths_before(offset) is not None

    def _header_behind(self, nominal: int, index_start: int, blocks: list[Lengths]) -> int:
        """The header of a container of which bytes are missing, so that it starts too early.

        It is the last one before the index whose first block has the length that the index says,
        as there may be others in the payloads behind it.
        """
        last = bisect.bisect_left(self._headers, index_start)
        first = max(last - _MOST_HEADERS, bisect.bisect_left(self._headers, max(nominal, 0)))
        headers = self._headers[first:last]
        for header in reversed(headers):
            self._file.seek(header + self.header_size(header))
            if blocks and _starts_with(ByteReader(self._file), blocks[0]):
                return header
        return headers[-1] if headers else 0


def _starts_with(reader: ByteReader, lengths: Lengths) -> bool:
    """Whether the next bytes are the head of a block of these lengths."""
    varints = encode_varint(lengths[0]) + encode_varint(lengths[1])
    return reader.at_most(1 + len(varints))[1:] == varints


def _find_headers(file: BinaryIO) -> list[int]:
    """Offsets of all headers with a right checksum, in order; some may be inside of payloads."""
    file.seek(0)
    reader = ByteReader(file)
    found: dict[int, None] = {}
    data, start = b"", 0
    while piece := reader.at_most(_SEARCH_PIECE):
        kept = data[-(LONGEST_HEADER - 1) :]
        start += len(data) - len(kept)
        data = kept + piece
        place = data.find(MAGIC)
        while place >= 0:
            # A short one may be in what was kept, and found a second time.
            if has_right_checksum(data[place : place + LONGEST_HEADER]):
                found[start + place] = None
            place = data.find(MAGIC, place + 1)
    return list(found)
