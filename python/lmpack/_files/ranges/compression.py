"""Compressing a file in ranges: each becomes a container of its own, and all of them one."""

from __future__ import annotations

from typing import BinaryIO

from lmpack._blocks.coders import Encoder
from lmpack._blocks.options import Options
from lmpack._container import (
    Block,
    ByteReader,
    ContainerIndex,
    ContainerWriter,
    read_block,
    read_indexes,
)
from lmpack._files.batch import batch_encoder
from lmpack._files.batch_file import FileResult, Handling
from lmpack._files.conversion import Compression
from lmpack._files.disk.holes import HoleWriter
from lmpack._files.disk.parts import Parts, digits_of, remove_parts
from lmpack._files.pipeline import Pipeline
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
from lmpack.errors import DamagedError, FormatError, UsageError


class RangeCompression:
    """Does files in ranges of whole blocks; any number of processes may do ranges of one file.

    A block is coded without any other one, so those of the parts are those of the whole file, and
    the output is, byte by byte, what :func:`lmpack.compress` makes.

    Args:
        handling: how files are handled.
        options: see :class:`Options`.
        range_size: bytes of content in a range: rounded down to whole blocks, but at least one.
    """

    def __init__(self, handling: Handling, options: Options, range_size: int) -> None:
        self._handling, self._options, self._range_size = handling, options, range_size

    def look(self, item: Planned) -> Division | FileResult | None:
        """See :func:`begun`; what is the fault of the file is its result.

        Raises:
            ModelError: the model cannot be used.
        """
        self._encoder(item).bundles  # noqa: B018
        return self._look(item)

    @with_errors_of_file
    def convert_range(self, item: Planned, division: Division, number: int) -> FileResult | None:
        """Have a range there as a part; None, or the result of a file that cannot be done."""
        parts, encoder = parts_of(item, division), self._encoder(item)
        length = self._length(encoder)
        start = number * length
        length = min(length, division.size - start)
        if _has_part(parts, number, encoder, length):
            return None
        with item.source_location.open() as file, parts.new(number) as descriptor:
            division.require_unchanged(file)
            file.seek(start)
            self._compress(ByteReader(_Range(file, length)), descriptor, encoder)
            division.require_unchanged(file)
        return None

    @with_errors_of_file
    def finish(self, item: Planned, division: Division) -> FileResult:
        """Put the parts together, and delete them."""
        done = finished_before(
            item, self._handling, is_compression=True, max_memory=self._options.max_memory
        )
        if done is not None:
            return done
        target, encoder = output_of(item), self._encoder(item)
        with item.source_location.open() as file:
            division.require_unchanged(file)
            like = regular_status(file)
        new = Replacement(target.path, force=self._handling.force, like=like, top=target.top)
        try:
            sink = CountingSink(new.sink)
            _join(parts_of(item, division), division.ranges, ContainerWriter(sink, encoder.header))
            warnings = division.warnings + new.commit()
        finally:
            new.abandon()
        remove_parts([target])
        return FileResult(
            item.source,
            item.output,
            Sizes(division.size, sink.count),
            warnings=warnings,
            fingerprints=encoder.header.fingerprints,
        )

    @with_errors_of_file
    def _look(self, item: Planned) -> Division | FileResult | None:
        return begun(
            item,
            self._handling,
            lambda file: self._divide(item, file),
            is_compression=True,
            max_memory=self._options.max_memory,
        )

    def _divide(self, item: Planned, file: BinaryIO) -> Division | None:
        status = regular_status(file)
        assert status is not None
        encoder = self._encoder(item)
        length = self._length(encoder)
        if status.st_size <= length:
            return None
        size, changed = status.st_size, status.st_mtime_ns
        header = encoder.header.to_bytes()
        way = (self._options.level, self._options.mixing, encoder.block_size, length, header)
        key = digits_of(item.source, size, changed, way)
        return Division(key, size, changed, size, -(-size // length))

    def _length(self, encoder: Encoder) -> int:
        return max(1, self._range_size // encoder.block_size) * encoder.block_size

    def _encoder(self, item: Planned) -> Encoder:
        size = min(item.size, self._range_size)
        return batch_encoder([item._replace(size=size)], self._handling, self._options)

    def _compress(self, source: ByteReader, descriptor: int, encoder: Encoder) -> None:
        conversion = Compression(encoder)
        holes = HoleWriter(descriptor)
        sink = CountingSink(holes)
        with Pipeline[Block](
            encoder.side_by_side,
            lambda coded, settled: None,
            self._handling.memory,
            encoder.max_memory,
        ) as pipeline:
            for block in pipeline.run(conversion.pieces(source)):
                conversion.write(sink, block)
        conversion.finish(sink)
        holes.finish()


class _Range:
    """The next bytes of a file as a source.

    Args:
        file: at the start of the range.
        length: bytes in it.
    """

    def __init__(self, file: BinaryIO, length: int) -> None:
        self._file, self._left = file, length

    def read(self, size: int, /) -> bytes:
        """At most so many bytes, empty only at the end."""
        data = self._file.read(min(size, self._left))
        self._left -= len(data)
        return data


def _has_part(parts: Parts, number: int, encoder: Encoder, length: int) -> bool:
    """Whether an earlier run has done a range.

    A part of one short block names only the models that it needs, which may be none.
    """
    part = parts.open(number)
    if part is None:
        return False
    with part:
        try:
            index = _index(part, parts, number)
        except (FormatError, UsageError):
            return False
    names, known = index.header.fingerprints, encoder.header.fingerprints
    return index.content_length == length and set(names) <= set(known)


def _join(parts: Parts, count: int, writer: ContainerWriter) -> None:
    """One container of the blocks of all parts: they only get other numbers."""
    for number in range(count):
        part = parts.open(number)
        if part is None:
            raise UsageError(f"{parts.path(number)} has been taken away: do it again")
        with part:
            try:
                for entry in _index(part, parts, number).blocks:
                    writer.write(read_block(part, entry))
            except FormatError as error:
                message = f"{parts.path(number)}: {error}: delete it, and do it again"
                raise DamagedError(message) from error
    writer.finish()


def _index(part: BinaryIO, parts: Parts, number: int) -> ContainerIndex:
    indexes = read_indexes(part)
    if len(indexes) != 1:
        raise UsageError(f"{parts.path(number)} is no part of lmpack: delete it, and do it again")
    return indexes[0]
