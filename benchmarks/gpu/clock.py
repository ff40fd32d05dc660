"""Where the time goes: in ONNX Runtime, in transfers; and how busy the GPU is."""

from __future__ import annotations

import contextlib
import subprocess
import threading
import time
from collections.abc import Callable, Iterator
from typing import Any

import onnxruntime

SAMPLE_SECONDS = 0.2
"""Between two looks at the utilisation of the GPU."""

ANSWER_SECONDS = 5.0
"""Limit for an answer of nvidia-smi."""


class Clock:
    """Adds up the wall time of calls, over all threads.

    Attributes:
        seconds: by the name of what was called.
    """

    def __init__(self) -> None:
        self.seconds = {"model": 0.0, "transfers": 0.0}
        self._lock = threading.Lock()

    def timed(self, name: str, function: Callable[..., Any]) -> Callable[..., Any]:
        """The function, with its time added to `name`."""

        def call(*arguments: Any, **options: Any) -> Any:
            started = time.perf_counter()
            try:
                return function(*arguments, **options)
            finally:
                with self._lock:
                    self.seconds[name] += time.perf_counter() - started

        return call

    @contextlib.contextmanager
    def of_onnxruntime(self) -> Iterator[None]:
        """Time what the calls of ONNX Runtime take inside the context."""
        session, value = onnxruntime.InferenceSession, onnxruntime.OrtValue
        wrapped = [
            (session, "run_with_iobinding", "model"),
            (value, "update_inplace", "transfers"),
            (value, "numpy", "transfers"),
        ]
        before = [getattr(owner, name) for owner, name, _ in wrapped]
        for (owner, name, kind), function in zip(wrapped, before, strict=True):
            setattr(owner, name, self.timed(kind, function))
        try:
            yield
        finally:
            for (owner, name, _), function in zip(wrapped, before, strict=True):
                setattr(owner, name, function)


@contextlib.contextmanager
def gpu_utilisation(found: list[float]) -> Iterator[None]:
    """Sample the utilisation of the GPU in per cent while the context lasts.

    If it cannot be asked for, sampling ends with a note on standard output.
    """
    over = threading.Event()

    def sample() -> None:
        while not over.wait(SAMPLE_SECONDS):
            try:
                found.append(_utilisation())
            except (OSError, subprocess.SubprocessError, ValueError) as error:
                print(f"utilisation of the GPU: not known from here on: {error}", flush=True)
                return

    thread = threading.Thread(target=sample)
    thread.start()
    try:
        yield
    finally:
        over.set()
        thread.join()


def _utilisation() -> float:
    """Of the first GPU, in per cent."""
    command = ["nvidia-smi", "--query-gpu=utilization.gpu", "--format=csv,noheader,nounits"]
    output = subprocess.run(
        command, capture_output=True, text=True, check=True, timeout=ANSWER_SECONDS
    ).stdout
    return float(output.partition("\n")[0])
