"""The device on which the kernels run, and errors of what runs them."""

from __future__ import annotations

import contextlib
from collections.abc import Iterator

import torch

from lmpack.errors import BundleError, LmpackError


@contextlib.contextmanager
def used(device: torch.device) -> Iterator[None]:
    """Launch on a device, with the errors of :func:`asked`."""
    is_gpu = device.type == "cuda"
    # Each thread has a current GPU of its own.
    with asked(), torch.cuda.device(device) if is_gpu else contextlib.nullcontext():
        yield


@contextlib.contextmanager
def asked() -> Iterator[None]:
    """Turn what torch, Triton and the driver raise into errors of lmpack.

    Raises:
        BundleError: says what to do.
    """
    try:
        yield
    except LmpackError:
        raise
    except torch.OutOfMemoryError as error:
        raise BundleError(
            "there is not enough memory on the GPU: end other programs that use it, choose a "
            "smaller model, or choose the device cpu"
        ) from error
    except Exception as error:  # those of Triton have no common root
        raise BundleError(
            f"lmpack's kernels cannot run on this GPU: {error}; choose the device "
            "cuda:onnxruntime or cpu"
        ) from error
