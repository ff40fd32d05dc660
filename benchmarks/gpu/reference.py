"""What one executor gives, for others to be compared with."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt

from lmpack._blocks.codec import decode_block, encode_block
from lmpack._executors import Executor
from lmpack._executors.conformance import by_prefill, by_steps
from lmpack._executors.protocol import LanguageModel

PIECE = 37


class Reference:
    """Odds and blocks of an executor.

    Args:
        executor: gives them.
        symbols: integers [D, T], fed to D lanes; comparisons of more lanes repeat these.
        text: bytes to encode.

    Attributes:
        odds: int32 [D, T, V].
    """

    def __init__(self, executor: Executor, symbols: npt.NDArray[np.integer], text: bytes) -> None:
        self._symbols, self._text = symbols, text
        self.odds = by_steps(executor, symbols)
        # Without mixing and with it; models of fewer symbols than bytes have no blocks.
        ways = (None, 2) if executor.architecture.vocabulary >= 256 else ()
        self._blocks = {lanes: encode_block(executor, text, mixed_lanes=lanes) for lanes in ways}

    def equals(self, executor: Executor, lanes: tuple[int, ...]) -> bool:
        """Whether another executor gives the same for these numbers of lanes, and the text back."""
        same_odds = all(self._same_odds(executor, count) for count in lanes)
        return same_odds and all(
            encode_block(executor, self._text, mixed_lanes=mixed_lanes) == block
            and decode_block(executor, block) == self._text
            for mixed_lanes, block in self._blocks.items()
        )

    def steps_equal(self, model: LanguageModel, lanes: int, steps: int) -> bool:
        """Whether the first steps of so many lanes give the same odds."""
        repeated = np.arange(lanes) % len(self._symbols)
        found = by_steps(model, self._symbols[repeated, :steps])
        return np.array_equal(found, self.odds[repeated, :steps])

    def prefill_equals(self, model: LanguageModel) -> bool:
        """Whether prefills of the symbols give the same odds."""
        return np.array_equal(by_prefill(model, self._symbols, PIECE), self.odds)

    def _same_odds(self, executor: Executor, lanes: int) -> bool:
        repeated = np.arange(lanes) % len(self._symbols)
        symbols, expected = self._symbols[repeated], self.odds[repeated]
        found = [by_steps(executor, symbols), by_prefill(executor, symbols, PIECE)]
        with executor.lanes_for(lanes) as model:
            if model is not executor:
                found.append(by_steps(model, symbols))
        return all(np.array_equal(odds, expected) for odds in found)
