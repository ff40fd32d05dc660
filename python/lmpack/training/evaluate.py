"""Bits per byte of a model on validation data, with the integers of the export."""

from __future__ import annotations

import math

import numpy as np
import numpy.typing as npt
import torch

from lmpack.training.data import sequence_rows
from lmpack.training.model import ExactTransformer, code_length

LANE = 8192
"""Symbols predicted from one start: the first ones lack context, as in a real lane."""


@torch.no_grad()
def bits_per_byte(
    model: ExactTransformer,
    data: npt.NDArray[np.integer],
    size: int,
    quantize: bool = True,
    lane: int = LANE,
) -> float:
    """Code length of symbols [n] that stand for `size` bytes, cut into lanes of `lane` symbols."""
    nats = 0.0
    device = next(model.parameters()).device
    for start in range(0, len(data), lane):
        symbols = data[start : start + lane][None].astype(np.int64)
        rows = torch.from_numpy(sequence_rows(model.architecture, symbols))
        bases = model(rows.to(device), quantize)
        targets = torch.from_numpy(symbols).to(device)
        nats += float(code_length(bases, targets).double().sum())
    return nats / math.log(2) / size
