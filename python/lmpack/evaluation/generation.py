"""Compressors as generative models: the next byte is drawn as the compressor would predict it.

A compressor that makes `len(x)` bytes of x holds the byte b after x for as probable as
2^(8 (len(x) - len(xb))) (Delétang et al., section 3.4); a Transformer says its weights itself.
"""

from __future__ import annotations

import bisect
import itertools
import math
import random
from collections.abc import Callable, Sequence
from typing import Any, Protocol

import numpy as np
import numpy.typing as npt

from lmpack._executors.protocol import LanguageModel
from lmpack.errors import UsageError
from lmpack.evaluation.compressors import Compressor, find_compressor
from lmpack.evaluation.model_compressors import Transformer

BYTES = 256
LARGEST_WEIGHT_BITS = 24

Weights = npt.NDArray[np.int64]


class Continuation(Protocol):
    """Several byte strings that grow together."""

    def weights(self) -> Weights:
        """Unnormalised probabilities of the next byte: integers [strings, 256]."""

    def append(self, values: Sequence[int]) -> None:
        """One more byte for each string."""


class ModelContinuation:
    """What a Transformer holds for probable.

    Args:
        predictor: of a model with at least 256 symbols.
        prompts: at least one, of equal length.
    """

    def __init__(self, predictor: LanguageModel, prompts: Sequence[bytes]) -> None:
        self._predictor = predictor
        self._state = predictor.start(len(prompts))
        start = predictor.architecture.start_symbol
        fed = np.array([[start, *prompt] for prompt in prompts], np.int32)
        self._weights = predictor.prefill(self._state, fed)[:, -1]

    def weights(self) -> Weights:
        """See :class:`Continuation`."""
        return self._weights[:, :BYTES].astype(np.int64)

    def append(self, values: Sequence[int]) -> None:
        """See :class:`Continuation`."""
        self._weights = self._predictor.step(self._state, np.array(values, np.int32))


class CompressorContinuation:
    """What any compressor holds for probable: it compresses each string with each next byte.

    Args:
        compressor: of any kind.
        prompts: at least one.
    """

    def __init__(self, compressor: Compressor, prompts: Sequence[bytes]) -> None:
        self._compressor = compressor
        self._strings = list(prompts)

    def weights(self) -> Weights:
        """See :class:`Continuation`. The most probable bytes have the weight 2**24."""
        sizes = np.array(
            [
                [len(self._compressor.compress(text + bytes([byte]))) for byte in range(BYTES)]
                for text in self._strings
            ],
            np.int64,
        )
        more_bits = 8 * (sizes - sizes.min(axis=1, keepdims=True))
        largest = np.int64(1) << LARGEST_WEIGHT_BITS
        weights: Weights = largest >> np.minimum(more_bits, 63)
        return weights

    def append(self, values: Sequence[int]) -> None:
        """See :class:`Continuation`."""
        self._strings = [
            text + bytes([byte]) for text, byte in zip(self._strings, values, strict=True)
        ]


def continuation_of(name: str, prompts: Sequence[bytes]) -> Continuation:
    """The continuation of prompts of equal length by a compressor.

    Args:
        name: as for :func:`~lmpack.evaluation.compressors.find_compressor`. A model is asked for
            its weights.
        prompts: at least one.
    """
    compressor = find_compressor(name)
    if isinstance(compressor, Transformer):
        return ModelContinuation(compressor.executor, prompts)
    return CompressorContinuation(compressor, prompts)


def generate(
    continuation: Continuation,
    strings: int,
    count: int,
    *,
    seed: int = 0,
    temperature: float = 1.0,
    progress: Callable[[int], Any] | None = None,
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
        rows = _tempered(continuation.weights(), temperature)
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
        name: of the compressor, as for :func:`continuation_of`.
        prompts: at least one.
        drawn: at least one list with a candidate for each prompt.
    """
    compressor = find_compressor(name)
    return [
        min(candidates, key=lambda candidate: len(compressor.compress(prompt + candidate)))
        for prompt, candidates in zip(prompts, zip(*drawn, strict=True), strict=True)
    ]


def _tempered(weights: Weights, temperature: float) -> Weights:
    """Weights to the power of 1 / temperature, as integers; the largest stays above 0."""
    if temperature == 1:
        return weights
    largest = weights.max(axis=1, keepdims=True)
    if temperature == 0:
        first = weights.argmax(axis=1)
        chosen: Weights = (np.arange(BYTES) == first[:, None]).astype(np.int64)
        return chosen
    shares = (weights / largest) ** (1 / temperature)
    tempered: Weights = np.rint(shares * 2**LARGEST_WEIGHT_BITS).astype(np.int64)
    return tempered


def _draw(weights: Weights, numbers: random.Random) -> int:
    """A byte with a probability in proportion to its weight."""
    sums = list(itertools.accumulate(map(int, weights)))
    return bisect.bisect_right(sums, numbers.randrange(sums[-1]))
