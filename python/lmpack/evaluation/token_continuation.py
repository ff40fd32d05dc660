"""Strings of tokens that grow, and what a pretrained decoder expects next."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import numpy.typing as npt

from lmpack._executors.protocol import LanguageModel
from lmpack._models.decoder.shape import DecoderShape

MOST_WEIGHTS = 1 << 22
"""That are made in one go while a prompt is read; they bound the memory."""


class TokenContinuation:
    """What a decoder expects.

    When its context is full it starts afresh with the last half of it.

    Args:
        model: runs the decoder.
        shape: of the decoder.
        spellings: the bytes of each token.
        texts: tokens of each prompt: at least one prompt, all with the same number of tokens.
    """

    def __init__(
        self,
        model: LanguageModel,
        shape: DecoderShape,
        spellings: Sequence[bytes],
        texts: Sequence[Sequence[int]],
    ) -> None:
        self.spellings = spellings
        self._model, self._shape = model, shape
        self._texts = [list(text) for text in texts]
        self._start()

    def odds(self) -> npt.NDArray[np.int64]:
        """See :class:`~lmpack.evaluation.continuation.Continuation`."""
        return self._weights.astype(np.int64)

    def append(self, values: Sequence[int]) -> None:
        """See :class:`~lmpack.evaluation.continuation.Continuation`."""
        for text, value in zip(self._texts, values, strict=True):
            text.append(value)
        if self._fed == self._shape.context:
            self._start()
        else:
            self._weights = self._model.step(self._state, np.array(values, np.int32))
            self._fed += 1

    def _start(self) -> None:
        """Begin a segment: the start symbol, then as much of the texts as is kept."""
        shape = self._shape
        if 1 + len(self._texts[0]) > shape.context:
            self._texts = [text[len(text) - shape.context // 2 :] for text in self._texts]
        fed = np.array([[shape.start_symbol, *text] for text in self._texts], np.int32)
        self._state = self._model.start(len(fed))
        self._fed = fed.shape[1]
        count = max(1, MOST_WEIGHTS // (len(fed) * shape.vocabulary))
        for first in range(0, self._fed, count):
            weights = self._model.prefill(self._state, fed[:, first : first + count])
        self._weights = weights[:, -1]
