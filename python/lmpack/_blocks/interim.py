"""Devices by the names of today's executors."""

from __future__ import annotations

from lmpack import _executors
from lmpack._executors import Executor
from lmpack._executors.devices import cuda_seems_to_be_there
from lmpack._models.bundle import Bundle
from lmpack.errors import UsageError

NAMES = {
    "auto": "auto",
    "cpu": "native",
    "cpu:onnxruntime": "onnxruntime",
    "cuda": "cuda",
    "cuda:onnxruntime": "cuda",
}
DEVICES = tuple(NAMES)
LANES_FOR_CUDA = 256


def check_device(device: str, threads: int | None) -> None:
    """Check the arguments of :func:`open_executor`."""
    if device not in NAMES:
        raise UsageError(f"there is no device {device!r}: choose one of {', '.join(DEVICES)}")
    _executors.check_choice(NAMES[device], threads)


def resolve_device(device: str, lanes: int) -> str:
    """A device that is not "auto"."""
    if device != "auto":
        return device
    return "cuda" if lanes >= LANES_FOR_CUDA and cuda_seems_to_be_there() else "cpu"


def blocks_side_by_side(device: str, threads: int | None) -> int:
    """How many blocks at the same time make best use of a device."""
    return _executors.side_by_side(NAMES[device], threads)


def open_executor(bundle: Bundle, device: str, threads: int | None) -> Executor:
    """The executor of a model on a device."""
    return _executors.open_executor(bundle, NAMES[device], threads)
