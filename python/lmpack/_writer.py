"""Content of any length into one container, block by block."""

from __future__ import annotations

from collections.abc import Callable

from lmpack._models import Codec
from lmpack.codec import DEFAULT_BLOCK_SIZE
from lmpack.container import ContainerWriter, Sink


class BlockWriter:
    """Cuts what is written into blocks; the pieces it comes in make no difference.

    Args:
        sink: takes the container; it is not closed.
        codec: codes the blocks.
        progress: called now and then with the bytes of content coded so far.
    """

    def __init__(
        self, sink: Sink, codec: Codec, progress: Callable[[int], None] | None = None
    ) -> None:
        self._codec = codec
        self._progress = progress
        self._coded = 0
        self._container = ContainerWriter(sink, codec.fingerprint)
        self._pending = bytearray()

    def write(self, data: bytes | bytearray | memoryview) -> None:
        """Append content; every full block is coded and written at once."""
        rest = memoryview(data)
        while rest:
            room = DEFAULT_BLOCK_SIZE - len(self._pending)
            self._pending += rest[:room]
            rest = rest[room:]
            if len(self._pending) == DEFAULT_BLOCK_SIZE:
                self._write_block()

    def finish(self) -> None:
        """Write the last block and the index. Nothing can be written afterwards."""
        if self._pending:
            self._write_block()
        self._container.finish()

    def _write_block(self) -> None:
        plain = bytes(self._pending)
        self._container.write(self._codec.encode(plain, self._advance))
        self._coded += len(plain)
        self._pending.clear()
        self._advance(0.0)

    def _advance(self, share: float) -> None:
        if self._progress is not None:
            self._progress(self._coded + int(share * len(self._pending)))
