"""A call whose result another thread may wait for."""

from __future__ import annotations

import threading
from collections.abc import Callable
from typing import Generic, TypeVar

Result = TypeVar("Result")


class Call(Generic[Result]):
    """Runs once at most, on whatever thread comes first.

    A Future of the standard library would do, but loads logging, which takes longer than a small
    file takes to be coded.

    Args:
        code: what is called.
    """

    def __init__(self, code: Callable[[], Result]) -> None:
        self._code = code
        self._first = threading.Lock()
        self._ended = threading.Event()
        self._results: list[Result] = []
        self._error: BaseException | None = None

    def run(self) -> None:
        """Run it, unless it runs or was given up.

        Raises:
            BaseException: whatever the call raises, which :meth:`result` raises, too.
        """
        if not self._first.acquire(blocking=False):
            return
        try:
            self._results.append(self._code())
        except BaseException as error:
            self._error = error
            raise
        finally:
            self._ended.set()

    def give_up(self) -> None:
        """Let it not run any more, if it does not run yet. Nobody may wait for it then."""
        self._first.acquire(blocking=False)

    @property
    def has_ended(self) -> bool:
        """Whether its result is there."""
        return self._ended.is_set()

    def result(self) -> Result:
        """What the call gave, once it has ended; raises what it raised."""
        self._ended.wait()
        if self._error is not None:
            raise self._error
        return self._results[0]
