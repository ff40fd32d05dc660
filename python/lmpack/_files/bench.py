"""How fast the executors are on this machine, side by side on the same bytes."""

from __future__ import annotations

import os
import time
from collections.abc import Callable, Iterator
from typing import NamedTuple, TypeVar

from lmpack._blocks.codec import decode_block, encode_block
from lmpack._blocks.levels import DEFAULT_MODEL
from lmpack._container import BlockKind
from lmpack._executors import open_executor
from lmpack._executors.devices import CPU, CPU_ONNXRUNTIME, CUDA
from lmpack._executors.hardware import cuda_seems_to_be_there
from lmpack._executors.opening import onnxruntime_is_installed
from lmpack._executors.protocol import available_cores
from lmpack._models.bundle import load_bundle
from lmpack._native import peak_products
from lmpack.errors import LmpackError, UsageError

PEAK_SECONDS = 0.3

Result = TypeVar("Result")


class Speed(NamedTuple):
    """Speeds of one executor on one block.

    Attributes:
        executor: its name.
        version: its version, or the kernels that the native engine uses.
        threads: how many it may use.
        bytes: size of the block.
        payload: size of the block's payload.
        encode_kb_per_s: 1000 bytes a second of wall time.
        decode_kb_per_s: the same for the way back, which was verified.
        encode_share: share of the 8-bit products that as many threads could do at most; None for
            executors that do not say what they compute with.
        decode_share: the same for the way back.
    """

    executor: str
    version: str
    threads: int
    bytes: int
    payload: int
    encode_kb_per_s: float
    decode_kb_per_s: float
    encode_share: float | None
    decode_share: float | None


def sample_text(size: int) -> bytes:
    """English technical prose that comes with Python: the help texts of its manual."""
    from pydoc_data.topics import topics

    text = "\n".join(topics[name] for name in sorted(topics)).encode()
    return (text * -(-size // len(text)))[:size]


def measure_speeds(
    data: bytes,
    *,
    model: str | os.PathLike[str] | None = None,
    executor: str = "auto",
    threads: int | None = None,
) -> Iterator[Speed]:
    """Speeds of one executor, or of all of them, with one block.

    Args:
        data: its content, at least one byte.
        model: name of a built-in model or folder of a bundle; None for the default.
        executor: one of them, or "auto" for all that there may be on this machine.
        threads: worker threads; None for all cores.

    Raises:
        UsageError: an argument is out of range, or the data is empty or would be stored raw.
        ModelError: the model cannot be used.
    """
    if not data:
        raise UsageError("there is nothing to measure with: give a file that is not empty")
    names = [executor]
    if executor == "auto":
        names = [CPU]
        if onnxruntime_is_installed():
            names += [CPU_ONNXRUNTIME, CUDA] if cuda_seems_to_be_there() else [CPU_ONNXRUNTIME]
    for name in names:
        yield _measure(data, model, name, threads or available_cores())


def _measure(data: bytes, model: str | os.PathLike[str] | None, name: str, threads: int) -> Speed:
    bundle = load_bundle(DEFAULT_MODEL if model is None else model)
    executor = open_executor(bundle, name, threads)
    encode_block(executor, data[:1024])  # loads what is loaded at first use
    block, encode_seconds = _timed(lambda: encode_block(executor, data))
    if block.kind is BlockKind.RAW:
        raise UsageError("the model does not make this data smaller: measure with text")
    plain, decode_seconds = _timed(lambda: decode_block(executor, block))
    if plain != data:
        raise LmpackError(f"{name} did not give the bytes back: please report this")
    shares: list[float | None] = [None, None]
    if name == CPU:
        needed = len(data) * bundle.architecture.products_per_symbol
        possible = peak_products(executor.version, PEAK_SECONDS) * threads
        shares = [needed / seconds / possible for seconds in (encode_seconds, decode_seconds)]
    return Speed(
        executor=executor.name,
        version=executor.version,
        threads=threads,
        bytes=len(data),
        payload=len(block.payload),
        encode_kb_per_s=len(data) / 1000 / encode_seconds,
        decode_kb_per_s=len(data) / 1000 / decode_seconds,
        encode_share=shares[0],
        decode_share=shares[1],
    )


def _timed(function: Callable[[], Result]) -> tuple[Result, float]:
    started = time.perf_counter()
    result = function()
    return result, time.perf_counter() - started
