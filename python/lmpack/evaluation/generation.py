"""Compressors as generative models: the next symbol is drawn as the compressor would predict it.

The same prompts, seed and temperature give the same bytes everywhere, if the odds are the same.
"""

from __future__ import annotations

import math
import random
from collections.abc import Callable, Sequence

import numpy as np
import numpy.typing as npt

from lmpack.errors import EvaluationError, UsageError
from lmpack.evaluation.compressors import find_compressor
from lmpack.evaluation.continuation import (
    LARGEST_ODDS_BITS,
    Continuation,
    Odds,
    continuations_of,
)

EXPONENT_BITS = 24
LARGEST_EXPONENT = 2.0**40
"""The power in which odds are taken: a multiple of 2^-24. With more than 2^40 only the most
probable symbol is left."""

BytesDrawn = Callable[[int], None]


def continue_prompts(
    name: str,
    prompts: Sequence[bytes],
    count: int,
    *,
    seed: int = 0,
    temperature: float = 1.0,
    progress: BytesDrawn | None = None,
) -> list[bytes]:
    """What a compressor would write after each prompt.

    Args:
        name: of the compressor, as for :func:`~lmpack.evaluation.compressors.find_compressor`.
        prompts: at least one, of equal length.
        count: bytes to draw for each of them.
        seed: see :func:`generate`.
        temperature: see :func:`generate`.
        progress: called with the number of bytes drawn for each prompt, on average.

    Raises:
        UsageError: an argument is out of range, or there is no such compressor.
        EvaluationError: it needs a package that is not installed.
        ModelError: the model cannot be used.
    """
    drawn: dict[int, bytes] = {}

    def tell(more: int) -> None:
        if progress is not None:
            progress((len(drawn) * count + more * len(numbers)) // len(prompts))

    for numbers, continuation in continuations_of(name, prompts):
        texts = generate(
            continuation, numbers, count, seed=seed, temperature=temperature, progress=tell
        )
        drawn |= zip(numbers, texts, strict=True)
    return [drawn[number] for number in range(len(prompts))]


def generate(
    continuation: Continuation,
    strings: Sequence[int],
    count: int,
    *,
    seed: int = 0,
    temperature: float = 1.0,
    progress: BytesDrawn | None = None,
) -> list[bytes]:
    """Draw symbols one after another.

    Args:
        continuation: of the prompts.
        strings: a number for each prompt.
        count: bytes to draw for each of them. The last symbol is cut where it has more.
        seed: the same seed gives the same bytes; each string has random numbers of its own, by its
            number.
        temperature: above 1 makes symbols more even, below 1 the probable ones more probable; 0
            takes the most probable one always.
        progress: called with the number of bytes drawn for each string.

    Returns:
        What was drawn for each string, without its prompt.

    Raises:
        UsageError: an argument is out of range.
    """
    if count < 0:
        raise UsageError(f"count must be 0 or more, not {count}")
    if not 0 <= temperature < math.inf:
        raise UsageError(f"temperature must be a number of 0 or more, not {temperature}")
    numbers = [random.Random(f"{seed}/{string}") for string in strings]
    texts = [bytearray() for _ in strings]
    values: list[int] = []
    while min(map(len, texts)) < count:
        if values:
            continuation.append(values)
        rows = _tempered(continuation.odds(), temperature)
        values = [_draw(row, source) for row, source in zip(rows, numbers, strict=True)]
        for text, value in zip(texts, values, strict=True):
            text += continuation.spellings[value]
        if progress is not None:
            progress(min(count, *map(len, texts)))
    return [bytes(text[:count]) for text in texts]


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
        chosen: Odds = (np.arange(odds.shape[1]) == first[:, None]).astype(np.int64)
        return chosen
    shares = _power(odds / largest, min(1 / temperature, LARGEST_EXPONENT))
    tempered: Odds = np.rint(shares * 2**LARGEST_ODDS_BITS).astype(np.int64)
    return tempered


def _power(shares: npt.NDArray[np.float64], exponent: float) -> npt.NDArray[np.float64]:
    """Numbers of 0 to 1 to a power, made of products and square roots alone.

    These are rounded alike everywhere, which is not so of the power of a mathematical library.
    """
    whole, fraction = divmod(round(exponent * 2**EXPONENT_BITS), 2**EXPONENT_BITS)
    result = np.ones_like(shares)
    factor = shares
    while whole:
        if whole & 1:
            result = result * factor
        factor, whole = factor * factor, whole >> 1
    factor = shares
    for bit in reversed(range(EXPONENT_BITS)):
        factor = np.sqrt(factor)
        if fraction >> bit & 1:
            result = result * factor
    return result


def _draw(odds: Odds, numbers: random.Random) -> int:
    """A symbol with a probability in proportion to its odds."""
    sums = np.cumsum(odds)
    if sums[-1] <= 0:
        raise EvaluationError(
            "the model expects no byte here, only symbols that are none: choose another model"
        )
    return int(np.searchsorted(sums, numbers.randrange(int(sums[-1])), side="right"))
