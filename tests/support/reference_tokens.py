"""Tokens as docs/format.md, section 5.6, and docs/mixing.md, section 8, have them: plain Python.

Like reference_decoder.py it is written from those pages alone.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import NamedTuple

from reference_contexts import Followers, LaneContexts
from reference_learning import (
    AFTER,
    COARSE,
    GUESSES,
    Apm,
    Mixers,
    StateMaps,
    clip,
    squash,
    stretch,
)
from reference_texts import H

Weights = Sequence[int]
Code = Callable[[int], int]
"""From the probability of a 1, in units of 2**-16, to the bit."""


class TokenModel(NamedTuple):
    """A rule that predicts tokens.

    Attributes:
        tokens: their bytes, ascending.
        predict: from the tokens of each lane to the weights of each lane's next one.
    """

    tokens: Sequence[bytes]
    predict: Callable[[Sequence[Sequence[int]]], Sequence[Weights]]


class NoTokenError(Exception):
    """The lane ends inside of a token."""


def share(a: int, b: int) -> int:
    k = max(0, (a + b).bit_length() - 48)
    if a + b == 0:
        return 32768
    return clip((a >> k) * 2**16 // ((a + b) >> k), 1, 65535)


class Byte:
    """The next byte of a token, of which some tokens are left."""

    def __init__(
        self, left: Sequence[int], tokens: Sequence[bytes], weights: Weights, place: int
    ) -> None:
        self.left, self.tokens, self.weights, self.place = left, tokens, weights, place
        self.bits = 0

    def split(self) -> tuple[list[int], list[int]]:
        mask = 128 >> self.bits
        ones = [i for i in self.left if self.tokens[i][self.place] & mask]
        return [i for i in self.left if i not in ones], ones

    def model(self) -> int:
        zeros, ones = self.split()
        return share(sum(self.weights[i] for i in ones), sum(self.weights[i] for i in zeros))

    def code(self, p: int, code: Code) -> int:
        parts = self.split()
        bit = code(p) if all(parts) else int(not parts[0])
        self.left = parts[bit]
        self.bits += 1
        return bit


def code_token(
    tokens: Sequence[bytes],
    weights: Weights,
    rest: int,
    code_end: Callable[[int, int], int],
    code_byte: Callable[[Byte], None],
) -> int:
    """The number of the token; `code_end` is given the probability and the prefix's length."""
    left: Sequence[int] = range(len(tokens))
    length = 0
    while True:
        lo, *longer = left
        if len(tokens[lo]) == length:
            if length == rest or not longer:
                return lo
            if code_end(share(weights[lo], sum(weights[i] for i in longer)), length):
                return lo
            left = longer
        elif length == rest:
            raise NoTokenError
        byte = Byte(left, tokens, weights, length)
        code_byte(byte)
        left = byte.left
        length += 1


class EndMixer:
    """Probabilities of the flags END of a block with so many mixed bytes."""

    CONTEXTS = (1, 2, 3, 4, 5, 7, 8)

    def __init__(self, length: int) -> None:
        self.m = clip(length.bit_length(), 10, 18)
        self.tables: list[dict[int, int]] = [{} for _ in self.CONTEXTS]
        self.state_maps = StateMaps(len(self.CONTEXTS), len(GUESSES), 1000, GUESSES)
        self.model_apm, self.last_apm = Apm(), Apm()
        self.mixers = Mixers(2, [13000, 2250] + [750] * len(self.CONTEXTS), 184, 400)
        self.final_mixer = Mixers(1, [8192] * 2, 32, 0)

    def code(self, past: bytes, length: int, model: int, code: Code) -> int:
        """The flag of a lane with these bytes, of which so many are the prefix."""
        n, c = min(length, 15), past[-1]
        logit = stretch(model)
        places = [H(value, n) >> 64 - self.m for value in _hashes(past, self.CONTEXTS)]
        states = [table.get(place, 0) for table, place in zip(self.tables, places, strict=True)]
        inputs = [logit, stretch(self.model_apm.refine(logit, n))]
        inputs += COARSE[self.state_maps.predict(states)].tolist()
        [x] = self.final_mixer.mix(self.mixers.mix(inputs, [n, c]), [0])
        bit = code(clip(squash(x) + self.last_apm.refine(x, 16 * c + n) + 1 >> 1, 1, 65535))
        for part in (
            self.model_apm,
            self.last_apm,
            self.state_maps,
            self.mixers,
            self.final_mixer,
        ):
            part.update(bit)
        for table, place, state in zip(self.tables, places, states, strict=True):
            table[place] = AFTER[state][bit]
        return bit


def _hashes(past: bytes, numbers: Sequence[int]) -> list[int]:
    """Of the contexts of the next byte of a lane."""
    contexts = LaneContexts(Followers(), 0)
    for c in past:
        contexts.add(c)
    return contexts.hashes(numbers)
