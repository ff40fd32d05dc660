"""Writing one container."""

from __future__ import annotations

from typing import Protocol

from lmpack._container._header import Header
from lmpack._container._index import Lengths, index_bytes
from lmpack._container._records import Block
from lmpack.errors import UsageError


class Sink(Protocol):
    """What bytes are written to: a buffered file, a pipe, a BytesIO."""

    def write(self, data: bytes, /) -> object:
        """Take all the bytes."""


class ContainerWriter:
    """Writes header, blocks and index, each as soon as it is known; never seeks.

    Args:
        sink: takes all the bytes of each write, as buffered files do. It is not closed.
        header: what the blocks are decoded with.
    """

    def __init__(self, sink: Sink, header: Header) -> None:
        self._sink = sink
        self._header = header
        self._started = False
        self._finished = False
        self._blocks: list[Lengths] = []

    def write(self, block: Block) -> None:
        """Append a block.

        Raises:
            UsageError: the container is finished.
        """
        self._start()
        self._sink.write(block.to_bytes(len(self._blocks)))
        self._blocks.append((block.plain_length, len(block.payload)))

    def finish(self) -> None:
        """Write the index; without it the container is truncated.

        Raises:
            UsageError: the container is finished.
        """
        self._start()
        self._sink.write(index_bytes(self._blocks))
        self._finished = True

    def _start(self) -> None:
        """Write the header before anything else, so that no file is touched without need."""
        if self._finished:
            raise UsageError("the container is finished: open another writer to append one")
        if not self._started:
            self._sink.write(self._header.to_bytes())
            self._started = True
