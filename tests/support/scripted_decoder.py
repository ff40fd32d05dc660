"""A decoder whose weights follow a simple rule, over any table of tokens."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from random_decoder import small_shape

from lmpack._executors.token_stepping import TokenSteppingExecutor
from lmpack._native import TokenTable
from lmpack.errors import UsageError


class ScriptedDecoder(TokenSteppingExecutor):
    """Its weights follow from the last symbol and the position: some are 0, some 2**30.

    Args:
        tokens: ascending.
        context: positions of a segment.
        seed: of the segmentation; None for the longest tokens that match.
    """

    name = "scripted"
    version = "1"

    def __init__(self, tokens: Sequence[bytes], context: int = 64, seed: int | None = None) -> None:
        self.tokens = list(tokens)
        self.architecture = small_shape(
            "llama", self.tokens, context=context, windows=(1, context), ropes=(0, 0)
        )
        self.table = TokenTable(b"".join(tokens), bytes(map(len, tokens)))
        self.fed: list[int] = []
        self._random = None if seed is None else np.random.default_rng(seed)
        self._numbers = {token: number for number, token in enumerate(tokens)}
        random = np.random.default_rng(len(tokens))
        shifts = random.integers(6, 32, len(tokens))
        self._weights = random.integers(0, 2**30 + 1, len(tokens)) >> shifts
        self._weights[0] = 2**30

    def start(self, lanes: int) -> list[int]:
        return [0]

    def prefill(self, state: list[int], symbols: np.ndarray) -> np.ndarray:
        steps = symbols.shape[1]
        if state[0] + steps > self.architecture.context:
            raise UsageError("more symbols than the context has positions")
        self.fed.append(steps)
        places = np.arange(len(self.tokens)) + 7 * symbols[:, :, None].astype(np.int64)
        places += np.arange(state[0], state[0] + steps)[:, None]
        state[0] += steps
        return self._weights[places % len(self.tokens)].astype(np.int32)

    def step(self, state: list[int], symbols: np.ndarray) -> np.ndarray:
        return self.prefill(state, symbols[:, None])[:, 0]

    def predict(self, lanes: Sequence[Sequence[int]]) -> list[list[int]]:
        """The weights of the next token of each lane, as the reference decoder wants them."""
        rows = []
        for lane in lanes:
            first = len(lane) // self.architecture.context * self.architecture.context
            fed = [self.architecture.start_symbol, *lane[first:]]
            rows.append(self.prefill([len(fed) - 1], np.array([fed[-1:]]))[0, 0].tolist())
        return rows

    def segment(self, plain: bytes) -> np.ndarray:
        numbers = []
        longest = max(map(len, self.tokens))
        while plain:
            parts = [plain[:size] for size in range(1, min(longest, len(plain)) + 1)]
            found = [self._numbers[part] for part in parts if part in self._numbers]
            if not found:
                break  # it is the coder that has to notice
            numbers.append(found[-1] if self._random is None else self._random.choice(found))
            plain = plain[len(self.tokens[numbers[-1]]) :]
        return np.array(numbers, np.int32)

    def likely_content(self, length: int) -> bytes:
        """Content whose tokens the rule finds likely."""
        lane: list[int] = []
        content = b""
        while len(content) < length:
            lane.append(int(np.argmax(self.predict([lane])[0])))
            content += self.tokens[lane[-1]]
        return content[:length]
