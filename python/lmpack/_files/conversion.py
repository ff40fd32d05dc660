"""What is between a file and its compressed form: pieces, each coded by itself."""

from __future__ import annotations

import functools
from collections.abc import Callable, Iterator
from typing import Any, NamedTuple, Protocol

from lmpack._blocks.coders import Decoder, Encoder
from lmpack._blocks.coding import Advance
from lmpack._container import Block, ContainerWriter, read_blocks
from lmpack._files.streams import CountingSink, CountingSource


class Piece(NamedTuple):
    """A part of a file that is coded by itself.

    Attributes:
        code: does it; takes what is told of the progress.
        cost: bytes that it holds in memory.
        size: bytes of the source that it stands for.
    """

    code: Callable[[Advance], Any]
    cost: int
    size: int


class Conversion(Protocol):
    """How a file is read and written."""

    def pieces(self, source: CountingSource) -> Iterator[Piece]:
        """The parts of the source, in order."""

    def write(self, sink: CountingSink, result: Any) -> None:
        """Write what the next piece gave."""

    def finish(self, sink: CountingSink) -> None:
        """Write what comes after the last piece."""


class Compression:
    """Content to a container."""

    def __init__(self, encoder: Encoder, fingerprint: bytes) -> None:
        self._encoder = encoder
        self._fingerprint = fingerprint
        self._container: ContainerWriter | None = None

    def pieces(self, source: CountingSource) -> Iterator[Piece]:
        """See :class:`Conversion`."""
        while plain := source.read_fully(self._encoder.block_size):
            code = functools.partial(self._encoder.encode, plain)
            yield Piece(code, 2 * len(plain), len(plain))

    def write(self, sink: CountingSink, result: Block) -> None:
        """See :class:`Conversion`."""
        self._writer(sink).write(result)

    def finish(self, sink: CountingSink) -> None:
        """See :class:`Conversion`."""
        self._writer(sink).finish()

    def _writer(self, sink: CountingSink) -> ContainerWriter:
        if self._container is None:
            self._container = ContainerWriter(sink, self._fingerprint)
        return self._container


class Decompression:
    """Containers to their content."""

    def __init__(self, decoder: Decoder) -> None:
        self._decoder = decoder

    def pieces(self, source: CountingSource) -> Iterator[Piece]:
        """See :class:`Conversion`."""
        for number, (header, block) in enumerate(read_blocks(source)):
            where = f"block {number}, which ends at byte {source.count}"
            code = functools.partial(self._decoder.decode, block, header.fingerprint, where)
            size = len(block.payload)
            yield Piece(code, size + block.plain_length, size)

    def write(self, sink: CountingSink, result: bytes) -> None:
        """See :class:`Conversion`."""
        sink.write(result)

    def finish(self, sink: CountingSink) -> None:
        """See :class:`Conversion`."""
