"""How much worse the exact form of a model predicts than the model in floats."""

from __future__ import annotations

import dataclasses
import math
from collections.abc import Callable, Sequence
from typing import Any, NamedTuple

import numpy as np
import numpy.typing as npt
import torch
from torch import Tensor

from lmpack._models.decoder.shape import LOGIT_STEPS
from lmpack.importing.exact import ExactDecoder
from lmpack.importing.float_model import FloatDecoder
from lmpack.importing.windows import Windows

LARGEST_LOSS = 0.01
"""Of what the float model needs; a model that loses more is not imported unless it is forced."""

Report = Callable[[str, int, int], None]
"""Told what is being done, how much of it is done, and how much there is."""

_PIECE = 1 << 24
"""Logits that are compared at a time."""


@dataclasses.dataclass(frozen=True)
class Measurement:
    """Two models on the same tokens of a text.

    Attributes:
        text: its name.
        text_bytes: bytes of the tokens.
        tokens: how many there are.
        float_bits: what they cost with the float model, over the tokens that are kept.
        exact_bits: what they cost with the exact one.
        divergence_bits: Kullback-Leibler divergence from the float model to the exact one, summed.
    """

    text: str
    text_bytes: int
    tokens: int
    float_bits: float
    exact_bits: float
    divergence_bits: float

    @property
    def loss(self) -> float:
        """How much more the exact model needs, as a share of what the float model needs."""
        return self.exact_bits / self.float_bits - 1

    @property
    def divergence(self) -> float:
        """The divergence as a share of what the float model needs; it has far less noise."""
        return self.divergence_bits / self.float_bits

    def to_json(self) -> dict[str, Any]:
        """What the manifest says of it; shares in percent."""
        return {
            "text": self.text,
            "bytes": self.text_bytes,
            "tokens": self.tokens,
            "float_bits_per_byte": round(self.float_bits / self.text_bytes, 4),
            "exact_bits_per_byte": round(self.exact_bits / self.text_bytes, 4),
            "loss_percent": round(100 * self.loss, 3),
            "divergence_percent": round(100 * self.divergence, 3),
        }


class FloatPass(NamedTuple):
    """What the float model makes of some texts.

    Attributes:
        hidden: for each text what its head reads, float32 [B, T, d].
        smallest: a low value of the size of embedded tokens (root mean square; 1 in 10 is below).
        largest: the largest value of the residual stream.
    """

    hidden: list[Tensor]
    smallest: float
    largest: float


def total(measurements: Sequence[Measurement]) -> Measurement:
    """All texts as one."""
    sums = {
        field.name: sum(getattr(each, field.name) for each in measurements)
        for field in dataclasses.fields(Measurement)
        if field.name != "text"
    }
    return Measurement(text="all", **sums)


def run_float_model(
    model: FloatDecoder, texts: Sequence[Windows], ids: npt.NDArray[np.int64], report: Report
) -> FloatPass:
    """Run the float model over some texts. Its weights are read once for each.

    Args:
        model: the float model.
        texts: in windows.
        ids: the id in the float model of each symbol.
        report: told how many layers are done.
    """
    sizes: list[Tensor] = []
    largest: list[float] = []
    stages = model.shape.layers + 1

    def observe(stream: Tensor) -> None:
        if len(largest) % stages == 0:
            sizes.append(stream.square().mean(-1).sqrt().flatten())
        largest.append(float(stream.abs().max()))
        report("running the float model", len(largest), stages * len(texts))

    hidden = [model.hidden(torch.from_numpy(ids[text.symbols]), observe) for text in texts]
    return FloatPass(hidden, float(torch.cat(sizes).quantile(0.1)), float(np.max(largest)))


def measure(
    exact: ExactDecoder,
    text: Windows,
    float_hidden: Tensor,
    head: Tensor,
    ids: npt.NDArray[np.int64],
    compared: Callable[[int], None],
) -> Measurement:
    """Compare the two models on a text.

    Args:
        exact: the exact model.
        text: in windows.
        float_hidden: what the head of the float model reads, float32 [B, T, d].
        head: matrix of the float model's head, float32 [ids, d].
        ids: the id in the float model of each symbol.
        compared: told after each piece how many tokens it had.
    """
    kept = torch.from_numpy(ids[:-1])
    sums = torch.zeros(3, dtype=torch.float64)
    for symbols, targets, floats in zip(text.symbols, text.targets, float_hidden, strict=True):
        known = targets[targets >= 0]
        hidden = exact.hidden(exact.start(1), symbols[None, : len(known)])[0]
        rows = max(1, _PIECE // len(head))
        for first in range(0, len(known), rows):
            some = slice(first, min(first + rows, len(known)))
            reference = _log2_softmax((floats[some] @ head.T)[:, kept])
            steps = exact.logits(hidden[some])
            other = _log2_softmax(steps * (math.log(2) / LOGIT_STEPS))
            sums += _sums(reference, other, torch.from_numpy(known[some]))
            compared(some.stop - some.start)
    float_bits, exact_bits, divergence = sums.tolist()
    tokens = int((text.targets >= 0).sum())
    return Measurement(text.name, text.text_bytes, tokens, float_bits, exact_bits, divergence)


def _sums(first: Tensor, second: Tensor, targets: Tensor) -> Tensor:
    """Bits of the targets by both distributions, and the divergence between them: float64 [3]."""
    costs = [-each.gather(1, targets[:, None]).double().sum() for each in (first, second)]
    divergence = (first.exp2() * (first - second)).sum(-1).double().sum()
    return torch.stack([*costs, divergence])


def _log2_softmax(logits: Tensor) -> Tensor:
    """Binary logarithms of probabilities from natural logits."""
    return logits.log_softmax(-1) / math.log(2)
