"""A decoder whose weights follow a simple rule, over any table of tokens."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from random_decoder import small_shape

from lmpack._executors.token_stepping import TokenSteppingExecutor
from lmpack._native import TokenTable
from lmpack.errors import UsageError


class RuledDecoder(TokenSteppingExecutor):
    """Its weights follow from the last symbol and the position: some are 0, some 2**30.

    Args:
        tokens: ascending.
        context: positions of a segment.
        seed: of the segmentation; None for the tokens that the rule finds likeliest.
    """

    name = "ruled"
    version = "1"

    def __init__(self, tokens: Sequence[bytes], context: int = 64, seed: int | None = None) -> None:
        self.tokens = list(tokens)
        self.architecture = small_shape(
            "llama", self.tokens, context=context, windows=(1, context), ropes=(0, 0)
        )
        self.table = TokenTable(b"".join(tokens), bytes(map(len, tokens)))
        self.fed: list[int] = []
        self._random = None if seed is None else np.random.RandomState(seed)
        self._numbers = {token: number for number, token in enumerate(tokens)}
        random = np.random.RandomState(len(tokens))  # its stream never changes
        shifts = random.randint(6, 32, len(tokens))
        self._weights = random.randint(0, 2**30 + 1, len(tokens)) >> shifts
        self._weights[0] = 2**30

    def start(self, lanes: int) -> list[int]:
        return [0]

    def prefill(self, state: list[int], symbols: np.ndarray) -> np.ndarray:
        steps = symbols.shape[1]
        if state[0] + steps > self.architecture.context:
            raise UsageError("more symbols than the context has positions")
        self.fed.append(steps)
        state[0] += steps
        return self._rule(symbols, state[0] - steps)

    def _rule(self, symbols: np.ndarray, position: int) -> np.ndarray:
        places = np.arange(len(self.tokens)) + 7 * symbols[:, :, None].astype(np.int64)
        places += np.arange(position, position + symbols.shape[1])[:, None]
        weights: np.ndarray = self._weights[places % len(self.tokens)]
        return weights.astype(np.int32)

    def step(self, state: list[int], symbols: np.ndarray) -> np.ndarray:
        return self.prefill(state, symbols[:, None])[:, 0]

    def predict(self, lanes: Sequence[Sequence[int]]) -> list[list[int]]:
        """The weights of the next token of each lane, as the reference decoder wants them."""
        rows = []
        for lane in lanes:
            position = len(lane) % self.architecture.context
            last = lane[-1] if position else self.architecture.start_symbol
            rows.append(self._rule(np.array([[last]]), position)[0, 0].tolist())
        return rows

    def segment(self, plain: bytes) -> np.ndarray:
        numbers: list[int] = []
        longest = max(map(len, self.tokens))
        while plain:
            parts = [plain[:size] for size in range(1, min(longest, len(plain)) + 1)]
            found = [self._numbers[part] for part in parts if part in self._numbers]
            if not found:
                break  # it is the coder that has to notice
            if self._random is None:
                weights = self.predict([numbers])[0]
                numbers.append(max(found, key=weights.__getitem__))
            else:
                numbers.append(int(self._random.choice(found)))
            plain = plain[len(self.tokens[numbers[-1]]) :]
        return np.array(numbers, np.int32)

    def likely_content(self, length: int, choices: int = 1) -> bytes:
        """Content of which each token is one of so many that the rule finds likeliest."""
        random = np.random.default_rng(4)
        lane: list[int] = []
        content = b""
        while len(content) < length:
            likeliest = np.argsort(-np.array(self.predict([lane])[0]), kind="stable")[:choices]
            lane.append(int(random.choice(likeliest)))
            content += self.tokens[lane[-1]]
        return content[:length]
