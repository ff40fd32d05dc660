"""Byte strings that grow symbol by symbol, and what a compressor expects next.

If |x| is the number of bytes that a compressor makes of x, it expects the byte b after x with a
probability in proportion to 2^(8 (|x| - |xb|)) (Delétang et al., section 3.4). A Transformer gives
its odds itself; the symbols of a pretrained one are tokens.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import NamedTuple, Protocol

import numpy as np
import numpy.typing as npt

from lmpack._executors.protocol import LanguageModel
from lmpack.evaluation.compressors import find_compressor
from lmpack.evaluation.model_compressors import PretrainedDecoder, Transformer
from lmpack.evaluation.protocol import Compressor
from lmpack.evaluation.token_continuation import TokenContinuation

BYTES = 256
LARGEST_ODDS_BITS = 24

MOST_STRINGS = 32
"""Strings of tokens that grow together; each needs memory for its whole context."""

SINGLE_BYTES: Sequence[bytes] = [bytes([byte]) for byte in range(BYTES)]

Odds = npt.NDArray[np.int64]
"""Unnormalised probabilities of the next symbol."""


class Continuation(Protocol):
    """Several byte strings that grow together.

    Attributes:
        spellings: the bytes of each symbol, at least one.
    """

    spellings: Sequence[bytes]

    def odds(self) -> Odds:
        """Unnormalised probabilities of the next symbol: integers [strings, symbols]."""

    def append(self, values: Sequence[int]) -> None:
        """One more symbol for each string."""


class ModelContinuation:
    """What a Transformer expects.

    Args:
        model: one with at least 256 symbols.
        prompts: at least one, of equal length.
    """

    spellings = SINGLE_BYTES

    def __init__(self, model: LanguageModel, prompts: Sequence[bytes]) -> None:
        self._model = model
        self._state = model.start(len(prompts))
        start = model.architecture.start_symbol
        fed = np.array([[start, *prompt] for prompt in prompts], np.int32)
        self._odds = model.prefill(self._state, fed)[:, -1]

    def odds(self) -> Odds:
        """See :class:`Continuation`."""
        return self._odds[:, :BYTES].astype(np.int64)

    def append(self, values: Sequence[int]) -> None:
        """See :class:`Continuation`."""
        self._odds = self._model.step(self._state, np.array(values, np.int32))


class CompressorContinuation:
    """What any compressor expects: it compresses each string with each next byte.

    Args:
        compressor: of any kind.
        prompts: at least one.
    """

    spellings = SINGLE_BYTES

    def __init__(self, compressor: Compressor, prompts: Sequence[bytes]) -> None:
        self._compressor = compressor
        self._strings = list(prompts)

    def odds(self) -> Odds:
        """See :class:`Continuation`. Those of the most probable bytes are 2**24."""
        sizes = np.array(
            [
                [len(self._compressor.compress(text + bytes([byte]))) for byte in range(BYTES)]
                for text in self._strings
            ],
            np.int64,
        )
        more_bits = 8 * (sizes - sizes.min(axis=1, keepdims=True))
        largest = np.int64(1) << LARGEST_ODDS_BITS
        odds: Odds = largest >> np.minimum(more_bits, 63)
        return odds

    def append(self, values: Sequence[int]) -> None:
        """See :class:`Continuation`."""
        self._strings = [
            text + bytes([byte]) for text, byte in zip(self._strings, values, strict=True)
        ]


class Group(NamedTuple):
    """Some of the prompts, which grow together.

    Attributes:
        numbers: which ones.
        continuation: of these, in this order.
    """

    numbers: Sequence[int]
    continuation: Continuation


def continuations_of(name: str, prompts: Sequence[bytes]) -> Iterator[Group]:
    """The continuations of prompts of equal length by a compressor.

    Args:
        name: as for :func:`~lmpack.evaluation.compressors.find_compressor`. A model is asked for
            its odds.
        prompts: at least one.

    Yields:
        Groups of prompts, each made when it is asked for: what grows together has to have the same
        number of symbols.
    """
    compressor = find_compressor(name)
    if isinstance(compressor, PretrainedDecoder):
        yield from _token_groups(compressor, prompts)
    elif isinstance(compressor, Transformer):
        yield Group(range(len(prompts)), ModelContinuation(compressor.executor, prompts))
    else:
        yield Group(range(len(prompts)), CompressorContinuation(compressor, prompts))


def _token_groups(decoder: PretrainedDecoder, prompts: Sequence[bytes]) -> Iterator[Group]:
    bundle = decoder.bundle
    segmenter, spellings = bundle.segmenter(), bundle.token_table()
    texts = [segmenter.segment(prompt).tolist() for prompt in prompts]
    by_length: dict[int, list[int]] = {}
    for number, text in enumerate(texts):
        by_length.setdefault(len(text), []).append(number)
    for numbers in by_length.values():
        for first in range(0, len(numbers), MOST_STRINGS):
            chosen = numbers[first : first + MOST_STRINGS]
            grown = [texts[number] for number in chosen]
            continuation = TokenContinuation(
                decoder.executor, bundle.architecture, spellings, grown
            )
            yield Group(chosen, continuation)
