"""Content of any length into one container, several blocks at a time."""

from __future__ import annotations

import contextlib
from collections.abc import Callable, Iterator

from lmpack._blocks.coders import Encoder
from lmpack._container import Block, ContainerWriter, Sink
from lmpack._files.in_order import InOrder, Tally
from lmpack.errors import UsageError


class BlockWriter:
    """Cuts what is written into blocks; the pieces it comes in make no difference.

    Args:
        sink: takes the container; it is not closed.
        encoder: makes the blocks.
        progress: called now and then with the bytes of content coded so far and those of them
            that are written, from any thread, but by one at a time.
    """

    def __init__(
        self, sink: Sink, encoder: Encoder, progress: Callable[[int, int], None] | None = None
    ) -> None:
        self._encoder = encoder
        self._tally = Tally(progress or _ignore)
        self._calls: InOrder[Block] = InOrder(encoder.side_by_side)
        self._container = ContainerWriter(sink, encoder.fingerprint)
        self._pending = bytearray()
        self._broken = False

    def write(self, data: bytes | bytearray | memoryview) -> None:
        """Append content; full blocks are coded, and written when those before them are."""
        rest = memoryview(data)
        while rest:
            room = self._encoder.block_size - len(self._pending)
            self._pending += rest[:room]
            rest = rest[room:]
            if len(self._pending) == self._encoder.block_size:
                self._start_block()

    def finish(self) -> None:
        """Write the last block and the index. Nothing can be written afterwards.

        Raises:
            UsageError: an earlier error left a part of a block in the sink.
        """
        if self._pending:
            self._start_block()
        with self._whole():
            self._write(self._calls.finish())
            self._container.finish()

    def _start_block(self) -> None:
        plain = bytes(self._pending)
        tell = self._tally.piece(len(plain))

        def advance(share: float) -> None:
            self._calls.check()
            tell(share)

        def encode() -> Block:
            block = self._encoder.encode(plain, advance)
            tell(1.0)
            return block

        with self._whole():
            self._write(self._calls.start(encode))
        self._pending.clear()

    def _write(self, blocks: Iterator[Block]) -> None:
        for block in blocks:
            self._container.write(block)
            self._tally.settle(block.plain_length)

    @contextlib.contextmanager
    def _whole(self) -> Iterator[None]:
        """What is written inside gets out whole, or the container counts as broken for good."""
        if self._broken:
            raise UsageError("an earlier error left the output incomplete: write it anew")
        self._broken = True
        try:
            yield
        except BaseException:
            self._calls.stop()
            raise
        self._broken = False


def _ignore(coded: int, written: int) -> None:
    pass
