"""Which hidden units of the feed-forward layers still take part."""

from __future__ import annotations

import contextlib
from collections.abc import Iterator

import torch
from torch import Tensor

from lmpack.training.model import ExactTransformer

LEAST_LIVING = 0.95
"""Share of a layer's hidden units below which products are wasted enough to say so."""


class HiddenActivity:
    """What a layer's hidden units did in some passes.

    Attributes:
        fired: bool [hidden], the units that were above 0 at least once.
    """

    def __init__(self, width: int, hidden: int, device: torch.device) -> None:
        self.fired = torch.zeros(hidden, dtype=torch.bool, device=device)
        self._inputs = torch.zeros(width, dtype=torch.float64, device=device)
        self._positions = 0
        self._zeros = torch.zeros((), dtype=torch.int64, device=device)
        self._seen = 0

    def add(self, normalized: Tensor, hidden: Tensor) -> None:
        """Take in inputs [B, T, d] and activations [B, T, hidden]; nothing waits for the device."""
        self._inputs += normalized.flatten(0, -2).sum(dim=0, dtype=torch.float64)
        self._positions += normalized.shape[:-1].numel()
        above = hidden.flatten(0, -2) > 0
        self.fired |= above.any(dim=0)
        self._zeros += above.numel() - above.sum()
        self._seen += above.numel()

    @property
    def mean_input(self) -> Tensor:
        """Float32 [d]: the mean of the normalised stream over all positions."""
        return (self._inputs / max(1, self._positions)).float()

    @property
    def living(self) -> float:
        """Share of the units that fired."""
        return float(self.fired.float().mean())

    @property
    def zeros(self) -> float:
        """Share of the activations that were 0."""
        return int(self._zeros) / max(1, self._seen)


@contextlib.contextmanager
def observed(model: ExactTransformer) -> Iterator[list[HiddenActivity]]:
    """The activity of each layer in the passes inside the block."""
    layers = model.blocks()
    device = next(model.parameters()).device
    shapes = [layer.architecture for layer in layers]
    activity = [HiddenActivity(shape.width, shape.hidden, device) for shape in shapes]
    for layer, one in zip(layers, activity, strict=True):
        layer.observer = one.add
    try:
        yield activity
    finally:
        for layer in layers:
            layer.observer = None


def summary(activity: list[HiddenActivity]) -> dict[str, list[float]]:
    """Shares for each layer, as a log and a manifest state them."""
    return {
        "living": [round(one.living, 4) for one in activity],
        "zeros": [round(one.zeros, 4) for one in activity],
    }


def complaints(hidden: dict[str, list[float]]) -> list[str]:
    """A sentence for each layer of a :func:`summary` that has too few living units."""
    return [
        f"only {100 * living:.1f} % of the hidden units of layer {number} ever fire: "
        "lower the rates, or start from its bundle, which revives them (--start-from)"
        for number, living in enumerate(hidden["living"])
        if living < LEAST_LIVING
    ]
