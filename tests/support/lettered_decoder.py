"""A decoder whose weights follow from a rule, which costs no time."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import numpy.typing as npt

from lmpack._executors.token_stepping import TokenSteppingExecutor, table_of
from lmpack._models.decoder.bundle import DecoderBundle

State = list[list[int]]
"""What each lane was fed."""

LIKELY = frozenset(b"aeinst \n")
ROWS = 61
"""Different answers that it has."""


class LetteredDecoder(TokenSteppingExecutor):
    """Finds tokens of few letters probable, and depends on all that a lane was fed."""

    name = "lettered"
    version = "1"

    def __init__(self, bundle: DecoderBundle) -> None:
        self.architecture = bundle.architecture
        self.table = table_of(bundle)
        self.segmenter = bundle.segmenter()
        tokens = bundle.token_table()
        base = np.array([1 << 24 if LIKELY.issuperset(token) else 64 for token in tokens])
        factors = np.random.default_rng(0).integers(1, 9, (ROWS, len(tokens)))
        self.rows: npt.NDArray[np.int64] = base * factors
        self.states: list[State] = []

    def segment(self, plain: bytes) -> npt.NDArray[np.int32]:
        return self.segmenter.segment(plain)

    def start(self, lanes: int) -> State:
        self.states.append([[] for _ in range(lanes)])
        return self.states[-1]

    def prefill(self, state: State, symbols: npt.NDArray[np.integer]) -> npt.NDArray[np.int32]:
        return np.stack([self.step(state, column) for column in symbols.T], axis=1)

    def step(self, state: State, symbols: npt.NDArray[np.integer]) -> npt.NDArray[np.int32]:
        for lane, symbol in zip(state, symbols.tolist(), strict=True):
            lane.append(symbol)
            assert lane[0] == self.architecture.start_symbol
            assert len(lane) <= self.architecture.context
        return np.array([self.weights(lane[1:]) for lane in state], np.int32)

    def weights(self, seen: Sequence[int]) -> npt.NDArray[np.int64]:
        """Those after some tokens: int64 [V], 64 to 2^27."""
        weights: npt.NDArray[np.int64] = self.rows[(len(seen) + 7 * sum(seen)) % ROWS]
        return weights
