"""A bundle on a GPU, in our own kernels."""

from __future__ import annotations

from pathlib import Path

import torch
import triton
from triton._C import libtriton

from lmpack._executors.batched import BATCHES, LANES, BatchedExecutor
from lmpack._executors.block_batch import BlockBatch
from lmpack._executors.hardware import driver_and_cards
from lmpack._executors.mixing import Mixing
from lmpack._executors.packed_block import PackedBlock
from lmpack._executors.protocol import StepsDone
from lmpack._executors.triton.device import asked
from lmpack._executors.triton.model import TritonModel
from lmpack._models.bundle import Bundle
from lmpack.errors import UsageError

GROUP_LANES = 256
"""Of blocks that are encoded together: with 256 positions of each they fill any GPU."""


class TritonExecutor(BatchedExecutor):
    """Runs the tensors of a bundle; see :class:`..batched.BatchedExecutor`.

    Symbols of blocks without mixing are also decoded on the device.
    """

    name = "triton"
    # The kernels are compiled from their source when they are first used.
    libraries = (*map(str, sorted(Path(__file__).parent.glob("*.py"))), libtriton.__file__)

    def __init__(
        self,
        bundle: Bundle,
        device: torch.device,
        *,
        lanes: int = LANES,
        batches: int | None = None,
        most_lanes: int | None = None,
        capture: bool = True,
    ) -> None:
        """Compile the kernels and make the first steps of the first batches.

        Args:
            bundle: the model.
            device: :func:`cuda_device`, or a CPU where Triton's interpreter runs the kernels.
            lanes: of a batch of blocks with mixing.
            batches: how many of these there may be; None for as many as `most_lanes` are.
            most_lanes: of the batch of blocks that are decoded on the device; None for as many as
                are worth it, or as it has memory for.
            capture: whether steps are captured as CUDA graphs; on a CPU none are.

        Raises:
            UsageError: the kernels are not made for a model of this shape.
            BundleError: the device has not the memory, or cannot be used.
        """
        model = TritonModel(bundle, device, capture=capture)
        most = most_lanes or model.lanes_that_fit()
        super().__init__(model, lanes, batches or max(BATCHES, most // lanes), GROUP_LANES)
        self._blocks = BlockBatch(model.decoding_lanes(most))
        programs = f"{triton.__version__} torch {torch.__version__}"
        self.version = " ".join(filter(None, [programs, driver_and_cards()]))

    def decode(
        self,
        payload: bytes,
        length: int,
        lane_length: int,
        mixing: Mixing | None,
        steps_done: StepsDone,
    ) -> bytes:
        """The bytes of a block; without mixing, nothing but them comes back from the device."""
        block = PackedBlock(payload, length, lane_length)
        if mixing is not None or block.lanes > self._blocks.capacity:
            return super().decode(payload, length, lane_length, mixing, steps_done)
        return self._blocks.decode(block, steps_done)


def cuda_device() -> torch.device:
    """The GPU of this machine.

    Raises:
        UsageError: torch finds none that the kernels are made for.
        BundleError: it is busy, or CUDA cannot be used in this process.
    """
    with asked():
        if not torch.cuda.is_available():
            raise UsageError(
                "torch finds no GPU: check the driver, install the torch that is made for CUDA, or "
                "choose the device cpu"
            )
        if torch.cuda.get_device_capability() < OLDEST:
            raise UsageError(
                f"lmpack's kernels need a GPU of compute capability {OLDEST[0]}.{OLDEST[1]} or "
                "later: choose the device cuda:onnxruntime or cpu"
            )
        return torch.device("cuda", torch.cuda.current_device())


OLDEST = (8, 0)
"""Compute capability of the first GPU whose tensor cores multiply 8-bit integers in this way."""
