"""Open executors, which live as long as the process."""

from __future__ import annotations

import os
import threading
import warnings
from collections.abc import Sequence
from typing import Any

from lmpack._executors import CPU, CUDA, Executor, open_executor
from lmpack._models.bundle import AnyBundle
from lmpack.errors import ModelError, UsageError

_executors: dict[tuple[Any, ...], Executor] = {}
"""By content of the bundle, what is mapped of it, device, threads and whether it is for checks.

A file that is mapped and rewritten changes the executor that uses it, so it serves no other bundle
of the same content, and not this one any more.
"""

_refused: set[tuple[str, ...]] = set()
"""Contents of bundles that a GPU did not run for "auto". It is not asked for them again: that takes
seconds, and there may be a thousand blocks."""

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
    with _lock:
        return _opened(bundle, device, threads, for_checks)


def executors_for_auto(
    bundles: Sequence[AnyBundle], threads: int | None
) -> tuple[str, list[Executor]]:
    """Those of some models on a GPU, or all on the CPU if the GPU cannot run one of them.

    That it works was proved with another model; a warning says why it does not with these.

    Returns:
        The device, and an executor for each bundle.

    Raises:
        BundleError, ConformanceError: as for :func:`open_executor` on the CPU.
    """
    contents = tuple(bundle.content_digest for bundle in bundles)
    with _lock:
        if contents not in _refused:
            try:
                return CUDA, [_opened(bundle, CUDA, threads) for bundle in bundles]
            except (UsageError, ModelError) as error:
                warnings.warn(f"the GPU is not used: {error}", stacklevel=2)
                _refused.add(contents)
        return CPU, [_opened(bundle, CPU, threads) for bundle in bundles]


def _opened(
    bundle: AnyBundle, device: str, threads: int | None, for_checks: bool = False
) -> Executor:
    """For whoever holds the lock."""
    key = (bundle.content_digest, bundle.mapped, device, threads, for_checks)
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
