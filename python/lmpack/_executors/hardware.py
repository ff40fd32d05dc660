"""Which GPUs and CUDA libraries there are, asked without loading anything."""

from __future__ import annotations

import contextlib
import importlib.util
import os
from pathlib import Path

_DEVICE_FILES = ("/dev/nvidiactl", "/dev/dxg")
"""Of the drivers under Linux and under its Windows subsystem."""

_MEMORY_MAP = Path("/proc/self/maps")
_CUDA_LIBRARIES = ("libcublas", "libcudart", "libcudnn", "libcufft", "libcurand")


def cuda_seems_to_be_there() -> bool:
    """Whether it is worth the time to load ONNX Runtime and ask it."""
    if not _a_card_seems_to_be_there():
        return False
    import importlib.metadata  # takes longer than all else that a small file needs

    try:
        importlib.metadata.distribution("onnxruntime-gpu")
    except importlib.metadata.PackageNotFoundError:
        return False
    return True


def triton_seems_to_be_there() -> bool:
    """Whether it is worth the time to load torch and Triton and ask them."""
    return _a_card_seems_to_be_there() and all(map(_is_installed, ("torch", "triton")))


def _a_card_seems_to_be_there() -> bool:
    return any(map(os.path.exists, _DEVICE_FILES))


def _is_installed(package: str) -> bool:
    try:
        return importlib.util.find_spec(package) is not None
    except ValueError:  # the module is in a state of its own
        return False


def driver_and_cards() -> str:
    """Version of the driver and names of the cards; empty where Linux does not say."""
    lines = []
    folder = Path("/proc/driver/nvidia")
    with contextlib.suppress(OSError):
        lines += (folder / "version").read_text(errors="replace").splitlines()[:1]
        for card in sorted(folder.glob("gpus/*/information")):
            lines += card.read_text(errors="replace").splitlines()[:1]
    return " ".join(" ".join(lines).split())


def loaded_cuda_libraries() -> str:
    """Name, size and time of each CUDA library in this process; empty where Linux does not say.

    An update of one of them may compute something else, whatever the version of ONNX Runtime.
    """
    found = set()
    with contextlib.suppress(OSError):
        for line in _MEMORY_MAP.read_text(errors="replace").splitlines():
            path = Path(line.split(maxsplit=5)[-1])
            if path.name.startswith(_CUDA_LIBRARIES) and ".so" in path.name:
                status = path.stat()
                found.add(f"{path.name}:{status.st_size}:{status.st_mtime_ns}")
    return " ".join(sorted(found))
