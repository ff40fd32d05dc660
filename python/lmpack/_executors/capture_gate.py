"""While a CUDA graph is captured, no other thread may call CUDA: error 900 would end both calls.

ONNX Runtime captures in the mode that forbids allocations and synchronisation to the whole process
(cudaStreamCaptureModeGlobal). So every call to the device passes this gate.
"""

from __future__ import annotations

import contextlib
import os
import threading
from collections.abc import Iterator


class CaptureGate:
    """Lets through many calls at the same time, or one capture alone. It is not re-entrant."""

    def __init__(self) -> None:
        self.renew()

    def renew(self) -> None:
        """Forget who is inside or waits: after a fork those threads are gone."""
        self._changed = threading.Condition()
        self._inside: set[object] = set()  # calls, or one capture
        self._captures: set[object] = set()  # those that wait, too

    @contextlib.contextmanager
    def call(self) -> Iterator[None]:
        """A call to the device, after all captures that wait."""
        mine = object()
        try:
            with self._changed:
                self._changed.wait_for(lambda: not self._captures)
                self._inside.add(mine)
            yield
        finally:
            self._leave(mine)

    @contextlib.contextmanager
    def capture(self) -> Iterator[None]:
        """A capture: no call and no other capture goes on."""
        mine = object()
        try:
            with self._changed:
                self._captures.add(mine)
                self._changed.wait_for(lambda: not self._inside)
                self._inside.add(mine)
            yield
        finally:
            self._leave(mine)

    def _leave(self, mine: object) -> None:
        """Also of one that was interrupted before it was inside."""
        with self._changed:
            self._inside.discard(mine)
            self._captures.discard(mine)
            self._changed.notify_all()


GATE = CaptureGate()
"""Of the process, as captures are."""

if hasattr(os, "register_at_fork"):
    os.register_at_fork(after_in_child=GATE.renew)
