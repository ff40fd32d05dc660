"""How far the work on a stream or on many files is."""

from __future__ import annotations

import threading
from collections.abc import Callable
from typing import NamedTuple


class Sizes(NamedTuple):
    """What went through a stream.

    Attributes:
        read: bytes read from the source.
        written: bytes written to the sink.
    """

    read: int
    written: int


class Progress(NamedTuple):
    """How far a stream is.

    Attributes:
        read: bytes of the source that are done, counting the parts of blocks still at work.
        settled: bytes of the source whose result is written.
        written: bytes written to the sink.
        total: bytes that there are to read, if that is known.
        file: of several files, the path of the first one that is not complete; None if there is
            none, and for a stream.
    """

    read: int
    settled: int
    written: int
    total: int | None = None
    file: str | None = None


ProgressCallback = Callable[[Progress], None]


class Tally:
    """Adds up how far several pieces of work are.

    Args:
        tell: called with the sum of what is done and the sum of what is settled, from any thread,
            but never by two at the same time.
    """

    def __init__(self, tell: Callable[[int, int], None]) -> None:
        self._tell = tell
        self._lock = threading.Lock()
        self._done = 0.0
        self._settled = 0

    def piece(self, size: int) -> Callable[[float], None]:
        """A function that takes how far a piece of the given size is, 0 to 1, never less."""
        before = 0.0

        def share_done(share: float) -> None:
            nonlocal before
            with self._lock:
                self._done += (share - before) * size
                before = share
                self._tell(round(self._done), self._settled)

        return share_done

    def settle(self, size: int) -> None:
        """A piece of the given size is done and its result is where it belongs."""
        with self._lock:
            self._settled += size
            self._tell(round(self._done), self._settled)
