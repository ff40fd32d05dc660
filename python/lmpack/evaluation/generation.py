"""Compressors as generative models: the next byte is drawn as the compressor would predict it."""

from __future__ import annotations

import bisect
import itertools
import math
import random
from collections.abc import Callable, Sequence

import numpy as np

from lmpack.errors import UsageError
from lmpack.evaluation.compressors import find_compressor
from lmpack.evaluation.continuation import BYTES, LARGEST_ODDS_BITS, Continuation, Odds


def generate(
    continuation: Continuation,
    strings: int,
    count: int,
    *,
    seed: int = 0,
    temperature: float = 1.0,
    progress: Callable[[int], None] | None = None,
) -> list[bytes]:
    """Draw bytes one after another.

    Args:
        continuation: of the prompts.
        strings: how many prompts there are.
        count: bytes to draw for each of them.
        seed: the same seed gives the same bytes; each string has random numbers of its own.
        temperature: above 1 makes bytes more even, below 1 the probable ones more probable; 0 takes
            the most probable one always.
        progress: called with the number of bytes drawn for each string.

    Returns:
        What was drawn for each string, without its prompt.

    Raises:
        UsageError: an argument is out of range.
    """
    if not (count >= 0 and 0 <= temperature < math.inf):
        raise UsageError(f"count ({count}) and temperature ({temperature}) must not be negative")
    numbers = [random.Random(f"{seed}/{string}") for string in range(strings)]
    drawn: list[list[int]] = []
    for step in range(count):
        if step:
            continuation.append(drawn[-1])
        rows = _tempered(continuation.odds(), temperature)
        drawn.append([_draw(row, source) for row, source in zip(rows, numbers, strict=True)])
        if progress is not None:
            progress(step + 1)
    return [bytes(step[string] for step in drawn) for string in range(strings)]


def best_continuations(
    name: str, prompts: Sequence[bytes], drawn: Sequence[Sequence[bytes]]
) -> list[bytes]:
    """For each prompt the candidate that a compressor makes smallest, prompt included.

    Of all continuations of one length it is the one that the compressor holds for most probable.

    Args:
        name: of the compressor, as for :func:`~lmpack.evaluation.compressors.find_compressor`.
        prompts: at least one.
        drawn: at least one list with a candidate for each prompt.
    """
    compressor = find_compressor(name)
    return [
        min(candidates, key=lambda candidate: len(compressor.compress(prompt + candidate)))
        for prompt, candidates in zip(prompts, zip(*drawn, strict=True), strict=True)
    ]


def _tempered(odds: Odds, temperature: float) -> Odds:
    """Odds to the power of 1 / temperature, as integers; the largest stays above 0."""
    if temperature == 1:
        return odds
    largest = odds.max(axis=1, keepdims=True)
    if temperature == 0:
        first = odds.argmax(axis=1)
        chosen: Odds = (np.arange(BYTES) == first[:, None]).astype(np.int64)
        return chosen
    shares = (odds / largest) ** (1 / temperature)
    tempered: Odds = np.rint(shares * 2**LARGEST_ODDS_BITS).astype(np.int64)
    return tempered


def _draw(odds: Odds, numbers: random.Random) -> int:
    """A byte with a probability in proportion to its odds."""
    sums = list(itertools.accumulate(map(int, odds)))
    return bisect.bisect_right(sums, numbers.randrange(sums[-1]))
