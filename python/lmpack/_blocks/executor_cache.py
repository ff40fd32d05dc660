"""Open executors, which live as long as the process."""

from __future__ import annotations

import os
import threading
from typing import Any

from lmpack._executors import Executor, open_executor
from lmpack._models.bundle import AnyBundle

_executors: dict[tuple[Any, ...], Executor] = {}
"""By content of the bundle, what is mapped of it, device, threads and whether it is for checks.

A file that is mapped and rewritten changes the executor that uses it, so it serves no other bundle
of the same content, and not this one any more.
"""

_abandoned: list[Executor] = []
_lock = threading.Lock()


def cached_executor(
    bundle: AnyBundle, device: str, threads: int | None, *, for_checks: bool = False
) -> Executor:
    """The executor of a model on a device; nothing is loaded twice.

    Args:
        bundle: the model.
        device: not "auto".
        threads: worker threads; None for the device's own choice.
        for_checks: whether it is to check what another one has made, so that it must have a copy of
            the weights of its own.

    Raises:
        UsageError, BundleError, ConformanceError: as for :func:`open_executor`.
    """
    key = (bundle.content_digest, bundle.mapped, device, threads, for_checks)
    with _lock:
        if key not in _executors:
            _executors[key] = open_executor(bundle, device, threads)
        return _executors[key]


def _forget_executors() -> None:
    """After a fork: threads did not come along, and another thread may have held the lock.

    The executors are kept, as one that was at work cannot be ended without its threads.
    """
    global _lock
    _abandoned.extend(_executors.values())
    _executors.clear()
    _lock = threading.Lock()


if hasattr(os, "register_at_fork"):
    os.register_at_fork(after_in_child=_forget_executors)
