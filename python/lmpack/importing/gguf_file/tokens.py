"""The vocabulary of a GGUF file."""

from __future__ import annotations

from typing import Any

import numpy as np

from lmpack.errors import BundleError
from lmpack.importing.fields import Fields
from lmpack.importing.source import SourceTokens
from lmpack.importing.vocabulary.byte_level import byte_level_bytes
from lmpack.importing.vocabulary.pieces import Kind, Piece
from lmpack.importing.vocabulary.source_tokens import sentencepiece_tokens, source_tokens
from lmpack.importing.vocabulary.tokenizer_json import tokenizer_json

_PREFIX = "tokenizer.ggml."

_GPT2 = {
    "type": "ByteLevel",
    "add_prefix_space": False,
    "trim_offsets": False,
    "use_regex": True,
}
_BYTES_ONLY = _GPT2 | {"use_regex": False}
_DIGITS_AND_GPT2 = {
    "type": "Sequence",
    "pretokenizers": [{"type": "Digits", "individual_digits": True}, _GPT2],
}


def _words(digits: str) -> dict[str, Any]:
    """Words as Llama 3 and Qwen cut them; they differ in how many digits are one word."""
    pattern = (
        r"(?i:'s|'t|'re|'ve|'m|'ll|'d)|[^\r\n\p{L}\p{N}]?\p{L}+|"
        + digits
        + r"| ?[^\s\p{L}\p{N}]+[\r\n]*|\s*[\r\n]+|\s+(?!\S)|\s+"
    )
    split = {
        "type": "Split",
        "pattern": {"Regex": pattern},
        "behavior": "Isolated",
        "invert": False,
    }
    return {"type": "Sequence", "pretokenizers": [split, _BYTES_ONLY]}


_LLAMA3, _QWEN2 = _words(r"\p{N}{1,3}"), _words(r"\p{N}")
_CUTS = {
    "gpt-2": _GPT2,
    "llama3": _LLAMA3,
    "llama-v3": _LLAMA3,
    "llama-bpe": _LLAMA3,
    "qwen2": _QWEN2,
    "deepseek-r1-qwen": _QWEN2,
    "smollm": _DIGITS_AND_GPT2,
}
"""How text is cut into words before they are merged, by `tokenizer.ggml.pre`."""


def read_tokens(metadata: Fields, *, vocabulary: int) -> SourceTokens:
    """The vocabulary that the metadata describe.

    Args:
        metadata: all of it.
        vocabulary: rows of the embedding.

    Raises:
        BundleError: it is incomplete, or of a kind that lmpack cannot import.
    """
    kind = metadata.text(_PREFIX + "model")
    texts = _texts(metadata, "tokens")
    kinds = [_kind(number) for number in _numbers(metadata, "token_type", len(texts))]
    start = _start(metadata, vocabulary)
    if kind == "llama":
        scores = _numbers(metadata, "scores", len(texts))
        pieces = [Piece(*piece) for piece in zip(texts, scores, kinds, strict=True)]
        return sentencepiece_tokens(pieces, start, vocabulary=vocabulary)
    if kind == "gpt2":
        bytes_of = [_byte_level(*token) for token in zip(texts, kinds, strict=True)]
        return source_tokens(
            bytes_of, start, _byte_level_json(metadata, texts, kinds), vocabulary=vocabulary
        )
    raise BundleError(
        f"GGUF: lmpack cannot import a tokenizer of the kind {kind!r}, only llama and gpt2"
    )


def _start(metadata: Fields, vocabulary: int) -> int:
    """The token before a text; models without one have seen the end of another text there."""
    key = "bos_token_id" if metadata.get(_PREFIX + "bos_token_id") is not None else "eos_token_id"
    return metadata.integer(_PREFIX + key, vocabulary - 1, least=0)


def _byte_level(text: str, kind: Kind) -> bytes | None:
    if kind == Kind.USER_DEFINED:  # stands for itself
        return text.encode() or None
    return byte_level_bytes(text) or None if kind == Kind.NORMAL else None


def _byte_level_json(metadata: Fields, texts: list[str], kinds: list[Kind]) -> str:
    default = "gpt-2" if metadata.get("general.architecture") == "gpt2" else None
    cut = metadata.text(_PREFIX + "pre", default=default)
    if cut == "default" and default:
        cut = default
    if cut not in _CUTS:
        raise BundleError(
            f"GGUF: lmpack does not know how the tokenizer {cut!r} cuts text into words, only "
            + ", ".join(_CUTS)
        )
    numbers = {text: number for number, text in reversed(list(enumerate(texts)))}
    usable = (Kind.NORMAL, Kind.USER_DEFINED)
    vocabulary = {text: number for text, number in numbers.items() if kinds[number] in usable}
    added = {
        text: number
        for text, number in vocabulary.items()
        if kinds[number] == Kind.USER_DEFINED and text
    }
    merges = [merge.split(" ") for merge in _texts(metadata, "merges")]
    if any(len(merge) != 2 for merge in merges):
        raise BundleError(f"GGUF: {_PREFIX}merges must be pairs with one space between them")
    return tokenizer_json(
        vocabulary,
        [merge for merge in merges if "".join(merge) in vocabulary],
        added=added,
        normalizer=None,
        pre_tokenizer=_CUTS[cut],
        ignore_merges=_CUTS[cut] is _LLAMA3,
    )


def _texts(metadata: Fields, key: str) -> list[str]:
    value = metadata.get(_PREFIX + key)
    if not isinstance(value, list) or not value:
        raise BundleError(f"GGUF: {_PREFIX}{key} must be a list of texts")
    return value


def _numbers(metadata: Fields, key: str, count: int) -> list[Any]:
    value = metadata.get(_PREFIX + key)
    if not isinstance(value, np.ndarray) or len(value) != count:
        raise BundleError(f"GGUF: {_PREFIX}{key} must be {count:,} numbers")
    if not np.isfinite(value).all():
        raise BundleError(f"GGUF: {_PREFIX}{key} must be finite")
    return list(value.tolist())


def _kind(number: int) -> Kind:
    try:
        return Kind(number)
    except ValueError as error:
        raise BundleError(f"GGUF: {_PREFIX}token_type {number!r} is not known") from error
