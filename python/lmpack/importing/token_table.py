"""Which tokens of a source an exact decoder has: one for each string of bytes, sorted."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Sequence
from typing import Any, NamedTuple

import numpy as np
import numpy.typing as npt

from lmpack._extras import import_extra
from lmpack._models.decoder.shape import LARGEST_TOKEN
from lmpack._models.panics import panics_as_errors
from lmpack.errors import BundleError
from lmpack.importing.source import SourceTokens


class TokenTable(NamedTuple):
    """The symbols of an exact decoder.

    Attributes:
        tokens: the bytes of each, ascending.
        ids: int64 [V + 1], the id in the source of each symbol, the start symbol included.
        dropped: how many tokens were left out for each reason.
    """

    tokens: list[bytes]
    ids: npt.NDArray[np.int64]
    dropped: dict[str, int]


def token_table(source: SourceTokens) -> TokenTable:
    """Choose and sort the tokens.

    Raises:
        BundleError: a byte has no token, or the tokenizer or its package cannot be loaded.
    """
    found: defaultdict[bytes, list[int]] = defaultdict(list)
    control = long = 0
    for number, text in enumerate(source.texts):
        if not text:
            control += 1
        elif len(text) > LARGEST_TOKEN:
            long += 1
        else:
            found[text].append(number)
    missing = [byte for byte in range(256) if bytes([byte]) not in found]
    if missing:
        raise BundleError(
            f"no token of the model stands for the byte {missing[0]:#04x} ({len(missing)} bytes "
            "have none), so not all data could be coded with it: choose another model"
        )
    twins = {text: numbers for text, numbers in found.items() if len(numbers) > 1}
    kept = {text: numbers[0] for text, numbers in found.items()} | _preferred(source, twins)
    tokens = sorted(kept)
    ids = np.array([*(kept[token] for token in tokens), source.start], np.int64)
    twice = sum(len(numbers) - 1 for numbers in twins.values())
    return TokenTable(tokens, ids, {"control": control, "too_long": long, "twice": twice})


def _preferred(source: SourceTokens, twins: dict[bytes, list[int]]) -> dict[bytes, int]:
    """Of tokens with the same bytes the one that the tokenizer gives.

    SentencePiece has tokens for all 256 bytes, and characters of one byte besides: the model has
    hardly ever seen the former in text.
    """
    if not twins:
        return {}
    library = import_extra("tokenizers", "tokenizers", extra="import", error=BundleError)
    try:
        with panics_as_errors():
            tokenizer = library.Tokenizer.from_str(source.tokenizer)
    except Exception as error:  # the library raises Exception itself
        raise BundleError(f"the tokenizer of the model cannot be read: {error}") from error
    return {text: _given(tokenizer, text, numbers) for text, numbers in twins.items()}


def _given(tokenizer: Any, text: bytes, numbers: Sequence[int]) -> int:
    try:
        with panics_as_errors():
            (given,) = tokenizer.encode(text.decode(), add_special_tokens=False).ids
    except Exception:  # no UTF-8, several tokens, or whatever the library raises
        return numbers[-1]
    return int(given) if given in numbers else numbers[-1]
