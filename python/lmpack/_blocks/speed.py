"""How fast the devices of this machine are, on the same bytes."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator
from typing import NamedTuple, TypeVar

from lmpack._blocks.codec import decode_block, encode_block
from lmpack._blocks.levels import DEFAULT_MODEL
from lmpack._blocks.options import Options
from lmpack._container import BlockKind
from lmpack._executors import open_executor
from lmpack._executors.devices import CPU, CPU_ONNXRUNTIME, CUDA_ONNXRUNTIME
from lmpack._executors.hardware import cuda_seems_to_be_there
from lmpack._executors.native import NativeExecutor
from lmpack._executors.opening import onnxruntime_is_installed
from lmpack._executors.protocol import available_cores
from lmpack._models.bundle import Bundle, load_byte_model
from lmpack._native import peak_products
from lmpack.errors import LmpackError, UsageError

PEAK_SECONDS = 0.3

Result = TypeVar("Result")


class Speed(NamedTuple):
    """Speeds of one device on one block.

    Attributes:
        device: its name.
        version: of the program that runs the model, or the kernels that the native engine uses.
        threads: how many it may use.
        bytes: size of the block.
        payload: size of the block's payload.
        encode_kb_per_s: 1000 bytes a second of wall time.
        decode_kb_per_s: the same for the way back, which was verified.
        encode_share: share of the 8-bit products that as many threads could do at most; None for
            programs that do not say what they compute with.
        decode_share: the same for the way back.
    """

    device: str
    version: str
    threads: int
    bytes: int
    payload: int
    encode_kb_per_s: float
    decode_kb_per_s: float
    encode_share: float | None
    decode_share: float | None


def manual_text(size: int) -> bytes:
    """English technical prose that comes with Python: the help texts of its manual."""
    from pydoc_data.topics import topics

    text = "\n".join(topics[name] for name in sorted(topics)).encode()
    return (text * -(-size // len(text)))[:size]


def measure_speeds(data: bytes, options: Options) -> Iterator[Speed]:
    """Speeds of one device, or of all of them, with one block without mixing.

    Args:
        data: its content, at least one byte.
        options: model, device ("auto" for all that there may be on this machine), and threads (None
            for all cores).

    Raises:
        UsageError: the data is empty or would be stored raw.
        ModelError: the model cannot be used.
    """
    if not data:
        raise UsageError("there is nothing to measure with: give a file that is not empty")
    if len(options.models) > 1:
        raise UsageError("the speed of one model is measured, without mixing: choose one")
    bundle = load_byte_model(*(options.models or (DEFAULT_MODEL,)))
    for device in _devices_at_hand() if options.device == "auto" else [options.device]:
        yield _measure(data, bundle, device, options.threads or available_cores())


def _devices_at_hand() -> list[str]:
    devices = [CPU]
    if onnxruntime_is_installed():
        devices.append(CPU_ONNXRUNTIME)
        if cuda_seems_to_be_there():
            devices.append(CUDA_ONNXRUNTIME)
    return devices


def _measure(data: bytes, bundle: Bundle, device: str, threads: int) -> Speed:
    executor = open_executor(bundle, device, threads)
    encode_block(executor, data[:1024])  # loads what is loaded at first use
    block, encode_seconds = _timed(lambda: encode_block(executor, data))
    if block.kind is BlockKind.RAW:
        raise UsageError("the model does not make this data smaller: measure with text")
    plain, decode_seconds = _timed(lambda: decode_block(executor, block))
    if plain != data:
        raise LmpackError(f"{device} did not give the bytes back: please report this")
    encode_share, decode_share = None, None
    if executor.name == NativeExecutor.name:
        products = len(data) * bundle.architecture.products_per_symbol
        possible = peak_products(executor.version, PEAK_SECONDS) * threads
        encode_share = products / encode_seconds / possible
        decode_share = products / decode_seconds / possible
    return Speed(
        device=device,
        version=executor.version,
        threads=threads,
        bytes=len(data),
        payload=len(block.payload),
        encode_kb_per_s=len(data) / 1000 / encode_seconds,
        decode_kb_per_s=len(data) / 1000 / decode_seconds,
        encode_share=encode_share,
        decode_share=decode_share,
    )


def _timed(function: Callable[[], Result]) -> tuple[Result, float]:
    started = time.perf_counter()
    result = function()
    return result, time.perf_counter() - started
