"""Bits per byte of a model on validation data, with the integers of the export."""

from __future__ import annotations

import itertools
import math
from collections.abc import Sequence

import numpy as np
import numpy.typing as npt
import torch

from lmpack.training.model import ExactTransformer, code_length
from lmpack.training.rows import sequence_rows

LANE = 8192
"""Symbols predicted from one start: the first ones lack context, as in a real lane."""

LANES = {"cpu": 1, "cuda": 32}
"""Lanes of one pass; on a CPU one fits the caches better than several."""

Symbols = npt.NDArray[np.integer]


def bits_per_byte(
    model: ExactTransformer, data: Symbols, size: int, quantize: bool = True, lane: int = LANE
) -> float:
    """Code length of symbols [n] that stand for `size` bytes, cut into lanes of `lane` symbols."""
    return total_bits(model, [data], quantize, lane)[0] / size


@torch.no_grad()
def total_bits(
    model: ExactTransformer, texts: Sequence[Symbols], quantize: bool = True, lane: int = LANE
) -> list[float]:
    """Code length in bits of each of several texts, whose lanes share the passes.

    Args:
        model: the model, which must be set to an exact pass.
        texts: symbols [n] each.
        quantize: whether to round as the export does.
        lane: symbols predicted from one start.
    """
    device = next(model.parameters()).device
    nats = torch.zeros(len(texts), dtype=torch.float64, device=device)
    for group in _passes(texts, lane, LANES[device.type]):
        numbers = torch.tensor([number for number, _ in group], device=device)
        symbols = torch.from_numpy(np.stack([part for _, part in group]).astype(np.int64))
        symbols = symbols.to(device)
        bases = model(sequence_rows(model.architecture, symbols), quantize)
        nats.index_add_(0, numbers, code_length(bases, symbols).double().sum(dim=1))
    return [float(total) / math.log(2) for total in nats.cpu()]


def _passes(texts: Sequence[Symbols], lane: int, lanes: int) -> list[list[tuple[int, Symbols]]]:
    """Lanes with the number of their text, at most `lanes` of one length together."""
    parts = [
        (number, text[start : start + lane])
        for number, text in enumerate(texts)
        for start in range(0, len(text), lane)
    ]
    parts.sort(key=lambda part: len(part[1]))
    groups = (list(group) for _, group in itertools.groupby(parts, lambda part: len(part[1])))
    return [
        group[first : first + lanes] for group in groups for first in range(0, len(group), lanes)
    ]
