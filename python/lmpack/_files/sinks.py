"""Buffers of any kind as bytes, and sinks that count and hide short writes."""

from __future__ import annotations

import contextlib
import io
import re
from typing import Any, Protocol

from lmpack.errors import UsageError


class Writable(Protocol):
    """What bytes are written to; says how many it took, or nothing if all."""

    def write(self, data: Any, /) -> Any:
        """Take bytes."""


class Array(Protocol):
    """An array of numpy: its stubs say only from Python 3.12 on that it is a buffer."""

    @property
    def __array_interface__(self) -> dict[str, Any]:
        """What makes it one."""


def flat(data: Any) -> memoryview:
    """The bytes of anything with the buffer protocol, in C order.

    Raises:
        UsageError: it has none, or what is in it means nothing to another process.
    """
    view = _view_of(data)
    if _REFERENCE.search(_NAMES.sub("", view.format)):
        raise UsageError(
            f"the data, a {type(data).__name__}, holds references to objects: serialise it first, "
            "with pickle or as JSON"
        )
    # A view that is empty or has gaps cannot be cast, nor one of which an item is no plain number.
    if view.nbytes and view.c_contiguous:
        with contextlib.suppress(TypeError, ValueError):
            return view.cast("B")
    return memoryview(view.tobytes())


_NAMES = re.compile(":[^:]*:")
"""Names of fields in the format of a buffer."""

_REFERENCE = re.compile("[O&]")
"""What is an object or a pointer in the format of a buffer."""


def _view_of(data: Any) -> memoryview:
    try:
        return memoryview(data)
    except TypeError as error:
        raise UsageError(
            f"the data must be bytes or a buffer, not {type(data).__name__}: encode text first"
        ) from error
    except (ValueError, BufferError) as error:  # closed, or of a type that buffers do not have
        raise UsageError(
            f"the data, a {type(data).__name__}, does not give its bytes ({error}): give an open "
            "buffer of numbers, or for an array its tobytes()"
        ) from error


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
