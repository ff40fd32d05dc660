"""What is between content and its compressed form: pieces, each coded by itself."""

from __future__ import annotations

import functools
from collections.abc import Iterator
from typing import Protocol, TypeVar

from lmpack._blocks.coders import Decoder, Encoder
from lmpack._container import Block, ByteReader, ContainerWriter, Header, Sink, read_blocks
from lmpack._files.pipeline import Piece

Result = TypeVar("Result")


class Conversion(Protocol[Result]):
    """How one file is read and written."""

    def pieces(self, source: ByteReader) -> Iterator[Piece[Result]]:
        """The parts of the source, in order."""

    def write(self, sink: Sink, result: Result) -> None:
        """Write what the next piece gave."""

    def finish(self, sink: Sink) -> None:
        """Write what comes after the last piece."""


class Compression:
    """Content to a container.

    Args:
        encoder: makes the blocks.
    """

    def __init__(self, encoder: Encoder) -> None:
        self._encoder = encoder
        # A model that cannot be used is noticed before anything is read or written.
        self._header = encoder.header
        self._container: ContainerWriter | None = None

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
        self._writer(sink).write(result)

    def finish(self, sink: Sink) -> None:
        """See :class:`Conversion`."""
        self._writer(sink).finish()

    def _writer(self, sink: Sink) -> ContainerWriter:
        if self._container is None:
            header = self._header
            self._container = ContainerWriter(
                sink, header.fingerprint, header.version, header.second
            )
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

    def pieces(self, source: ByteReader) -> Iterator[Piece[bytes]]:
        """See :class:`Conversion`."""
        for header, block in read_blocks(source, self._decoder.max_memory):
            yield self.piece(header, block, source.offset)

    def piece(self, header: Header, block: Block, end: int) -> Piece[bytes]:
        """The piece with the next block of the source, in which it ends at a byte.

        Raises:
            LimitError: it takes more than allowed.
        """
        where = f"block {self._blocks}, which ends at byte {end}"
        self._blocks += 1
        self._content += block.plain_length
        self._decoder.require_size(self._content, where)
        memory = self._decoder.required_memory(block, header.fingerprints, where)
        code = functools.partial(self._decoder.decode, block, header.fingerprints, where)
        size = len(block.payload)
        return Piece(code, size + block.plain_length, size, memory)

    def write(self, sink: Sink, result: bytes) -> None:
        """See :class:`Conversion`."""
        sink.write(result)

    def finish(self, sink: Sink) -> None:
        """See :class:`Conversion`."""
