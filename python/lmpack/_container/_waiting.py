"""Waiting for files that do not block, until they give or take bytes again."""

from __future__ import annotations

import contextlib
import io
import os
import time
from typing import Any

from lmpack.errors import UsageError

_PAUSE = 0.01
"""Seconds between two tries where the system cannot wait for a descriptor of this kind."""


def descriptor(file: Any) -> int | None:
    """The descriptor of a file object; None if it has none."""
    with contextlib.suppress(AttributeError, OSError, ValueError):
        number = file.fileno()
        return number if isinstance(number, int) else None
    return None


def wait_to_read(file: Any) -> None:
    """Wait until a file has bytes, or has ended.

    Raises:
        UsageError: it has no descriptor to wait for.
    """
    _wait(file, is_read=True, problem="the source has no bytes now")


def wait_to_write(file: Any) -> None:
    """Wait until a file takes bytes, or never will again.

    Raises:
        UsageError: it has no descriptor to wait for.
    """
    _wait(file, is_read=False, problem="the sink does not take the bytes now")


def follows_io_rules(file: Any) -> bool:
    """Whether None from its read() or write() surely means that it would have to wait.

    By the rules of the module io it does. Other objects may mean something else by it.
    """
    return isinstance(file, io.RawIOBase | io.BufferedIOBase)


def is_blocking(file: Any) -> bool:
    """Whether a file waits by itself, as those do that have no descriptor that says otherwise."""
    with contextlib.suppress(AttributeError, OSError):  # Windows knows it only of some
        number = descriptor(file)
        return number is None or os.get_blocking(number)
    return True


def _wait(file: Any, *, is_read: bool, problem: str) -> None:
    number = descriptor(file)
    if number is None:
        raise UsageError(f"{problem}, and it has no descriptor to wait for: make it blocking")
    import selectors  # few have to wait

    # Not epoll or kqueue, which cost a descriptor, nor select where a large one is no number.
    kind = getattr(selectors, "PollSelector", selectors.SelectSelector)
    with kind() as selector:
        try:
            selector.register(number, selectors.EVENT_READ if is_read else selectors.EVENT_WRITE)
            selector.select()
        except (OSError, ValueError):
            time.sleep(_PAUSE)
