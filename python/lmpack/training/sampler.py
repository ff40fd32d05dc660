"""Training sequences, the same for the same seed and step on every device."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import numpy.typing as npt
import torch
from torch import Tensor

from lmpack.errors import TrainingError
from lmpack.training.config import Source, TrainingConfig

DRAWN_STEPS = 64
"""Steps whose places are drawn, and copied to the device, together."""


class Sampler:
    """Draws sequences from sources by weight: step s always gives batch s.

    All symbols lie on the device, so that a step copies nothing. Only the places are drawn here, by
    the same generator wherever the model trains, many steps ahead.

    Args:
        config: names the sources and their weights, the size of a batch and the seed.
        data: symbols of the sources, integers [n] each.
        device: where the sequences are wanted.

    Raises:
        TrainingError: there are no sources, or too few symbols.
    """

    def __init__(
        self,
        config: TrainingConfig,
        data: Sequence[npt.NDArray[np.unsignedinteger]],
        device: torch.device,
    ) -> None:
        if not config.train:
            raise TrainingError("a recipe needs at least one source in `train`")
        for source, symbols in zip(config.train, data, strict=True):
            _check_length(source, symbols, config.length)
        self._config = config
        self._sizes = [len(symbols) for symbols in data]
        self._offsets = np.concatenate([[0], np.cumsum(self._sizes)[:-1]])
        weights = np.array([source.weight for source in config.train])
        self._shares = weights / weights.sum()
        # Bytes stay bytes; torch computes little with wider unsigned integers.
        kind = np.uint8 if all(symbols.dtype == np.uint8 for symbols in data) else np.int32
        self._symbols = torch.from_numpy(np.concatenate(data).astype(kind, copy=False)).to(device)
        self._offset = torch.arange(config.length, device=device)
        self._first_drawn = -1
        self._drawn = torch.empty(0)

    def batch(self, step: int) -> Tensor:
        """Sequences for one step: int64 [batch, length] on the device."""
        first = step - step % DRAWN_STEPS
        if first != self._first_drawn:
            places = np.stack([self.places(first + i) for i in range(DRAWN_STEPS)])
            self._drawn = torch.from_numpy(places).to(self._offset.device, non_blocking=True)
            self._first_drawn = first
        starts = self._drawn[step - first]
        return self._symbols[starts[:, None] + self._offset].long()

    def first_sequences(self, symbols: int) -> list[npt.NDArray[np.int64]]:
        """The sequences of the first steps, int64 [length] each, with at least so many symbols."""
        steps = -(-symbols // self._config.step_symbols)
        return [sequence for step in range(steps) for sequence in self.batch(step).cpu().numpy()]

    def places(self, step: int) -> npt.NDArray[np.int64]:
        """Where the sequences of a step begin in all sources, one after another: int64 [batch]."""
        random = np.random.default_rng((self._config.seed, step))
        chosen = random.choice(len(self._sizes), self._config.batch, p=self._shares)
        ends = [self._sizes[source] - self._config.length + 1 for source in chosen]
        starts = np.array([random.integers(0, end) for end in ends], np.int64)
        places: npt.NDArray[np.int64] = starts + self._offsets[chosen]
        return places


def _check_length(source: Source, symbols: npt.NDArray[np.unsignedinteger], length: int) -> None:
    if len(symbols) < length:
        raise TrainingError(f"{source.path} is shorter than one sequence of {length} symbols")
