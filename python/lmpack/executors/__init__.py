"""Programs that run the exact forward pass; all of them give the same integers."""

from __future__ import annotations

from lmpack.bundle import Bundle, load_bundle
from lmpack.errors import BundleError, UsageError
from lmpack.executors.conformance import require_conformance
from lmpack.executors.native import NativeExecutor
from lmpack.executors.protocol import Executor, available_cores

__all__ = ["EXECUTORS", "Executor", "check_choice", "open_executor", "side_by_side"]

EXECUTORS = ("auto", "native", "onnxruntime")
"""Names that :func:`open_executor` accepts; "auto" is "native"."""


def check_choice(name: str, threads: int | None) -> None:
    """Check the arguments of :func:`open_executor`.

    Raises:
        UsageError: an unknown name or a bad number of threads.
    """
    if name not in EXECUTORS:
        raise UsageError(f"there is no executor {name!r}: choose one of {', '.join(EXECUTORS)}")
    if threads is not None and threads < 1:
        raise UsageError(f"the number of threads must be at least 1, not {threads}")


def side_by_side(name: str, threads: int | None) -> int:
    """How many blocks at a time make best use of an executor; arguments as for the next function.

    Blocks of the native engine share its threads. ONNX Runtime keeps them busy with one block.
    """
    return 1 if name == "onnxruntime" else threads or available_cores()


def open_executor(bundle: Bundle, name: str = "auto", threads: int | None = None) -> Executor:
    """Load a bundle into an executor and make sure that it gives the bundle's integers.

    Args:
        bundle: the model.
        name: one of EXECUTORS.
        threads: worker threads, at least 1; None for the executor's own choice.

    Raises:
        UsageError: an unknown name or a bad number of threads.
        BundleError: the bundle cannot be loaded, or has just been replaced.
        ConformanceError: the executor computes other integers on this machine.
    """
    check_choice(name, threads)
    executor: Executor
    if name == "onnxruntime":
        from lmpack.executors.onnxruntime import OnnxRuntimeExecutor

        executor = OnnxRuntimeExecutor(bundle, threads=threads)
    else:
        executor = NativeExecutor(bundle, threads=threads)
    if load_bundle(bundle.path).content_digest != bundle.content_digest:
        raise BundleError(f"the bundle {bundle.path} was changed while it was loaded: try again")
    require_conformance(bundle, executor)
    return executor
