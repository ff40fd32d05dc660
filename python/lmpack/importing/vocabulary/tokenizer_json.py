"""Writing a tokenizer.json that cuts plain text: no prefix, no special tokens, no normaliser."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from typing import Any

import tokenizers

from lmpack._models.decoder.shape import LARGEST_TOKEN
from lmpack._models.panics import panics_as_errors
from lmpack.errors import BundleError
from lmpack.importing.vocabulary.pieces import SPACE, Kind, Piece

Merge = tuple[str, str]

SPACES_AS_PIECES = {"type": "Replace", "pattern": {"String": " "}, "content": SPACE}
"""The normaliser of vocabularies whose pieces hold another character for a space."""


def sentencepiece_tokenizer(pieces: Sequence[Piece]) -> str:
    """The tokenizer of a SentencePiece vocabulary of the kind BPE.

    SentencePiece joins, again and again, the two neighbours whose join has the highest score. As a
    list of merges these are all ways to cut a piece into two pieces, in the order of its score.
    """
    vocabulary: dict[str, int] = {}
    for number, piece in enumerate(pieces):
        if piece.kind in (Kind.NORMAL, Kind.USER_DEFINED, Kind.BYTE):
            vocabulary.setdefault(piece.text, number)
    # User-defined pieces are found as they are, before anything is merged.
    found = [piece.text for piece in pieces if piece.kind == Kind.USER_DEFINED]
    return tokenizer_json(
        vocabulary,
        _merges(pieces, vocabulary),
        added={text: vocabulary[text] for text in found if text},
        normalizer=SPACES_AS_PIECES,
        pre_tokenizer=None,
        byte_fallback=True,
    )


def _merges(pieces: Sequence[Piece], vocabulary: Mapping[str, int]) -> list[Merge]:
    joined = {piece.text: piece.score for piece in pieces if piece.kind == Kind.NORMAL}
    merges: list[Merge] = []
    for text in sorted(joined, key=lambda text: -joined[text]):  # stable: ids decide between equals
        if len(text) > LARGEST_TOKEN:
            continue  # no exact table has it
        splits = ((text[:cut], text[cut:]) for cut in range(1, len(text)))
        known = [split for split in splits if split[0] in joined and split[1] in joined]
        merges += sorted(known, key=lambda split: (vocabulary[split[0]], vocabulary[split[1]]))
    return merges


def tokenizer_json(
    vocabulary: Mapping[str, int],
    merges: Sequence[Sequence[str]],
    *,
    added: Mapping[str, int],
    normalizer: Any,
    pre_tokenizer: Any,
    byte_fallback: bool = False,
    ignore_merges: bool = False,
) -> str:
    """A tokenizer.json of the kind BPE.

    Args:
        vocabulary: ids of the tokens.
        merges: pairs of tokens that become one, the earlier the sooner.
        added: ids of texts that are found before all else.
        normalizer: as it stands in the file, or None.
        pre_tokenizer: as it stands in the file, or None.
        byte_fallback: whether what has no token is written as bytes, <0x00> to <0xFF>.
        ignore_merges: whether a word that is a token is taken as it is.

    Raises:
        BundleError: the package `tokenizers` cannot read the result.
    """
    return checked_json(
        {
            "version": "1.0",
            "truncation": None,
            "padding": None,
            "added_tokens": [_added_token(text, added[text]) for text in added],
            "normalizer": normalizer,
            "pre_tokenizer": pre_tokenizer,
            "post_processor": None,
            "decoder": None,
            "model": {
                "type": "BPE",
                "dropout": None,
                "unk_token": None,
                "continuing_subword_prefix": None,
                "end_of_word_suffix": None,
                "fuse_unk": False,
                "byte_fallback": byte_fallback,
                "ignore_merges": ignore_merges,
                "vocab": dict(vocabulary),
                "merges": [list(merge) for merge in merges],
            },
        }
    )


def _added_token(text: str, number: int) -> dict[str, Any]:
    return {
        "id": number,
        "content": text,
        "single_word": False,
        "lstrip": False,
        "rstrip": False,
        "normalized": True,
        "special": False,
    }


def checked_json(description: Mapping[str, Any]) -> str:
    """The text of a tokenizer.json.

    Raises:
        BundleError: the package `tokenizers` cannot read it.
    """
    text = json.dumps(description, ensure_ascii=False, separators=(",", ":"))
    try:
        with panics_as_errors():
            tokenizers.Tokenizer.from_str(text)
    except Exception as error:  # the package raises nothing narrower
        raise BundleError(f"the tokenizer of the model cannot be used: {error}") from error
    return text
