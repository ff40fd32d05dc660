"""Where the model computes, and how exactly."""

from __future__ import annotations

import dataclasses

import torch

from lmpack.errors import TrainingError


@dataclasses.dataclass(frozen=True)
class Precision:
    """The types in which a pass may round; the default is the specification (docs/model.md).

    Attributes:
        squares: of the sum of squares in the normalisation.
        products: of the operands of matrix products, except those of the output: float32, or
            bfloat16, which holds all integers of the model exactly, so that only results are
            rounded.
        compiled: whether the elementwise parts of the attention are compiled, which may contract
            them.
    """

    squares: torch.dtype = torch.float64
    products: torch.dtype = torch.float32
    compiled: bool = False


EXACT = Precision()
"""What every executor has to reproduce."""


def usable_device(name: str) -> torch.device:
    """The device "cpu" or "cuda", or with "auto" a GPU if there is one.

    Raises:
        TrainingError: there is no GPU.
    """
    has_gpu = torch.cuda.is_available()
    if name == "cuda" and not has_gpu:
        raise TrainingError("torch finds no CUDA device: train on the CPU, or install torch for it")
    if name == "cpu" or not has_gpu:
        return torch.device("cpu")
    # The 11 bits of TF32 hold all integers of the model: once it rounds, the forward pass is exact.
    torch.set_float32_matmul_precision("high")
    return torch.device("cuda")
