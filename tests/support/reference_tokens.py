"""Tokens as docs/format.md, section 5.6, and docs/mixing.md, section 8, have them: plain Python.

Like reference_decoder.py it is written from those pages alone.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import NamedTuple

from reference_mixing import (
    GUESSES,
    Apm,
    Learner,
    Mixer,
    StateMap,
    after,
    clip,
    coarse,
    context_hashes,
    hashed,
    squash,
    stretch,
)

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
    def __init__(self, length: int, stride: int) -> None:
        self.stride = stride
        self.bits = clip(length.bit_length(), 10, 18)
        self.tables: list[dict[int, int]] = [{} for _ in range(7)]
        self.state_maps = [StateMap(1000, GUESSES) for _ in range(7)]
        self.model_apm, self.last_apm = Apm(), Apm()
        self.mixers = [Mixer([52000, 9000] + [3000] * 7, 6, 9) for _ in range(2)]
        self.final_mixer = Mixer([32768] * 2, 1, 0)

    def code(self, past: bytes, length: int, model: int, code: Code) -> int:
        n, c = min(length, 15), past[-1]
        m = stretch(model)
        inputs = [m, stretch(self.model_apm.refine(m, n))]
        places = [hashed(h, n) >> 64 - self.bits for h in context_hashes(past, self.stride)[:7]]
        for table, state_map, place in zip(self.tables, self.state_maps, places, strict=True):
            inputs.append(coarse(state_map.predict(table.get(place, 0))))
        results = [mixer.mix(inputs, s) for mixer, s in zip(self.mixers, (n, c), strict=True)]
        x = self.final_mixer.mix(results, 0)
        bit = code(clip(squash(x) + self.last_apm.refine(x, 16 * c + n) + 1 >> 1, 1, 65535))
        parts: list[Learner] = [self.model_apm, self.last_apm, self.final_mixer]
        for part in (*parts, *self.state_maps, *self.mixers):
            part.update(bit)
        for table, place in zip(self.tables, places, strict=True):
            table[place] = after(table.get(place, 0), bit)
        return bit
