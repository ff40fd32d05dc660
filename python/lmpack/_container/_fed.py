"""Reading a container whose bytes are brought, in pieces of any length, instead of fetched."""

from __future__ import annotations

import contextlib
from collections.abc import Callable
from typing import TypeVar

from lmpack._container._forward import ContainerReader
from lmpack._container._header import SHORTEST_HEADER, Header, read_header
from lmpack._container._records import Block
from lmpack._container._source import ByteReader
from lmpack.errors import TruncatedError

Record = TypeVar("Record")


class FedReader:
    """One container from the bytes that it is fed with.

    Header, blocks and index are read when all their bytes are there, so it holds those of one of
    them, and what else it was fed with at once.

    Attributes:
        offset: bytes from the start of the container to what is read next.
        is_complete: whether the index was read. What was fed behind it is in :attr:`rest`.

    Args:
        max_memory: bytes that may be needed for what is remembered for the index; None for any
            number.
    """

    def __init__(self, max_memory: int | None = None) -> None:
        self.offset = 0
        self.is_complete = False
        self._max_memory = max_memory
        self._container: ContainerReader | None = None
        self._bytes = bytearray()
        self._needed = 1

    @property
    def rest(self) -> bytes:
        """What was fed and has not been read."""
        return bytes(self._bytes)

    def feed(self, data: memoryview) -> None:
        """More bytes."""
        self._bytes += data

    def next_block(self) -> tuple[Header, Block] | None:
        """The next block and its container's header; None if more bytes are needed or none is left.

        Raises:
            FormatError: a rule of the format is broken. That bytes are missing is no error.
            LimitError: what is remembered for the index needs more memory than allowed.
        """
        if self.is_complete or len(self._bytes) < self._needed:
            return None
        try:
            if self._container is None:
                header = self._read(self._header)
                self._container = ContainerReader(header, self._max_memory)
            block = self._read(self._container.next_block)
        except _Missing as missing:
            self._needed = missing.needed
            return None
        if block is None:
            self.is_complete = True
            return None
        return self._container.header, block

    def _header(self, reader: ByteReader) -> Header:
        """The header; other files are refused by their first byte, however few there are."""
        with contextlib.suppress(TruncatedError):
            Header.parse(bytes(self._bytes[:SHORTEST_HEADER]))
        return read_header(reader)

    def _read(self, read: Callable[[ByteReader], Record]) -> Record:
        """What a function reads, which is called again from the start if bytes are missing."""
        reader = ByteReader(_Present(self._bytes), self.offset)
        record = read(reader)
        del self._bytes[: reader.offset - self.offset]
        self.offset = reader.offset
        self._needed = 1
        return record


class _Missing(Exception):
    """So many bytes are needed, from the start of what is being read."""

    def __init__(self, needed: int) -> None:
        super().__init__(needed)
        self.needed = needed


class _Present:
    """A source that has not ended where its bytes do."""

    def __init__(self, data: bytearray) -> None:
        self._data = data
        self._place = 0

    def read(self, size: int, /) -> bytes:
        start, self._place = self._place, self._place + size
        if self._place > len(self._data):
            raise _Missing(self._place)
        with memoryview(self._data) as view:
            return bytes(view[start : self._place])
