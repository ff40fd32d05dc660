"""MB/s of the CPU and the GPU by model, where the time goes, and what the hardware allows.

    python -m benchmarks.gpu.throughput [--models NAME...] [--data FOLDER] [--bytes N]

Text in blocks of 16 lanes without mixing, as many side by side as keep the device busy, decoded and
compared: by the native engine, by ONNX Runtime's CUDA provider ("cuda") and by lmpack's kernels,
whose range decoder is on the device, too ("cuda:triton"). With ONNX Runtime, time in the model, in
transfers and in everything else (the coder, Python) is that of all threads. The ceilings are
measured in the same run. Rows of the GPU are "not run" where there is none. The result is written
after each row.
"""

from __future__ import annotations

import contextlib
import functools
import lzma
import sys
import time
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

import numpy as np

from benchmarks.gpu.ceilings import cpu_ceilings, gpu_ceilings
from benchmarks.gpu.clock import Clock, gpu_utilisation
from benchmarks.gpu.results import ROOT, environment, stage_parser, write_json
from benchmarks.gpu.ways import own_kernels
from benchmarks.state import program_state
from lmpack._blocks.codec import decode_block, encode_block
from lmpack._blocks.speed import manual_text
from lmpack._executors import CPU, Executor, blocks_side_by_side
from lmpack._executors.cuda import CudaExecutor
from lmpack._executors.cuda_libraries import cuda_provider
from lmpack._executors.devices import CUDA, CUDA_TRITON
from lmpack._executors.native import NativeExecutor
from lmpack._executors.provider import Provider
from lmpack._models.bundle import Bundle, list_models, load_byte_model
from lmpack.errors import LmpackError, UsageError

SOURCE = "text/wikipedia_en_2014.valid.xz"
LANES = 16
CPU_BLOCK, GPU_BLOCK = 1 << 18, 1 << 16
"""On a GPU a step takes the same time for many lanes as for few: more and shorter blocks."""
WARM_UP = 4096

NOT_RUN = "not run"


def text_of(data: Path) -> bytes:
    """Of the shared data, or, if it is not there, one that comes with Python."""
    path = data / SOURCE
    return lzma.decompress(path.read_bytes()) if path.exists() else manual_text(1 << 20)


def way(
    function: Callable[[Any], Any], items: list[Any], workers: int, device: str
) -> tuple[list[Any], dict[str, Any]]:
    """Call a function for each item side by side; results, and where the time went."""
    clock = Clock()
    used: list[float] = []
    context = contextlib.nullcontext() if device == CPU else gpu_utilisation(used)
    with clock.of_onnxruntime(), context, ThreadPoolExecutor(workers) as pool:
        started = time.perf_counter()
        results = list(pool.map(function, items))
        wall = time.perf_counter() - started
    row: dict[str, Any] = {"wall": wall}
    if device == CUDA:
        row |= clock.seconds
    if device != CPU:
        row["gpu_utilisation"] = float(np.mean(used)) if used else None
    return results, row


def measure(executor: Executor, blocks: list[bytes], workers: int, device: str) -> dict[str, Any]:
    """Both ways, after a short block that loads what is loaded at first use."""
    decode_block(executor, encode_block(executor, blocks[0][:WARM_UP]))
    packed, encode = way(lambda plain: encode_block(executor, plain), blocks, workers, device)
    back, decode = way(lambda block: decode_block(executor, block), packed, workers, device)
    if back != blocks:
        raise RuntimeError(f"{executor.name} did not give the bytes back")
    size = sum(map(len, blocks))
    for row in (encode, decode):
        row["mb_per_s"] = size / 1e6 / row["wall"]
    lanes = LANES * min(workers, len(blocks))
    return {"bytes": size, "lanes": lanes, "encode": encode, "decode": decode}


def traffic(bundle: Bundle) -> dict[str, int]:
    """Products, and bytes of keys and values, for one byte of content."""
    a = bundle.architecture
    return {
        "products": a.products_per_symbol,
        "ring_bytes": 2 * a.head_width * sum(a.windows),
        "weight_bytes": bundle.size,
    }


def gpu() -> tuple[Provider | None, dict[str, Any] | str]:
    """The provider of the GPU and its ceilings, or why there is none."""
    try:
        provider = cuda_provider()
        return provider, {"hardware": provider.hardware(), **gpu_ceilings()}
    except LmpackError as error:
        return None, f"{NOT_RUN}: {error}"


def on_gpu(open_it: Callable[[], Executor], device: str, text: bytes, size: int) -> Any:
    """Row of a GPU; one that fails must not hide the others."""
    try:
        executor = open_it()
        workers = blocks_side_by_side(device, None)
        return measure(executor, cut(text, size, GPU_BLOCK), workers, device)
    except UsageError:  # what it needs is not there
        return NOT_RUN
    except Exception as error:
        return f"FAILED: {error!r}"


def cut(text: bytes, size: int, block: int) -> list[bytes]:
    """Blocks of a text that is repeated to a size."""
    whole = (text * (size // len(text) + 1))[:size]
    return [whole[first : first + block] for first in range(0, size, block)]


def main(arguments: list[str]) -> int:
    parser = stage_parser(__doc__, "throughput")
    names, data = [bundle.name for bundle in list_models()], ROOT.parent / "shared" / "data"
    add = parser.add_argument
    add("--models", nargs="+", default=names, help="built-in models (default: all)")
    add("--data", type=Path, default=data, help="folder with the text")
    add("--bytes", type=int, default=1 << 20, help="of the text, on the CPU (default: 1 MiB)")
    add("--gpu-bytes", type=int, default=1 << 22, help="the same on a GPU (default: 4 MiB)")
    add("--kernel-bytes", type=int, default=1 << 24, help="by lmpack's kernels (default: 16 MiB)")
    add("--threads", type=int, default=2, help="of the CPU (default: 2)")
    options = parser.parse_args(arguments)
    text = text_of(options.data)
    rows: list[dict[str, Any]] = []
    result: dict[str, Any] = {
        "environment": {**environment(), "state": program_state()},
        "rows": rows,
    }
    result["cpu"] = {"threads": options.threads, **cpu_ceilings(options.threads)}
    provider, result["gpu"] = gpu()
    for name in options.models:
        bundle = load_byte_model(name)
        row: dict[str, Any] = {"model": name, **traffic(bundle)}
        rows.append(row)
        row[CUDA] = NOT_RUN
        if provider is not None:
            by_onnxruntime = functools.partial(CudaExecutor, bundle, provider)
            row[CUDA] = on_gpu(by_onnxruntime, CUDA, text, options.gpu_bytes)
        by_kernels = functools.partial(own_kernels, bundle)
        row[CUDA_TRITON] = on_gpu(by_kernels, CUDA_TRITON, text, options.kernel_bytes)
        native = NativeExecutor(bundle, threads=options.threads)
        row["native"] = measure(native, cut(text, options.bytes, CPU_BLOCK), options.threads, CPU)
        write_json(options.result, result)
    return int(any(str(row[it]).startswith("FAILED") for row in rows for it in (CUDA, CUDA_TRITON)))


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
