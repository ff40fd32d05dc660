"""Names of devices, and how much work each one wants."""

from __future__ import annotations

from lmpack._executors.protocol import available_cores
from lmpack.errors import UsageError

AUTO, CPU, CUDA = "auto", "cpu", "cuda"
CPU_ONNXRUNTIME, CUDA_ONNXRUNTIME = "cpu:onnxruntime", "cuda:onnxruntime"
CUDA_TRITON = "cuda:triton"

DEVICES = (AUTO, CPU, CUDA, CPU_ONNXRUNTIME, CUDA_ONNXRUNTIME, CUDA_TRITON)
"""Where a model can run. A program is named behind a colon; without one, "cpu" is the native engine
and "cuda" lmpack's own kernels, or ONNX Runtime where they cannot run."""

GPU_DEVICES = (CUDA, CUDA_ONNXRUNTIME, CUDA_TRITON)

MOST_THREADS = 4096
"""More than any machine has cores; what is beyond is a mistake."""

BLOCKS_ON_CUDA = 1024
"""Blocks at the same time that keep a GPU busy, even if each has one lane. Each takes a thread,
which sleeps until the block is coded; thousands of threads more would take memory and time of the
host. So files of one lane fill no more than this many of MOST_LANES (docs/gpu.md)."""

FEWEST_LANES, MOST_LANES = 1024, 8192
"""Of a batch on a GPU: a step of fewer is bound by launches, and one of more gains nothing."""

LANES_SHARE = 0.5
"""Of the free memory of a GPU, what all lanes may take; blocks with mixing and those without have
batches of their own."""

LANES_WORTH_A_GPU = 512
"""Lanes at the same time below which "auto" is the CPU.

A step on a GPU takes some 2 to 3 ms, however few lanes it has (docs/gpu.md), so that each lane
decodes about 400 bytes a second; two cores decode 240 KB/s with the default model."""


def check_device(device: str, threads: int | None) -> None:
    """Check the arguments of :func:`~lmpack._executors.open_executor`.

    Raises:
        UsageError: an unknown device or a bad number of threads.
    """
    if device not in DEVICES:
        raise UsageError(f"there is no device {device!r}: choose one of {', '.join(DEVICES)}")
    if threads is not None and not (isinstance(threads, int) and 1 <= threads <= MOST_THREADS):
        raise UsageError(f"the number of threads must be 1 to {MOST_THREADS}, not {threads!r}")


def blocks_side_by_side(device: str, threads: int | None) -> int:
    """How many blocks at the same time make best use of a device; "auto" counts as the CPU.

    Blocks of the native engine share its threads. ONNX Runtime keeps them busy with one block. On a
    GPU they share batches.
    """
    if device in GPU_DEVICES:
        return BLOCKS_ON_CUDA
    return 1 if device == CPU_ONNXRUNTIME else threads or available_cores()


def lanes_that_fit(lane_memory: int, free: int) -> int:
    """How many lanes a batch may have, a power of 2, beside as many in other batches.

    Args:
        lane_memory: bytes of a lane.
        free: bytes that the device has.
    """
    lanes = MOST_LANES
    while lanes > 1 and 2 * lanes * lane_memory > LANES_SHARE * free:
        lanes //= 2
    return lanes
