"""What an object that is in the middle of a stream cannot be: copied, or used by two threads."""

from __future__ import annotations

import threading
from typing import NoReturn, SupportsIndex

from lmpack.errors import UsageError


class Unpicklable:
    """An object that can neither be pickled nor copied."""

    def __reduce_ex__(self, protocol: SupportsIndex, /) -> NoReturn:
        raise TypeError(
            f"a {type(self).__name__} can be neither pickled nor copied: make another one there"
        )


class OneUser:
    """Refuses whoever comes while another one is inside, in place of mixing up what both do."""

    def __init__(self) -> None:
        self._lock = threading.Lock()

    def __enter__(self) -> None:
        if not self._lock.acquire(blocking=False):
            raise UsageError(
                "the object is being used by another thread: let the threads take turns, or give "
                "each its own"
            )

    def __exit__(self, *error: object) -> None:
        self._lock.release()
