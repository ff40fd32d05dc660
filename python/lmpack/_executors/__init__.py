"""Programs that run the exact forward pass; all of them give the same integers."""

from lmpack._executors.devices import (
    AUTO,
    CPU,
    CUDA,
    DEVICES,
    MOST_THREADS,
    blocks_side_by_side,
    check_device,
)
from lmpack._executors.opening import open_executor, resolve_device
from lmpack._executors.protocol import Executor

__all__ = [
    "AUTO",
    "CPU",
    "CUDA",
    "DEVICES",
    "MOST_THREADS",
    "Executor",
    "blocks_side_by_side",
    "check_device",
    "open_executor",
    "resolve_device",
]
