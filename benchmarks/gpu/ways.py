"""Every way to run a bundle on this machine."""

from __future__ import annotations

import itertools
from collections.abc import Callable, Iterator

from lmpack._executors import Executor
from lmpack._executors.cuda import CudaExecutor
from lmpack._executors.cuda_libraries import cuda_provider
from lmpack._executors.native import NativeExecutor
from lmpack._executors.onnxruntime import OnnxRuntimeExecutor
from lmpack._executors.provider import Provider
from lmpack._models.bundle import Bundle
from lmpack._native import kernel_names

Open = Callable[[Bundle], Executor]

GPU_LANES = 64
"""Of a batch: as many as are compared."""


def executors() -> Iterator[tuple[str, Open]]:
    """Name and opener of each way; those of a GPU begin with the same words."""
    for kernel in kernel_names():
        yield f"native {kernel}", lambda bundle, k=kernel: NativeExecutor(bundle, kernel=k)
    for graph in ("cpu.onnx", "cuda.onnx"):
        yield (
            f"ONNX Runtime, CPU, {graph}",
            lambda bundle, g=graph: OnnxRuntimeExecutor(bundle, graph=g),
        )
    on_cpu = Provider("CPUExecutionProvider", "cpu")
    yield "ONNX Runtime, CPU, as on a GPU", lambda bundle: CudaExecutor(bundle, on_cpu, lanes=7)
    for tf32, capture in itertools.product((False, True), repeat=2):
        name = f"ONNX Runtime, CUDA, TF32 {'on' if tf32 else 'off'}"
        yield (
            name + (", captured steps" if capture else ""),
            lambda bundle, t=tf32, c=capture: CudaExecutor(
                bundle, cuda_provider(tf32=t, capture=c), lanes=GPU_LANES
            ),
        )
