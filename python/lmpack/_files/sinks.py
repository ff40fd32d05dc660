"""Sinks that count and hide short writes and waiting."""

from __future__ import annotations

import io
from typing import Any, Protocol

from lmpack._container import follows_io_rules, is_blocking, wait_to_write
from lmpack.errors import UsageError

_BUFFERED = (io.BufferedWriter, io.BufferedRandom, io.BufferedRWPair)
"""The files whose BlockingIOError says how much of the data they have taken all the same."""


class Writable(Protocol):
    """What bytes are written to; says how many it took, or nothing if all."""

    def write(self, data: Any, /) -> Any:
        """Take bytes."""


class Nowhere:
    """A sink that drops everything."""

    def write(self, data: memoryview, /) -> int:
        """All of it is gone."""
        return len(data)


class CountingSink:
    """Writes to a sink and counts.

    Attributes:
        count: bytes written so far.

    Raises:
        UsageError: the sink cannot be written to.
    """

    def __init__(self, sink: Writable) -> None:
        if not hasattr(sink, "write"):
            raise UsageError(
                f"the sink is a {type(sink).__name__}, which has no write(): open a file in mode "
                '"wb"'
            )
        self._sink = sink
        self.count = 0

    def write(self, data: bytes, /) -> int:
        """Write all of `data`, however often that takes and whether the sink blocks or not.

        Raises:
            UsageError: the sink is a text file, or does not take the bytes and cannot be waited
                for.
        """
        if isinstance(self._sink, io.TextIOBase):
            raise UsageError("the sink is a text file: open it in binary mode")
        rest = memoryview(data)
        while rest:
            rest = rest[write_some(self._sink, rest) :]
        if isinstance(self._sink, _BUFFERED) and not is_blocking(self._sink):
            _flush(self._sink)
        self.count += len(data)
        return len(data)

    def flush(self) -> None:
        """Let nothing stay in a buffer of the sink, if it has one."""
        if hasattr(self._sink, "flush"):
            _flush(self._sink)


def write_some(sink: Writable, data: memoryview) -> int:
    """Write some of `data`; waits until at least one byte is taken.

    Returns:
        How many bytes were taken.

    Raises:
        UsageError: the sink takes nothing and cannot be waited for.
    """
    while (written := _written(sink, data)) is None:
        wait_to_write(sink)
    if not isinstance(written, int) or not 0 <= written <= len(data):
        raise UsageError(
            f"the sink's write() gave {written!r}: it must say how many of the {len(data):,} bytes "
            "it took"
        )
    if written == 0:
        raise UsageError("the sink takes no more bytes")
    return written


def _written(sink: Writable, data: memoryview) -> int | None:
    """How many bytes a sink takes; None if it has to be waited for."""
    try:
        written: int | None = sink.write(data)
    except BlockingIOError as error:
        if isinstance(sink, _BUFFERED):
            return error.characters_written or None
        raise
    if written is None and not follows_io_rules(sink):
        if not is_blocking(sink):
            raise UsageError("the sink does not say how many bytes it took: make it blocking")
        return len(data)
    return written


def _flush(sink: Any) -> None:
    """Flush a buffer, and wait for a sink that does not block, as its close() would not."""
    while True:
        try:
            sink.flush()
            return
        except BlockingIOError:
            wait_to_write(sink)
