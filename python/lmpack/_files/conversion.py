"""What is between content and its compressed form: pieces, each coded by itself."""

from __future__ import annotations

import functools
from collections.abc import Iterator
from typing import Protocol, TypeVar

from lmpack._blocks.coders import Decoder, Encoder
from lmpack._container import (
    Block,
    ByteReader,
    ContainerWriter,
    Header,
    Sink,
    header_of_only,
    read_blocks,
)
from lmpack._files.pipeline import Piece

Result = TypeVar("Result")


class Conversion(Protocol[Result]):
    """How one file is read and written."""

    @property
    def fingerprints(self) -> tuple[bytes, ...]:
        """The first 8 bytes of the fingerprints of the models in the containers so far."""

    def pieces(self, source: ByteReader) -> Iterator[Piece[Result]]:
        """The parts of the source, in order."""

    def write(self, sink: Sink, result: Result) -> None:
        """Write what the next piece gave."""

    def finish(self, sink: Sink) -> None:
        """Write what comes after the last piece."""


class Compression:
    """Content to a container.

    A first block that is not full is most likely the only one. It is held back until that is
    known, as the header before it names only what is needed then.

    Args:
        encoder: makes the blocks.
    """

    def __init__(self, encoder: Encoder) -> None:
        self._encoder = encoder
        # A model that cannot be used is noticed before anything is read or written.
        self._header = encoder.header
        self._container: ContainerWriter | None = None
        self._held: Block | None = None

    @property
    def fingerprints(self) -> tuple[bytes, ...]:
        """See :class:`Conversion`."""
        return self._header.fingerprints

    def pieces(self, source: ByteReader) -> Iterator[Piece[Block]]:
        """See :class:`Conversion`."""
        while plain := source.at_most(self._encoder.block_size):
            yield self.piece(plain)

    def piece(self, plain: bytes) -> Piece[Block]:
        """The piece with the content of a block."""
        code = functools.partial(self._encoder.encode, plain)
        memory = self._encoder.required_memory(len(plain))
        return Piece(code, 2 * len(plain), len(plain), memory)

    def write(self, sink: Sink, result: Block) -> None:
        """See :class:`Conversion`."""
        is_first = self._container is None and self._held is None
        if is_first and result.plain_length < self._encoder.block_size:
            self._held = result
            return
        self.flush(sink)
        self._writer(sink).write(result)

    def flush(self, sink: Sink) -> None:
        """Write what is held back: other blocks may follow."""
        if self._held is not None:
            self._writer(sink).write(self._held)
            self._held = None

    def finish(self, sink: Sink) -> None:
        """See :class:`Conversion`."""
        if self._container is None:
            self._header = header_of_only(self._held, self._header)
        self.flush(sink)
        self._writer(sink).finish()

    def _writer(self, sink: Sink) -> ContainerWriter:
        if self._container is None:
            self._container = ContainerWriter(sink, self._header)
        return self._container


class Decompression:
    """Containers to their content.

    Args:
        decoder: reads the blocks.
    """

    def __init__(self, decoder: Decoder) -> None:
        self._decoder = decoder
        self._blocks = 0
        self._content = 0
        self._fingerprints: dict[bytes, None] = {}

    @property
    def fingerprints(self) -> tuple[bytes, ...]:
        """See :class:`Conversion`."""
        return tuple(self._fingerprints)

    def pieces(self, source: ByteReader) -> Iterator[Piece[bytes]]:
        """See :class:`Conversion`."""
        for header, block in read_blocks(source, self._decoder.max_memory):
            yield self.piece(header, block, source.offset)

    def piece(self, header: Header, block: Block, end: int) -> Piece[bytes]:
        """The piece with the next block of the source, in which it ends at a byte.

        Raises:
            LimitError: it takes more than allowed.
            PrefixError: its container was made with a prefix, and the given one is another.
        """
        self._decoder.require_prefix(header)
        self._fingerprints.update(dict.fromkeys(header.fingerprints))
        where = f"block {self._blocks}, which ends at byte {end}"
        self._blocks += 1
        self._content += block.plain_length
        self._decoder.require_size(self._content, where)
        memory = self._decoder.required_memory(block, header.names, where)
        code = functools.partial(self._decoder.decode, block, header.names, where)
        size = len(block.payload)
        return Piece(code, size + block.plain_length, size, memory)

    def write(self, sink: Sink, result: bytes) -> None:
        """See :class:`Conversion`."""
        sink.write(result)

    def finish(self, sink: Sink) -> None:
        """See :class:`Conversion`."""
