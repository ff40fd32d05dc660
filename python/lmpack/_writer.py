"""Content of any length into one container, block by block."""

from __future__ import annotations

import contextlib
from collections.abc import Callable, Iterator

from lmpack._models import Codec
from lmpack.codec import DEFAULT_BLOCK_SIZE
from lmpack.container import ContainerWriter, Sink
from lmpack.errors import UsageError


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
        self._broken = False

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
        """Write the last block and the index. Nothing can be written afterwards.

        Raises:
            UsageError: an earlier error left a part of a block in the sink.
        """
        if self._pending:
            self._write_block()
        with self._whole():
            self._container.finish()

    def _write_block(self) -> None:
        plain = bytes(self._pending)
        block = self._codec.encode(plain, lambda share: self._report(share * len(plain)))
        with self._whole():
            self._container.write(block)
            self._pending.clear()
        self._coded += len(plain)
        self._report(0.0)

    @contextlib.contextmanager
    def _whole(self) -> Iterator[None]:
        """What is written inside gets out whole, or the container counts as broken for good."""
        if self._broken:
            raise UsageError("an earlier error left the output incomplete: write it anew")
        self._broken = True
        yield
        self._broken = False

    def _report(self, done: float) -> None:
        if self._progress is not None:
            self._progress(self._coded + int(done))
