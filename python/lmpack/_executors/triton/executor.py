"""A bundle on a GPU, in our own kernels."""

from __future__ import annotations

from pathlib import Path

import torch
import triton

from lmpack._executors.batched import BATCHES, LANES, BatchedExecutor
from lmpack._executors.hardware import driver_and_cards
from lmpack._executors.triton.model import TritonModel
from lmpack._models.bundle import Bundle
from lmpack.errors import UsageError

_COMPILER = Path(triton.__file__).parent / "_C" / "libtriton.so"


class TritonExecutor(BatchedExecutor):
    """Runs the tensors of a bundle; see :class:`..batched.BatchedExecutor`."""

    name = "triton"
    # The kernels are compiled from their source when they are first used.
    libraries = (*map(str, sorted(Path(__file__).parent.glob("*.py"))), str(_COMPILER))

    def __init__(
        self, bundle: Bundle, device: torch.device, *, lanes: int = LANES, batches: int = BATCHES
    ) -> None:
        """Compile the kernels and make the first step of each batch, one after the other.

        Args:
            bundle: the model.
            device: :func:`cuda_device`, or a CPU where Triton's interpreter runs the kernels.
            lanes: of a batch.
            batches: how many there are.

        Raises:
            UsageError: the kernels are not made for a model of this shape.
            BundleError: the device has not the memory, or cannot be used.
        """
        super().__init__(TritonModel(bundle, device), lanes, batches)
        programs = f"{triton.__version__} torch {torch.__version__}"
        self.version = " ".join(filter(None, [programs, driver_and_cards()]))


def cuda_device() -> torch.device:
    """The GPU of this machine.

    Raises:
        UsageError: torch finds none that the kernels are made for.
    """
    if not torch.cuda.is_available():
        raise UsageError(
            "torch finds no GPU: check the driver, install the torch that is made for CUDA, or "
            "choose the device cpu"
        )
    if torch.cuda.get_device_capability() < OLDEST:
        raise UsageError(
            f"lmpack's kernels need a GPU of compute capability {OLDEST[0]}.{OLDEST[1]} or later: "
            "choose the device cuda:onnxruntime or cpu"
        )
    return torch.device("cuda", torch.cuda.current_device())


OLDEST = (8, 0)
"""Compute capability of the first GPU whose tensor cores multiply 8-bit integers in this way."""
