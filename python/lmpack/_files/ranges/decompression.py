"""Decompressing a file in ranges: each block is written to its place in one file."""

from __future__ import annotations

import functools
import os
import zlib
from collections import deque
from collections.abc import Iterator
from typing import BinaryIO, NamedTuple

from lmpack._blocks.coders import Decoder
from lmpack._blocks.options import Options
from lmpack._container import Block, BlockEntry, ContainerIndex, Header, read_block, read_indexes
from lmpack._files.batch_file import FileResult, Handling
from lmpack._files.disk import system
from lmpack._files.disk.parts import AdoptedPart, Parts, digits_of, remove_parts
from lmpack._files.lanes import lanes_of_containers
from lmpack._files.pipeline import Piece, Pipeline
from lmpack._files.planned import Planned
from lmpack._files.progress import Sizes
from lmpack._files.ranges.division import (
    Division,
    begun,
    finished_before,
    output_of,
    parts_of,
    with_errors_of_file,
)
from lmpack._files.replacement import Replacement, regular_status
from lmpack._files.sinks import CountingSink
from lmpack.errors import FormatError, UsageError

_WHOLE = 0
"""Number of the only part: the file that gets the name of the output at the end."""


class _Place(NamedTuple):
    """A block, and where it goes.

    Attributes:
        entry: where it is.
        header: of its container.
        number: how many blocks of the file come before it.
        start: of its content in that of the file.
    """

    entry: BlockEntry
    header: Header
    number: int
    start: int


class RangeDecompression:
    """Does files in ranges of whole blocks; any number of processes may do ranges of one file.

    A block counts as done if its place in the output holds bytes of its checksum that are not all
    0, so nothing else has to be kept of what was done.

    Args:
        handling: how files are handled.
        options: see :class:`Options`.
        range_size: bytes of content in a range, at most, if it has several blocks.
    """

    def __init__(self, handling: Handling, options: Options, range_size: int) -> None:
        self._handling, self._options, self._range_size = handling, options, range_size

    @with_errors_of_file
    def look(self, item: Planned) -> Division | FileResult | None:
        """See :func:`begun`; what is the fault of the file is its result."""
        found = begun(
            item,
            self._handling,
            lambda file: self._divide(item, file),
            is_compression=False,
            max_memory=self._options.max_memory,
        )
        if isinstance(found, Division):
            _make_whole(parts_of(item, found), found.length)
        return found

    @with_errors_of_file
    def convert_range(self, item: Planned, division: Division, number: int) -> FileResult | None:
        """Have the blocks of a range in their places; None, or the result of a file that fails."""
        with item.source_location.open() as file:
            division.require_unchanged(file)
            places = self._ranges(self._indexes(file))[number]
            with _opened_whole(parts_of(item, division)) as output:
                self._decompress(item, file, places, output)
                system.sync(output.fileno())
            division.require_unchanged(file)
        return None

    @with_errors_of_file
    def finish(self, item: Planned, division: Division) -> FileResult:
        """Give the output its name, and delete what else is left."""
        done = finished_before(
            item, self._handling, is_compression=False, max_memory=self._options.max_memory
        )
        if done is not None:
            return done
        target, parts = output_of(item), parts_of(item, division)
        with item.source_location.open() as file:
            division.require_unchanged(file)
            like = regular_status(file)
            indexes = self._indexes(file)
        new = Replacement(
            target.path,
            force=self._handling.force,
            like=like,
            top=target.top,
            temporary=lambda folder, mode: AdoptedPart(folder, parts.name(_WHOLE)),
        )
        try:
            warnings = division.warnings + new.commit()
        finally:
            new.abandon()
        remove_parts([target])
        fingerprints = dict.fromkeys(one for index in indexes for one in index.header.fingerprints)
        return FileResult(
            item.source,
            item.output,
            Sizes(division.size, _content_length(indexes)),
            warnings=warnings,
            fingerprints=tuple(fingerprints),
        )

    def _divide(self, item: Planned, file: BinaryIO) -> Division | None:
        status = regular_status(file)
        assert status is not None
        try:
            indexes = self._indexes(file)
        except FormatError:
            return None  # decoding it as a whole will say what is wrong, and where
        length = _content_length(indexes)
        if length <= self._range_size:
            return None
        decoder = Decoder(self._options)
        decoder.require_size(length, "the end of the file")
        for index in indexes:
            decoder.require_prefix(index.header)
        key = digits_of(item.source, status.st_size, status.st_mtime_ns)
        count = len(self._ranges(indexes))
        return Division(key, status.st_size, status.st_mtime_ns, length, count)

    def _indexes(self, file: BinaryIO) -> list[ContainerIndex]:
        return read_indexes(file, self._options.max_memory)

    def _ranges(self, indexes: list[ContainerIndex]) -> list[list[_Place]]:
        """All blocks, cut into ranges of as many as fit."""
        ranges: list[list[_Place]] = []
        length = number = start = 0
        for index in indexes:
            for entry in index.blocks:
                if not ranges or length + entry.plain_length > self._range_size:
                    ranges.append([])
                    length = 0
                ranges[-1].append(_Place(entry, index.header, number, start))
                length += entry.plain_length
                start += entry.plain_length
                number += 1
        return ranges

    def _decompress(
        self, item: Planned, file: BinaryIO, places: list[_Place], output: BinaryIO
    ) -> None:
        decoder = Decoder(self._options, lanes_of_containers([item], self._handling.memory))
        starts: deque[int] = deque()

        def pieces() -> Iterator[Piece[bytes]]:
            for place in places:
                block = read_block(file, place.entry)
                if not _is_there(output, place, block):
                    starts.append(place.start)
                    yield _piece(decoder, place, block)

        with Pipeline[bytes](
            decoder.side_by_side,
            lambda coded, settled: None,
            self._handling.memory,
            decoder.max_memory,
        ) as pipeline:
            for plain in pipeline.run(pieces()):
                start = starts.popleft()
                output.seek(start)
                if plain.count(0) == len(plain) and output.read(len(plain)) == plain:
                    continue  # the hole that was there first
                output.seek(start)
                CountingSink(output).write(plain)


def _make_whole(parts: Parts, length: int) -> None:
    """Have the file there that all ranges are written to, with its length, and else one hole."""
    whole = parts.open(_WHOLE)
    if whole is not None:
        with whole:
            if os.fstat(whole.fileno()).st_size == length:
                return
    with parts.new(_WHOLE) as descriptor:
        os.ftruncate(descriptor, length)


def _opened_whole(parts: Parts) -> BinaryIO:
    whole = parts.open(_WHOLE, os.O_RDWR)
    if whole is None:
        raise UsageError(f"{parts.path(_WHOLE)} has been taken away: do it again")
    return whole


def _is_there(output: BinaryIO, place: _Place, block: Block) -> bool:
    """Whether a place has the content of a block; zeros may be the hole that was there first."""
    output.seek(place.start)
    there = output.read(block.plain_length)
    return there.count(0) < len(there) and zlib.crc32(there) == block.checksum


def _piece(decoder: Decoder, place: _Place, block: Block) -> Piece[bytes]:
    names = place.header.names
    where = f"block {place.number} at byte {place.entry.offset}"
    memory = decoder.required_memory(block, names, where)
    code = functools.partial(decoder.decode, block, names, where)
    size = len(block.payload)
    return Piece(code, size + block.plain_length, size, memory)


def _content_length(indexes: list[ContainerIndex]) -> int:
    return sum(index.content_length for index in indexes)
