"""From a bundle and the name of a device to an executor that has proved itself."""

from __future__ import annotations

import contextlib
import functools
import importlib.util
import warnings
from collections.abc import Iterator

from lmpack._executors.devices import (
    AUTO,
    CPU,
    CPU_ONNXRUNTIME,
    CUDA,
    CUDA_ONNXRUNTIME,
    CUDA_TRITON,
    LANES_WORTH_A_GPU,
    check_device,
)
from lmpack._executors.hardware import cuda_seems_to_be_there, triton_seems_to_be_there
from lmpack._executors.native import NativeExecutor
from lmpack._executors.proofs import require_conformance
from lmpack._executors.protocol import Executor
from lmpack._models.bundle import AnyBundle, Bundle, list_models, memory_for
from lmpack.errors import LmpackError, ModelError, UsageError


def open_executor(bundle: AnyBundle, device: str = "auto", threads: int | None = None) -> Executor:
    """Load a bundle into an executor and make sure that it gives the bundle's integers.

    Args:
        bundle: the model.
        device: one of DEVICES; "auto" is the CPU, unless :func:`resolve_device` says otherwise.
        threads: worker threads, at least 1; None for the executor's own choice.

    Raises:
        UsageError: an unknown device, one that is not there or fails, or a bad number of threads.
        BundleError: the bundle cannot be loaded, or has just been replaced.
        ConformanceError: the executor computes other integers on this machine.
    """
    check_device(device, threads)
    found = resolve_device(device, 0)
    with memory_for(bundle.path), _used(found):
        executor = _load(bundle, found, threads)
        require_conformance(bundle, executor)
    return executor


def resolve_device(device: str, lanes: int) -> str:
    """The device that is meant: "auto" is the CPU, or a GPU that works and has enough to do.

    Args:
        device: one of DEVICES.
        lanes: how many lanes are at hand at the same time: those of a block times the blocks that
            are coded side by side; 0 for a single stream.
    """
    if device != AUTO:
        return device
    return CUDA if lanes >= LANES_WORTH_A_GPU and _cuda_works() else CPU


def onnxruntime_is_installed() -> bool:
    """Whether the devices that need the package can be used."""
    try:
        return importlib.util.find_spec("onnxruntime") is not None
    except ValueError:  # the module is in a state of its own
        return False


@contextlib.contextmanager
def _used(device: str) -> Iterator[None]:
    """Turn what others raise for a device into an error of lmpack; the engine raises only these.

    A driver, a card that is busy, a fork after CUDA was used, a package that is there in part: what
    these raise has no common root.

    Raises:
        UsageError: says what to do.
    """
    try:
        yield
    except (LmpackError, MemoryError):
        raise
    except Exception as error:
        if device == CPU:
            raise
        reason = str(error) or type(error).__name__
        raise UsageError(
            f"the device {device} cannot be used: {reason}; choose another one, such as {CPU}"
        ) from error


def _load(bundle: AnyBundle, device: str, threads: int | None) -> Executor:
    if device == CPU:
        if not isinstance(bundle, Bundle):
            from lmpack._executors.native_decoder import NativeDecoderExecutor

            return NativeDecoderExecutor(bundle, threads=threads)
        return NativeExecutor(bundle, threads=threads)
    if device == CUDA_TRITON:
        return _triton(bundle)
    if device == CUDA and (executor := _proved_triton(bundle)):
        return executor
    if not onnxruntime_is_installed():
        extra = "onnxruntime" if device == CPU_ONNXRUNTIME else "cuda"
        raise UsageError(
            f"the device {device} needs ONNX Runtime: pip install 'lmpack[{extra}]', or choose "
            f"the device {CPU}"
        )
    if device == CPU_ONNXRUNTIME:
        return _onnxruntime(bundle, threads)
    return _cuda(bundle)


def _onnxruntime(bundle: AnyBundle, threads: int | None) -> Executor:
    if not isinstance(bundle, Bundle):
        from lmpack._executors.decoder_onnxruntime import OnnxRuntimeDecoderExecutor

        return OnnxRuntimeDecoderExecutor(bundle, threads=threads)
    from lmpack._executors.onnxruntime import OnnxRuntimeExecutor

    return OnnxRuntimeExecutor(bundle, threads=threads)


def _cuda(bundle: AnyBundle) -> Executor:
    from lmpack._executors.cuda_libraries import cuda_provider

    if not isinstance(bundle, Bundle):
        from lmpack._executors.decoder_onnxruntime import OnnxRuntimeDecoderExecutor

        return OnnxRuntimeDecoderExecutor(
            bundle, graph="cuda.onnx", provider=cuda_provider(capture=False)
        )
    from lmpack._executors.cuda import CudaExecutor

    return CudaExecutor(bundle, cuda_provider())


def _proved_triton(bundle: AnyBundle) -> Executor | None:
    """Lmpack's kernels, if they may run here and give the bundle's integers; says why if not."""
    if not isinstance(bundle, Bundle) or not triton_seems_to_be_there():
        return None
    try:
        with _used(CUDA_TRITON):
            executor = _triton(bundle)
            require_conformance(bundle, executor)
    except (UsageError, ModelError) as error:
        warnings.warn(f"ONNX Runtime takes the place of lmpack's kernels: {error}", stacklevel=2)
        return None
    return executor


def _triton(bundle: AnyBundle) -> Executor:
    if not isinstance(bundle, Bundle):
        raise UsageError(
            f"the device {CUDA_TRITON} runs models that lmpack has trained, and {bundle.name} is "
            f"an imported one: choose the device {CUDA_ONNXRUNTIME} or {CPU}"
        )
    try:
        from lmpack._executors.triton.executor import TritonExecutor, cuda_device
    except Exception as error:  # of another version anything may be missing
        raise UsageError(
            f"the device {CUDA_TRITON} needs torch and Triton: pip install 'lmpack[cuda]', or "
            f"choose the device {CPU} ({error})"
        ) from error
    return TritonExecutor(bundle, cuda_device())


@functools.cache
def _cuda_works() -> bool:
    """Whether the smallest built-in model gives its integers on a GPU; says why if not."""
    if not (cuda_seems_to_be_there() or triton_seems_to_be_there()):
        return False
    try:
        open_executor(list_models()[0], CUDA)
    except (UsageError, ModelError) as error:
        warnings.warn(f"the GPU is not used: {error}", stacklevel=2)
        return False
    return True
