"""MB/s of every executor by model and lanes, where the time goes, and what the hardware allows.

    python -m benchmarks.throughput [--models NAME...] [--bytes N]

Blocks of 256 KiB without mixing, as many side by side as keep the executor busy, decoded and
compared. Time in the model, in transfers and in everything else (the coder, Python) is that of all
threads. The ceilings are measured in the same run: 8-bit products a second, and bytes a second
through memory. Rows of the GPU are "not run" where there is none.
"""

from __future__ import annotations

import argparse
import contextlib
import lzma
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import numpy as np
import onnxruntime

from benchmarks.data import require_shared
from benchmarks.record import environment, write_result
from lmpack._blocks.codec import decode_block, encode_block
from lmpack._executors import Executor
from lmpack._executors.cuda import CudaExecutor, cuda_provider
from lmpack._executors.native import NativeExecutor
from lmpack._models.bundle import Bundle, list_bundles, load_bundle
from lmpack._native import peak_products
from lmpack.errors import LmpackError

SOURCE = "text/wikipedia_en_2014.valid.xz"
BLOCK = 1 << 18
PEAK_SECONDS = 0.5
SAMPLE_SECONDS = 0.2
"""Between two looks at the utilisation of the GPU."""


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
    """Sample the utilisation of the GPU in per cent while the context lasts."""
    over = threading.Event()

    def sample() -> None:
        command = ["nvidia-smi", "--query-gpu=utilization.gpu", "--format=csv,noheader,nounits"]
        while not over.wait(SAMPLE_SECONDS):
            output = subprocess.run(command, capture_output=True, text=True, check=True).stdout
            found.append(float(output.splitlines()[0]))

    thread = threading.Thread(target=sample)
    thread.start()
    try:
        yield
    finally:
        over.set()
        thread.join()


def way(
    function: Callable[[Any], Any], items: list[Any], workers: int, on_gpu: bool
) -> tuple[list[Any], dict[str, Any]]:
    """Call a function for each item side by side; results, and where the time went."""
    clock, used = Clock(), []
    context = gpu_utilisation(used) if on_gpu else contextlib.nullcontext()
    with clock.of_onnxruntime(), context, ThreadPoolExecutor(workers) as pool:
        started = time.perf_counter()
        results = list(pool.map(function, items))
        wall = time.perf_counter() - started
    row: dict[str, Any] = {"wall": wall}
    if on_gpu:
        row |= clock.seconds
        row["gpu_utilisation"] = float(np.mean(used)) if used else None
    return results, row


def measure(executor: Executor, blocks: list[bytes], workers: int, on_gpu: bool) -> dict[str, Any]:
    """Both ways, after a short block that loads what is loaded at first use."""
    decode_block(executor, encode_block(executor, blocks[0][:4096]))
    packed, encode = way(lambda plain: encode_block(executor, plain), blocks, workers, on_gpu)
    back, decode = way(lambda block: decode_block(executor, block), packed, workers, on_gpu)
    if back != blocks:
        raise RuntimeError(f"{executor.name} did not give the bytes back")
    size = sum(map(len, blocks))
    for row in (encode, decode):
        row["mb_per_s"] = size / 1e6 / row["wall"]
    return {
        "bytes": size,
        "lanes": 16 * min(workers, len(blocks)),
        "encode": encode,
        "decode": decode,
    }


def traffic(bundle: Bundle) -> dict[str, int]:
    """Products, and bytes of keys and values, for one byte of content."""
    a = bundle.architecture
    return {
        "products": a.products_per_symbol,
        "ring_bytes": 2 * a.head_width * sum(a.windows),
        "weight_bytes": bundle.size,
    }


def cpu_ceilings(threads: int) -> dict[str, float]:
    """8-bit products and bytes copied a second, of all threads."""
    executor = NativeExecutor(load_bundle("tiny"), threads=threads)
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


def main(arguments: list[str]) -> int:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--models", nargs="+", default=[bundle.name for bundle in list_bundles()])
    parser.add_argument("--bytes", type=int, default=1 << 20)
    parser.add_argument("--gpu-bytes", type=int, default=1 << 25)
    parser.add_argument("--threads", type=int, default=2)
    options = parser.parse_args(arguments)
    with lzma.open(require_shared() / SOURCE) as file:
        text = file.read()
    result: dict[str, Any] = {"environment": environment(), "rows": []}
    result["cpu"] = {"threads": options.threads, **cpu_ceilings(options.threads)}
    try:
        provider = cuda_provider()
        result["gpu"] = {"hardware": provider.hardware, **gpu_ceilings()}
    except LmpackError as error:
        provider, result["gpu"] = None, f"not run: {error}"
    for name in options.models:
        bundle = load_bundle(name)
        row: dict[str, Any] = {"model": name, **traffic(bundle)}
        native = NativeExecutor(bundle, threads=options.threads)
        row["native"] = measure(native, _blocks(text, options.bytes), options.threads, False)
        row["cuda"] = "not run"
        if provider is not None:
            executor = CudaExecutor(bundle, provider)
            row["cuda"] = measure(executor, _blocks(text, options.gpu_bytes), 64, True)
        result["rows"].append(row)
        write_result("throughput", result)
    return 0


def _blocks(text: bytes, size: int) -> list[bytes]:
    whole = (text * (size // len(text) + 1))[:size]
    return [whole[first : first + BLOCK] for first in range(0, size, BLOCK)]


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
