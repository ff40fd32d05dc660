"""Pieces of bytes as one stream that is read forward."""

from __future__ import annotations

import io
from collections.abc import Generator
from typing import Any

from lmpack.errors import LmpackError, UsageError


class PieceReader(io.RawIOBase):
    """What a generator gives, in order.

    Args:
        pieces: gives them; it is closed with this object.
    """

    def __init__(self, pieces: Generator[bytes, None, None]) -> None:
        self._pieces = pieces
        self._piece = b""
        self._used = 0
        self._position = 0
        self._error: LmpackError | OSError | None = None

    def readable(self) -> bool:
        """True."""
        return True

    def readinto(self, buffer: Any, /) -> int:
        """Fill `buffer` from the current piece; 0 only at the end."""
        if self._used == len(self._piece):
            self._piece, self._used = self._next_piece(), 0
        count = copy_piece(self._piece, self._used, buffer)
        self._used += count
        self._position += count
        return count

    def tell(self) -> int:
        """Bytes that were read."""
        return self._position

    def close(self) -> None:
        """Let go of the pieces."""
        self._pieces.close()
        super().close()

    def _next_piece(self) -> bytes:
        # A generator that has failed would look like one that has ended.
        if self._error is not None:
            raise self._error
        try:
            return next(filter(None, self._pieces), b"")
        except (LmpackError, OSError) as error:
            self._error = error
            raise
        except BaseException:
            self._error = UsageError("reading it was interrupted before: open the file again")
            raise


def copy_piece(piece: bytes, start: int, buffer: Any) -> int:
    """Copy from `piece` at `start` into a writable buffer of bytes; the number of bytes copied."""
    target = memoryview(buffer).cast("B")
    copied = memoryview(piece)[start : start + len(target)]
    target[: len(copied)] = copied
    return len(copied)
