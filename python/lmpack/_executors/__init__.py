"""Programs that run the exact forward pass; all of them give the same integers."""

from __future__ import annotations

import importlib.util
import warnings

from lmpack._executors.conformance import require_conformance
from lmpack._executors.devices import cuda_seems_to_be_there
from lmpack._executors.native import NativeExecutor
from lmpack._executors.protocol import Executor, available_cores
from lmpack._models.bundle import Bundle, load_bundle
from lmpack.errors import BundleError, ModelError, UsageError

__all__ = [
    "EXECUTORS",
    "MOST_THREADS",
    "Executor",
    "check_choice",
    "open_executor",
    "side_by_side",
]

EXECUTORS = ("auto", "native", "onnxruntime", "cuda")
"""Names that :func:`open_executor` accepts; "auto" is "cuda" where it works, else "native"."""

MOST_THREADS = 4096
"""More than any machine has cores; what is beyond is a mistake."""

BLOCKS_ON_CUDA = 64
"""Blocks at a time that keep a GPU busy."""


def check_choice(name: str, threads: int | None) -> None:
    """Check the arguments of :func:`open_executor`.

    Raises:
        UsageError: an unknown name or a bad number of threads.
    """
    if name not in EXECUTORS:
        raise UsageError(f"there is no executor {name!r}: choose one of {', '.join(EXECUTORS)}")
    if threads is not None and not (isinstance(threads, int) and 1 <= threads <= MOST_THREADS):
        raise UsageError(f"the number of threads must be 1 to {MOST_THREADS}, not {threads!r}")


def side_by_side(name: str, threads: int | None) -> int:
    """How many blocks at a time make best use of an executor; arguments as for the next function.

    Blocks of the native engine share its threads. ONNX Runtime keeps them busy with one block. On a
    GPU they share batches.
    """
    if name == "cuda" or (name == "auto" and cuda_seems_to_be_there()):
        return BLOCKS_ON_CUDA
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
    if name == "auto" and cuda_seems_to_be_there():
        try:
            return open_executor(bundle, "cuda", threads)
        except (UsageError, ModelError) as error:
            warnings.warn(f"the GPU is not used: {error}", stacklevel=2)
    executor = _load(bundle, name, threads)
    if load_bundle(bundle.path).content_digest != bundle.content_digest:
        raise BundleError(f"the bundle {bundle.path} was changed while it was loaded: try again")
    require_conformance(bundle, executor)
    return executor


def onnxruntime_is_installed() -> bool:
    """Whether the executors that need the package can be used."""
    try:
        return importlib.util.find_spec("onnxruntime") is not None
    except ValueError:  # the module is in a state of its own
        return False


def _load(bundle: Bundle, name: str, threads: int | None) -> Executor:
    if name in ("onnxruntime", "cuda") and not onnxruntime_is_installed():
        raise UsageError(
            f"the executor {name} needs ONNX Runtime: pip install 'lmpack[{name}]', "
            "or choose the executor native"
        )
    if name == "onnxruntime":
        from lmpack._executors.onnxruntime import OnnxRuntimeExecutor

        return OnnxRuntimeExecutor(bundle, threads=threads)
    if name == "cuda":
        from lmpack._executors.cuda import CudaExecutor, cuda_provider

        return CudaExecutor(bundle, cuda_provider())
    return NativeExecutor(bundle, threads=threads)
