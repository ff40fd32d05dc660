"""The CUDA provider of ONNX Runtime, and the libraries that it needs."""

from __future__ import annotations

import contextlib
import io
import sys
from pathlib import Path

import onnxruntime

from lmpack._executors.hardware import driver_and_cards, loaded_cuda_libraries
from lmpack._executors.provider import Provider
from lmpack.errors import UsageError

PROVIDER = "CUDAExecutionProvider"


def cuda_provider(*, tf32: bool = False, capture: bool = True) -> Provider:
    """The CUDA provider of this machine.

    Args:
        tf32: whether products of float32 may be rounded to TF32; the integers that the graph
            multiplies have at most 8 bits, so that both give the same.
        capture: whether steps are captured as a CUDA graph.

    Raises:
        UsageError: there is none, or its libraries are missing.
    """
    if PROVIDER not in onnxruntime.get_available_providers():
        raise UsageError(
            "this ONNX Runtime knows no CUDA: pip install 'lmpack[cuda]' in an environment "
            "without the package onnxruntime, or choose the device cpu"
        )
    if missing := load_cuda_libraries():
        raise UsageError(
            f"ONNX Runtime finds no CUDA libraries ({missing}): pip install 'lmpack[cuda]', or "
            "choose the device cpu"
        )
    options = {"use_tf32": str(int(tf32))}
    return Provider(PROVIDER, "cuda", options, capture, _hardware)


def load_cuda_libraries() -> str:
    """Load the libraries of CUDA and cuDNN; what could not be loaded, empty if nothing.

    ONNX Runtime looks beside itself and where the system looks. Where it is not installed beside
    them, each folder `nvidia` of the module search path is tried.
    """
    failures = _preload(None)
    if failures:
        for folder in _library_folders():
            failures = _preload(folder)
    return failures


def _preload(folder: Path | None) -> str:
    """What ONNX Runtime prints while it loads them.

    It prints on standard output, which may be where compressed data goes.
    """
    printed = io.StringIO()
    with contextlib.redirect_stdout(printed):
        onnxruntime.preload_dlls(directory=None if folder is None else str(folder))
    return " ".join(printed.getvalue().split())


def _library_folders() -> list[Path]:
    """Where NVIDIA's packages for Python keep their libraries, CUDA's own first."""
    folders = [folder for place in sys.path for folder in Path(place).glob("nvidia/*/lib")]
    return sorted(folders, key=lambda folder: "cudnn" in folder.parent.name)


def _hardware() -> str:
    return " ".join(filter(None, [driver_and_cards(), loaded_cuda_libraries()]))
