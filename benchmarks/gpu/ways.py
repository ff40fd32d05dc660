"""Every way to run a bundle on this machine."""

from __future__ import annotations

import functools
import itertools
from collections.abc import Callable, Iterator, Sequence
from typing import Any

from lmpack._executors import Executor
from lmpack._executors.block_batch import DecodingLanes
from lmpack._executors.cuda import CudaExecutor
from lmpack._executors.cuda_libraries import cuda_provider
from lmpack._executors.hardware import triton_seems_to_be_there
from lmpack._executors.native import NativeExecutor
from lmpack._executors.onnxruntime import OnnxRuntimeExecutor
from lmpack._executors.provider import Provider
from lmpack._models.bundle import Bundle
from lmpack._native import kernel_names
from lmpack.errors import UsageError

Open = Callable[[Bundle], Executor]

GPU_LANES, CPU_LANES = 64, 7
"""Of a batch: as many as are compared; on a CPU each one costs time."""


def executors() -> Iterator[tuple[str, Open]]:
    """Name and opener of each way; names of those on a GPU have the word CUDA in them."""
    for kernel in kernel_names():
        yield f"native {kernel}", functools.partial(NativeExecutor, kernel=kernel)
    for graph in ("cpu.onnx", "cuda.onnx"):
        opener = functools.partial(OnnxRuntimeExecutor, graph=graph)
        yield f"ONNX Runtime, CPU, {graph}", opener
    on_cpu = Provider("CPUExecutionProvider", "cpu")
    yield (
        "ONNX Runtime, CPU, as on a GPU",
        functools.partial(CudaExecutor, provider=on_cpu, lanes=CPU_LANES),
    )
    for tf32, capture in itertools.product((False, True), repeat=2):
        name = f"ONNX Runtime, CUDA, TF32 {'on' if tf32 else 'off'}"
        name += ", captured steps" if capture else ""
        yield name, functools.partial(_on_gpu, tf32=tf32, capture=capture)
    for capture in (False, True):
        name = "lmpack's kernels, CUDA" + ", captured steps" * capture
        yield name, functools.partial(own_kernels, lanes=GPU_LANES, batches=1, capture=capture)


def _on_gpu(bundle: Bundle, tf32: bool, capture: bool) -> Executor:
    return CudaExecutor(bundle, cuda_provider(tf32=tf32, capture=capture), lanes=GPU_LANES)


def own_kernels(bundle: Bundle, **options: Any) -> Executor:
    """lmpack's kernels on the GPU; blocks without mixing are decoded there, too.

    Raises:
        UsageError: there is no GPU, or not what runs them.
    """
    _require_triton()
    from lmpack._executors.triton.executor import TritonExecutor, cuda_device

    return TritonExecutor(bundle, cuda_device(), **options)


def own_lanes(bundle: Bundle, *, capture: bool) -> tuple[Any, DecodingLanes, Sequence[int]]:
    """lmpack's kernels on the GPU: a TritonModel, its lanes that decode, and sizes of their steps.

    Raises:
        UsageError: there is no GPU, or not what runs them.
    """
    _require_triton()
    from lmpack._executors.triton.blocks import step_sizes
    from lmpack._executors.triton.executor import cuda_device
    from lmpack._executors.triton.model import TritonModel

    model = TritonModel(bundle, cuda_device(), capture=capture)
    lanes = model.decoding_lanes(model.lanes_that_fit())
    lanes.warm_up()
    return model, lanes, step_sizes(lanes.lanes)


def _require_triton() -> None:
    if not triton_seems_to_be_there():  # loading torch takes seconds
        raise UsageError("there is no GPU, no torch or no Triton")
