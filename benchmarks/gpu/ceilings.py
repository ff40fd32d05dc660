"""What the hardware allows: 8-bit products, and bytes through memory, a second."""

from __future__ import annotations

import time

import numpy as np

from lmpack._executors.native import NativeExecutor
from lmpack._models.bundle import load_byte_model
from lmpack._native import peak_products

PEAK_SECONDS = 0.5


def cpu_ceilings(threads: int) -> dict[str, float]:
    """8-bit products and bytes copied a second, of all threads."""
    executor = NativeExecutor(load_byte_model("tiny"), threads=threads)
    products = peak_products(executor.version, PEAK_SECONDS) * threads
    source = np.ones(1 << 28, np.uint8)
    target = source.copy()  # so that its memory is there
    started = time.perf_counter()
    target[:] = source
    return {"products": products, "bytes": 2 * len(source) / (time.perf_counter() - started)}


def gpu_ceilings() -> dict[str, float]:
    """The same of the GPU, measured with torch."""
    import torch

    size = 8192
    left = torch.ones(size, size, dtype=torch.int8, device="cuda")
    data = torch.ones(1 << 30, dtype=torch.uint8, device="cuda")
    torch._int_mm(left, left)
    data.clone()
    torch.cuda.synchronize()
    started = time.perf_counter()
    for _ in range(20):
        torch._int_mm(left, left)
    torch.cuda.synchronize()
    products = 20 * size**3 / (time.perf_counter() - started)
    started = time.perf_counter()
    for _ in range(20):
        data.clone()
    torch.cuda.synchronize()
    return {"products": products, "bytes": 40 * len(data) / (time.perf_counter() - started)}
