"""Buffers of any kind as bytes."""

from __future__ import annotations

import contextlib
import re
from typing import Any, Protocol

from lmpack.errors import UsageError


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
