"""Buffers of any kind as bytes, and sinks that count and hide short writes."""

from __future__ import annotations

import io
from typing import Any, Protocol

from lmpack.errors import UsageError


class Writable(Protocol):
    """What bytes are written to; says how many it took, or nothing if all."""

    def write(self, data: Any, /) -> Any:
        """Take bytes."""


class Nowhere:
    """A sink that drops everything."""

    def write(self, data: memoryview, /) -> int:
        """All of it is gone."""
        return len(data)


def flat(data: Any) -> memoryview:
    """The bytes of anything with the buffer protocol, in C order.

    Raises:
        UsageError: it has none.
    """
    try:
        view = memoryview(data)
    except TypeError as error:
        raise UsageError(
            f"the data must be bytes or a buffer, not {type(data).__name__}: encode text first"
        ) from error
    # A view that is empty or has gaps cannot be cast.
    return view.cast("B") if view.nbytes and view.c_contiguous else memoryview(view.tobytes())


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
        """Write all of `data`.

        Raises:
            UsageError: the sink is a text file or does not block.
        """
        if isinstance(self._sink, io.TextIOBase):
            raise UsageError("the sink is a text file: open it in binary mode")
        rest = memoryview(data)
        while rest:
            written = self._sink.write(rest)
            if written is None and isinstance(self._sink, io.RawIOBase):
                raise UsageError("the sink does not take the bytes now: make it blocking")
            if written == 0:
                raise UsageError("the sink takes no more bytes")
            rest = rest[len(rest) if written is None else written :]
        self.count += len(data)
        return len(data)
