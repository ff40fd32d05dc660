"""What `lmpack -dcf` does: what is no lmpack file goes through unchanged, as with gzip and zstd."""

from __future__ import annotations

from typing import BinaryIO

import lmpack
from lmpack import Options, Sizes
from lmpack._container import MAGIC, ByteReader
from lmpack._files.progress import ProgressCallback
from lmpack._files.sinks import CountingSink, Writable

_PIECE = 1 << 16


class _Rest:
    """A source of which the first bytes have been read already.

    Args:
        head: these bytes.
        reader: has the others.
    """

    def __init__(self, head: bytes, reader: ByteReader) -> None:
        self._head = head
        self._reader = reader

    def read(self, size: int, /) -> bytes:
        """As a file has it: at most `size` bytes, none at the end."""
        if not self._head:
            return self._reader.at_most(size)
        given, self._head = self._head[:size], self._head[size:]
        return given


def decompress_or_pass_on(
    source: BinaryIO, sink: Writable, progress: ProgressCallback | None, options: Options
) -> Sizes:
    """Write the content of containers, or all bytes if the first ones are not those of one.

    Raises:
        LmpackError: it begins like a container and cannot be decompressed.
    """
    reader = ByteReader(source)
    head = reader.at_most(len(MAGIC))
    if head == MAGIC:
        rest = _Rest(head, reader)
        return lmpack.decompress_stream(rest, sink, progress=progress, options=options)
    counted = CountingSink(sink)
    piece = head
    while piece:
        counted.write(piece)
        piece = reader.at_most(_PIECE)
    return Sizes(reader.offset, counted.count)
