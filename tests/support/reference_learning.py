"""What learns from bits, written from docs/mixing.md, sections 1 and 2, alone."""

from __future__ import annotations

import math
from collections.abc import Sequence

import numpy as np
import numpy.typing as npt

Integers = npt.NDArray[np.int64]

LARGEST_LOGIT = 3071


def clip(x: int, low: int, high: int) -> int:
    return max(low, min(x, high))


# 1. Logits

QUARTERS = [round(2**30 / (1 + math.exp(-i / 4))) for i in range(49)]


def squash(x: int) -> int:
    size = min(abs(x), LARGEST_LOGIT)
    i, rest = divmod(size, 64)
    p = min((QUARTERS[i] + (QUARTERS[i + 1] - QUARTERS[i]) // 64 * rest) >> 14, 65535)
    return p if x > 0 else 65536 - p if x < 0 else 32768


def _firsts() -> list[int]:
    firsts, x = [], 0
    for p in range(32768, 65537):
        while x < LARGEST_LOGIT and squash(x) < p:
            x += 1
        firsts.append(x)
    return firsts


FIRSTS = _firsts()


def stretch(p: int) -> int:
    if p < 32768:
        return -stretch(65536 - p)
    return FIRSTS[(p if p >= 61440 else p - p % 16) - 32768]


COARSE = np.array([stretch(p - p % 16 + 8) for p in range(65536)])
STRETCH = np.array([stretch(p) for p in range(65536)])


# 2. What learns


class StateMaps:
    """Some state maps of one size, each with one entry in use.

    Args:
        maps: their number.
        size: number of the entries of each.
        limit: the largest count.
        first: first probability of each entry, in units of 2**-16; 1/2 if there is none.
    """

    def __init__(
        self, maps: int, size: int, limit: int, first: Sequence[int] | None = None
    ) -> None:
        start = np.array([32768] * size if first is None else first) * 64
        self.p: Integers = np.tile(start, (maps, 1))
        self.n: Integers = np.zeros((maps, size), np.int64)
        self.maps = np.arange(maps)
        self.limit = limit

    def predict(self, entries: Sequence[int]) -> Integers:
        """Probabilities of an entry of each map."""
        self.entries = np.array(entries)
        p: Integers = np.maximum(self.p[self.maps, self.entries] >> 6, 1)
        return p

    def update(self, bit: int, agrees: npt.NDArray[np.bool_] | None = None) -> None:
        """Move the entries of all maps, or of those that agree."""
        at = self.maps, self.entries
        if agrees is not None:
            at = self.maps[agrees], self.entries[agrees]
        p, n = self.p[at], self.n[at]
        target = 2**22 - 1 if bit else 0
        self.p[at] = p + ((target - p) * (131072 // (2 * n + 3)) >> 16)
        self.n[at] = np.minimum(n + 1, self.limit)


class Apm:
    START = tuple(squash((k - 16) * 160) for k in range(33))

    def __init__(self) -> None:
        self.contexts: dict[int, list[int]] = {}

    def refine(self, x: int, context: int) -> int:
        self.knots = self.contexts.setdefault(context, list(self.START))
        k, r = divmod(clip(x, -2560, 2559) + 2560, 160)
        self.nearest = k if r < 80 else k + 1
        return clip((self.knots[k] * (160 - r) + self.knots[k + 1] * r) // 160, 1, 65535)

    def update(self, bit: int) -> None:
        knot = self.knots[self.nearest]
        self.knots[self.nearest] = knot + (((65535 if bit else 0) - knot) >> 6)


class Mixers:
    """Some mixers with the same inputs and first weights."""

    def __init__(self, count: int, first: Sequence[int], rate: int, head_start: int) -> None:
        self.first = np.array(first)
        self.rate, self.head_start = rate, head_start
        self.weights: list[dict[int, Integers]] = [{} for _ in range(count)]
        self.seen: list[dict[int, int]] = [{} for _ in range(count)]

    def mix(self, inputs: Sequence[int] | Integers, contexts: Sequence[int]) -> list[int]:
        """The logit of each mixer, whose set is that of its context."""
        self.inputs = np.array(inputs)
        self.contexts = contexts
        self.selected = np.array(
            [sets.get(c, self.first) for sets, c in zip(self.weights, contexts, strict=True)]
        )
        totals = self.selected @ self.inputs >> 14
        self.x = [clip(int(total), -LARGEST_LOGIT, LARGEST_LOGIT) for total in totals]
        return self.x

    def update(self, bit: int) -> None:
        errors = []
        for seen, context, x in zip(self.seen, self.contexts, self.x, strict=True):
            n = seen.get(context, 0)
            rate = self.rate + 32 * self.head_start // (n + 32)
            errors.append(clip((65536 * bit - squash(x)) * rate >> 10, -32767, 32767))
            seen[context] = min(n + 1, 1023)
        moved = self.selected + (np.outer(errors, self.inputs) + 16384 >> 15)
        rows = np.maximum(np.minimum(moved, 32767), -32768)
        for sets, context, row in zip(self.weights, self.contexts, rows, strict=True):
            sets[context] = row


LARGEST = (40, 24, 12, 8, 6, 5)
History = tuple[int, int, int]


def allowed(zeros: int, ones: int) -> bool:
    smaller = min(zeros, ones)
    return smaller < len(LARGEST) and max(zeros, ones) <= LARGEST[smaller]


def _histories() -> list[History]:
    states = [
        (zeros, total - zeros, last)
        for total in range(41)
        for zeros in range(total, -1, -1)
        for last in (0, 1)
        if allowed(zeros, total - zeros) and (last == 0 or 0 < zeros < total)
    ]
    return sorted(states, key=lambda state: (state[0] + state[1], state[1], state[2]))


HISTORIES = _histories()
NUMBERS = {history: number for number, history in enumerate(HISTORIES)}


def after(state: int, bit: int) -> int:
    counts = list(HISTORIES[state][:2])
    counts[bit] += 1
    if counts[1 - bit] > 2:
        counts[1 - bit] = counts[1 - bit] // 2 + 1
    while not allowed(*counts):
        counts[bit if counts[bit] > counts[1 - bit] else 1 - bit] -= 1
    return NUMBERS[counts[0], counts[1], bit if all(counts) else 0]


AFTER = [(after(state, 0), after(state, 1)) for state in range(len(HISTORIES))]
GUESSES = [(2 * ones + 1) * 65536 // (2 * (zeros + ones) + 2) for zeros, ones, _ in HISTORIES]
