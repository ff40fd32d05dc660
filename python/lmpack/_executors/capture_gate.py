"""While a CUDA graph is captured, no other thread may call CUDA: error 900 would end both calls.

ONNX Runtime captures in the mode that forbids allocations and synchronisation to the whole process
(cudaStreamCaptureModeGlobal). So every call to the device passes this gate.
"""

from __future__ import annotations

import contextlib
import threading
from collections.abc import Iterator


class CaptureGate:
    """Lets through many calls at the same time, or one capture alone. It is not re-entrant."""

    def __init__(self) -> None:
        self._changed = threading.Condition()
        self._calls = 0
        self._captures = 0

    @contextlib.contextmanager
    def call(self) -> Iterator[None]:
        """A call to the device, after all captures that wait."""
        with self._changed:
            self._changed.wait_for(lambda: self._captures == 0)
            self._calls += 1
        try:
            yield
        finally:
            with self._changed:
                self._calls -= 1
                self._changed.notify_all()

    @contextlib.contextmanager
    def capture(self) -> Iterator[None]:
        """A capture: no call and no other capture goes on."""
        with self._changed:
            self._captures += 1
            self._changed.wait_for(lambda: self._calls == 0)
            self._calls += 1  # which other captures wait for
        try:
            yield
        finally:
            with self._changed:
                self._calls -= 1
                self._captures -= 1
                self._changed.notify_all()


GATE = CaptureGate()
"""Of the process, as captures are."""
