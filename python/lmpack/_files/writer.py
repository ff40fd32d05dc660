"""Content that is written in pieces of any length into one container."""

from __future__ import annotations

# At the end of the interpreter, when files may still be closed, nothing can be loaded any more that
# starts threads, and hardly anything else: what a block may need is loaded before.
import concurrent.futures.thread  # noqa: F401
import contextlib
from collections.abc import Iterator

import lmpack._blocks.filter_choice
import lmpack._blocks.likely_filters
import lmpack._executors.conformance
import lmpack._models.bounds  # noqa: F401
from lmpack._blocks.coders import Encoder
from lmpack._container import Block, Sink
from lmpack._files.conversion import Compression
from lmpack._files.pipeline import Pipeline
from lmpack.errors import UsageError


class BlockWriter:
    """Cuts what is written into blocks; the pieces it comes in make no difference.

    Attributes:
        error: what has left the output incomplete; None if nothing has.

    Args:
        sink: takes the container; it is not closed.
        encoder: makes the blocks.
    """

    def __init__(self, sink: Sink, encoder: Encoder) -> None:
        self._sink = sink
        self._block_size = encoder.block_size
        self._compression = Compression(encoder)
        self._pipeline = Pipeline[Block](
            encoder.side_by_side, lambda coded, settled: None, max_memory=encoder.max_memory
        )
        self._pending = bytearray()
        self._broken = False
        self.error: BaseException | None = None

    def write(self, data: memoryview) -> None:
        """Append content; full blocks are coded, and written when those before them are."""
        while data:
            room = self._block_size - len(self._pending)
            self._pending += data[:room]
            data = data[room:]
            if len(self._pending) == self._block_size:
                self._start_block()

    def flush(self) -> None:
        """Write all that was given: the block that was begun ends here.

        Raises:
            UsageError: an earlier error left a part of a block in the sink.
        """
        self._end_block()
        with self._whole():
            self._compression.flush(self._sink)

    def finish(self) -> None:
        """Write the last block and the index. Nothing can be written afterwards.

        Raises:
            UsageError: as for :meth:`flush`.
        """
        self._end_block()
        with self._whole():
            self._compression.finish(self._sink)

    def stop(self) -> None:
        """Give up what is under way. Nothing can be written afterwards."""
        self._broken = True
        self._pipeline.stop()

    def _end_block(self) -> None:
        if self._pending:
            self._start_block()
        with self._whole():
            self._write(self._pipeline.finish())

    def _start_block(self) -> None:
        piece = self._compression.piece(bytes(self._pending))
        with self._whole():
            self._write(self._pipeline.start(piece))
        self._pending.clear()

    def _write(self, blocks: Iterator[Block]) -> None:
        for block in blocks:
            self._compression.write(self._sink, block)

    @contextlib.contextmanager
    def _whole(self) -> Iterator[None]:
        """What is written inside gets out whole, or the container counts as broken for good."""
        if self._broken:
            raise UsageError("an earlier error left the output incomplete: write it anew")
        self._broken = True
        try:
            yield
        except BaseException as error:
            self.error = error
            self._pipeline.stop()
            raise
        self._broken = False
