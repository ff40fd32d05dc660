"""An object that decompresses what it is given, piece by piece."""

from __future__ import annotations

import contextlib
from collections.abc import Iterator
from typing import TYPE_CHECKING

from lmpack._blocks.coders import Decoder
from lmpack._blocks.coding import no_progress
from lmpack._blocks.options import OptionFields, Options, given_options
from lmpack._buffers import Array, flat
from lmpack._container import FedReader
from lmpack._files.conversion import Decompression
from lmpack._files.pipeline import Piece
from lmpack._files.unshared import OneUser, Unpicklable
from lmpack.errors import LmpackError, UsageError

if TYPE_CHECKING:
    from typing_extensions import Buffer, Unpack


class _EndedError(UsageError, EOFError):
    """There is nothing behind the end; loops for gzip and zstd expect an EOFError there."""


class LmpackDecompressor(Unpicklable):
    """Decompresses one container that comes in pieces, as from a socket.

    A block is decoded when all of it has come. So the object holds one block, which is 16 MiB of
    content at most and what decoding takes (docs/format.md, section 2.6), its compressed form, and
    what else it was given and has not used. It may be used by one thread at a time; while a
    block is decoded, other threads of Python run.

    Every block is checked, but the content is whole only when :attr:`eof` is true: input that stops
    too early is no error here, as more may come.

    Args:
        options: see :class:`Options`. Set `max_size` for bytes that you do not trust.
        keywords: fields of :class:`Options`.

    Raises:
        UsageError: an option is out of range.
    """

    def __init__(self, *, options: Options | None = None, **keywords: Unpack[OptionFields]) -> None:
        decoder = Decoder(given_options(options, keywords))
        self._reader = FedReader(decoder.max_memory)
        self._decompression = Decompression(decoder)
        self._piece: Piece[bytes] | None = None
        self._plain = memoryview(b"")
        self._error: LmpackError | OSError | None = None
        self._user = OneUser()

    @property
    def eof(self) -> bool:
        """Whether the end of the container has come, and all of its content was given."""
        return self._reader.is_complete  # its index is read when no content is left to give

    @property
    def needs_input(self) -> bool:
        """Whether there is nothing to give before more input comes; never after the end."""
        return not (self._reader.is_complete or self._plain or self._piece or self._error)

    @property
    def unused_data(self) -> bytes:
        """What was given behind the end of the container; nothing before :attr:`eof`.

        It may be another container, for another object.
        """
        return self._reader.rest if self.eof else b""

    def decompress(self, data: Buffer | Array, max_length: int = -1) -> bytes:
        """Take compressed bytes, and give the content that is there.

        Args:
            data: bytes, or anything with the buffer protocol. All of it is taken; what is not
                needed now is kept.
            max_length: bytes of content to give at most; a negative number for all. Where it is
                reached, :attr:`needs_input` is false: the rest comes with `decompress(b"")`.

        Raises:
            EOFError: the end has come before. (It is a UsageError, too.)
            FormatError: it is no container, of a newer version, or damaged. Content that the same
                call met before that is not given, and each further call raises it again.
            LimitError: it takes more than `max_size` or `max_memory` allow.
            ModelError: the model that is needed is not there, or another one was given.
            UsageError: the data is no buffer, `max_length` no integer, or another thread is using
                the object.
        """
        if not isinstance(max_length, int):
            raise UsageError(f"max_length must be an integer, not {max_length!r}")
        with self._user, flat(data) as view:
            if self.eof:
                raise _EndedError(
                    "the container has ended: what came behind it is in unused_data; begin with a "
                    "new object"
                )
            if self._error is not None:
                raise self._error
            with self._errors_kept():
                self._reader.feed(view)
                content = self._content(max_length)
            # So that needs_input and eof are right. An error is that of the next call.
            with contextlib.suppress(LmpackError), self._errors_kept():
                self._find_block()
            return content

    def _content(self, max_length: int) -> bytes:
        """The next bytes of the content, as many as are there or allowed."""
        pieces: list[memoryview] = []
        left = max_length
        while left and self._has_content():
            piece = self._plain if left < 0 else self._plain[:left]
            self._plain = self._plain[len(piece) :]
            left -= len(piece) if left > 0 else 0
            pieces.append(piece)
        return b"".join(pieces)

    def _has_content(self) -> bool:
        """Whether there is content; the next block is decoded if it is there and needed."""
        if not self._plain:
            self._find_block()
            if self._piece is not None:
                self._plain = memoryview(self._piece.code(no_progress))
                self._piece = None
        return bool(self._plain)

    def _find_block(self) -> None:
        """Read the next block if all of it is there, but do not decode it."""
        if not (self._plain or self._piece) and (found := self._reader.next_block()):
            self._piece = self._decompression.piece(*found, self._reader.offset)

    @contextlib.contextmanager
    def _errors_kept(self) -> Iterator[None]:
        """What fails inside fails for good: it may have taken a block and not given it."""
        try:
            yield
        except (LmpackError, OSError) as error:
            self._error = error
            raise
        except BaseException:
            self._error = UsageError("an earlier call was interrupted: begin with a new object")
            raise
