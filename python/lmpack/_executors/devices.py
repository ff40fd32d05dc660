"""Which GPUs there are, asked without loading anything."""

from __future__ import annotations

import contextlib
import importlib.metadata
import os
from pathlib import Path

_DEVICE_FILES = ("/dev/nvidiactl", "/dev/dxg")
"""Of the drivers under Linux and under its Windows subsystem."""


def cuda_seems_to_be_there() -> bool:
    """Whether it is worth the time to load ONNX Runtime and ask it."""
    if not any(map(os.path.exists, _DEVICE_FILES)):
        return False
    try:
        importlib.metadata.distribution("onnxruntime-gpu")
    except importlib.metadata.PackageNotFoundError:
        return False
    return True


def driver_and_cards() -> str:
    """Version of the driver and names of the cards; empty where Linux does not say."""
    lines = []
    folder = Path("/proc/driver/nvidia")
    with contextlib.suppress(OSError):
        lines += (folder / "version").read_text().splitlines()[:1]
        for card in sorted(folder.glob("gpus/*/information")):
            lines += card.read_text().splitlines()[:1]
    return " ".join(" ".join(lines).split())
