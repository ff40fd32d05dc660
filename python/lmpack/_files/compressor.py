"""An object that compresses what it is given, piece by piece, and gives what comes out."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from lmpack._blocks.coders import Encoder
from lmpack._blocks.options import FurtherFields, Options, given_options
from lmpack._buffers import Array, flat
from lmpack._files.unshared import OneUser, Unpicklable
from lmpack._files.writer import BlockWriter
from lmpack.errors import UsageError

if TYPE_CHECKING:
    from typing_extensions import Buffer, Unpack


class LmpackCompressor(Unpicklable):
    """Compresses content that comes in pieces, for what is neither a file nor in memory as a whole.

    What comes out, joined, are containers, one for each `FLUSH_FRAME`; it has not ended before the
    last of these. With one thread it holds one block (docs/format.md, section 2.6, says what that
    takes), otherwise one for each thread. An object may be used by one thread at a time; while a
    block is coded, other threads of Python run.

    Attributes:
        CONTINUE: mode: a block is coded when it is full.
        FLUSH_BLOCK: mode: the block that was begun ends here, so that all that was given can be
            decoded from what came out. Each costs some bytes, as a block is coded by itself.
        FLUSH_FRAME: mode: the container ends here, and what follows is another one.

    Args:
        level: 1 (fastest) to 9 (smallest); None for that of the options, which is 6 by default.
        options: see :class:`Options`.
        keywords: other fields of :class:`Options`.

    Raises:
        UsageError: an option is out of range.
        ModelError: the model cannot be used.
    """

    CONTINUE: Final = 0
    FLUSH_BLOCK: Final = 1
    FLUSH_FRAME: Final = 2

    def __init__(
        self,
        level: int | None = None,
        *,
        options: Options | None = None,
        **keywords: Unpack[FurtherFields],
    ) -> None:
        self._encoder = Encoder(given_options(options, keywords, level))
        self._output = _Output()
        self._writer = BlockWriter(self._output, self._encoder)
        self._last_mode: int = self.FLUSH_FRAME
        self._user = OneUser()

    @property
    def last_mode(self) -> int:
        """The mode of the last call that succeeded; `FLUSH_FRAME` before the first one."""
        return self._last_mode

    def compress(self, data: Buffer | Array, mode: int = CONTINUE) -> bytes:
        """Take content, and give what is there of the compressed form: often nothing.

        Args:
            data: bytes, or anything with the buffer protocol (its bytes in C order).
            mode: what follows it: `CONTINUE`, `FLUSH_BLOCK` or `FLUSH_FRAME`.

        Raises:
            UsageError: there is no such mode, the data is no buffer, an earlier call failed, or
                another thread is using the object.
            LimitError: a block needs more memory than `max_memory` allows.
            VerifyError: a block does not decode to its content.
        """
        _require_mode(mode, (self.CONTINUE, self.FLUSH_BLOCK, self.FLUSH_FRAME))
        with self._user, flat(data) as view:
            self._writer.write(view)
            return self._settle(mode)

    def flush(self, mode: int = FLUSH_FRAME) -> bytes:
        """All that is left of the compressed form; after `FLUSH_FRAME` a new container begins.

        A container without content is one, too: `FLUSH_FRAME` always gives something.

        Args:
            mode: `FLUSH_FRAME` or `FLUSH_BLOCK`.

        Raises:
            UsageError, LimitError, VerifyError: as for :meth:`compress`.
        """
        _require_mode(mode, (self.FLUSH_BLOCK, self.FLUSH_FRAME))
        with self._user:
            return self._settle(mode)

    def _settle(self, mode: int) -> bytes:
        if mode == self.FLUSH_BLOCK:
            self._writer.flush()
        elif mode == self.FLUSH_FRAME:
            self._writer.finish()
            self._writer = BlockWriter(self._output, self._encoder)
        self._last_mode = mode
        return self._output.take()

    def __del__(self) -> None:
        # Whoever drops it does not want what its threads still code.
        if hasattr(self, "_writer"):
            self._writer.stop()


class _Output:
    """Keeps what is written until it is taken."""

    def __init__(self) -> None:
        self._pieces: list[bytes] = []

    def write(self, data: bytes, /) -> None:
        self._pieces.append(data)

    def take(self) -> bytes:
        data = b"".join(self._pieces)
        self._pieces.clear()
        return data


def _require_mode(mode: int, allowed: tuple[int, ...]) -> None:
    if mode not in allowed:
        raise UsageError(f"the mode is {mode!r}, allowed are {', '.join(map(str, allowed))}")
