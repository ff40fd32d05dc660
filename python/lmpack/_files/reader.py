"""The content of containers as raw streams: by index where the file can seek, else forward."""

from __future__ import annotations

import bisect
import io
import itertools
import os
from typing import Any, BinaryIO, NamedTuple

from lmpack._blocks.coders import Decoder
from lmpack._blocks.coding import no_progress
from lmpack._container import (
    BlockEntry,
    ByteReader,
    Names,
    Source,
    read_block,
    read_indexes,
)
from lmpack._files.conversion import Decompression
from lmpack._files.piece_reader import PieceReader, copy_piece
from lmpack.errors import TruncatedError, UsageError


class _Place(NamedTuple):
    """A block of one of the containers."""

    entry: BlockEntry
    names: Names


class IndexedReader(io.RawIOBase):
    """Random access through the indexes; decodes a block when it is read from, and keeps one.

    Args:
        file: seekable; all of it is taken, and it is not closed.
        decoder: decodes the blocks.

    Raises:
        FormatError: the file is not made of whole containers.
        LimitError: its content is longer than allowed.
        PrefixError: it was made with a prefix, and the given one is another.
    """

    def __init__(self, file: BinaryIO, decoder: Decoder) -> None:
        self._file = file
        self._decoder = decoder
        indexes = read_indexes(file, decoder.max_memory)
        for index in indexes:
            decoder.require_prefix(index.header)
        self._places = [
            _Place(entry, index.header.names) for index in indexes for entry in index.blocks
        ]
        lengths = (place.entry.plain_length for place in self._places)
        # Where each block starts in the content, and at the end the length of it all.
        self._starts = list(itertools.accumulate(lengths, initial=0))
        decoder.require_size(self._starts[-1], "the end of the file")
        self._position = 0
        self._decoded: tuple[int, bytes] | None = None

    def readable(self) -> bool:
        """True."""
        return True

    def seekable(self) -> bool:
        """True."""
        return True

    def seek(self, offset: int, whence: int = os.SEEK_SET, /) -> int:
        """Go to a place in the content, maybe behind its end; costs nothing before a read."""
        bases = {os.SEEK_SET: 0, os.SEEK_CUR: self._position, os.SEEK_END: self._starts[-1]}
        if whence not in bases:
            raise UsageError(f"whence must be 0, 1 or 2, not {whence}")
        if bases[whence] + offset < 0:
            raise UsageError(f"cannot seek to {bases[whence] + offset}, before the start")
        self._position = bases[whence] + offset
        return self._position

    def readinto(self, buffer: Any, /) -> int:
        """Fill `buffer` from the current block; 0 only at the end of the content."""
        if self._position >= self._starts[-1]:
            return 0
        number = bisect.bisect_right(self._starts, self._position) - 1
        plain = self._decode(number)
        count = copy_piece(plain, self._position - self._starts[number], buffer)
        self._position += count
        return count

    def _decode(self, number: int) -> bytes:
        if self._decoded is None or self._decoded[0] != number:
            entry, names = self._places[number]
            block = read_block(self._file, entry)
            where = f"block {number} at byte {entry.offset}"
            self._decoder.required_memory(block, names, where)
            self._decoded = number, self._decoder.decode(block, names, where)
        return self._decoded[1]


def forward_reader(source: Source, decoder: Decoder) -> PieceReader:
    """The content in order, from a source that cannot seek.

    Args:
        source: anything with `read(size)`; it is not closed.
        decoder: decodes the blocks.
    """
    pieces = Decompression(decoder).pieces(ByteReader(source))
    return PieceReader(piece.code(no_progress) for piece in pieces)


def open_reader(file: BinaryIO, decoder: Decoder) -> io.RawIOBase:
    """The content of a file, by its indexes if it can seek and is whole, otherwise forward."""
    if hasattr(file, "seekable") and file.seekable():
        try:
            return IndexedReader(file, decoder)
        except TruncatedError:  # no index to seek by: it raises again where the file ends
            file.seek(0)
    return forward_reader(file, decoder)
