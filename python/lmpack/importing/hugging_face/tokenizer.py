"""A tokenizer.json of transformers, changed so that it cuts plain text and nothing else."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, NamedTuple

from lmpack.errors import BundleError
from lmpack.importing.vocabulary.byte_level import byte_level_bytes
from lmpack.importing.vocabulary.pieces import Kind, Piece, is_byte, piece_bytes
from lmpack.importing.vocabulary.tokenizer_json import SPACES_AS_PIECES, tokenizer_json

_LARGEST_ID = 1 << 21


class PlainTokenizer(NamedTuple):
    """What is left of a tokenizer.

    Attributes:
        texts: for each id the bytes of the token, None for one that stands for no text.
        tokenizer: a tokenizer.json.
        ids: ids of all tokens by their texts, those of special ones included.
    """

    texts: list[bytes | None]
    tokenizer: str
    ids: dict[str, int]


def plain_tokenizer(content: Mapping[str, Any]) -> PlainTokenizer:
    """A tokenizer without special tokens, prefix, normalisation and postprocessing.

    Args:
        content: a tokenizer.json.

    Raises:
        BundleError: it is damaged, or of a kind that lmpack cannot import.
    """
    try:
        return _plain(content)
    except (KeyError, TypeError, ValueError, AttributeError, RecursionError) as error:
        raise BundleError(f"tokenizer.json is damaged: {error!r:.200}") from error


def _plain(content: Mapping[str, Any]) -> PlainTokenizer:
    model = content["model"]
    if model.get("type", "BPE") != "BPE":
        raise BundleError(
            f"tokenizer.json: lmpack cannot import a tokenizer of the kind {model['type']!r}, "
            "only BPE"
        )
    for key in ("continuing_subword_prefix", "end_of_word_suffix"):
        if model.get(key):
            raise BundleError(f"tokenizer.json: lmpack cannot import a tokenizer with {key}")
    pre_tokenizer = content.get("pre_tokenizer")
    byte_level = _mentions(pre_tokenizer, "ByteLevel")
    special = {
        token["content"]: token["id"] for token in content["added_tokens"] if token["special"]
    }
    added = {
        token["content"]: token["id"] for token in content["added_tokens"] if not token["special"]
    }
    vocabulary = {text: id for text, id in model["vocab"].items() if text not in special}
    ids = {**model["vocab"], **special, **added}
    _check_ids(ids)
    texts: list[bytes | None] = [None] * (max(ids.values(), default=-1) + 1)
    for text, number in vocabulary.items():
        if text not in added:
            texts[number] = byte_level_bytes(text) or None if byte_level else _piece_bytes(text)
    for text, number in added.items():
        texts[number] = (text.encode() or None) if byte_level else _piece_bytes(text)
    merges = [merge.split(" ") if isinstance(merge, str) else merge for merge in model["merges"]]
    text = tokenizer_json(
        vocabulary | added,
        [merge for merge in merges if "".join(merge) not in special],
        added={text: number for text, number in added.items() if text},
        normalizer=None if byte_level else SPACES_AS_PIECES,
        pre_tokenizer=_without_prefix(pre_tokenizer),
        byte_fallback=not byte_level,
        ignore_merges=bool(model.get("ignore_merges", False)),
    )
    return PlainTokenizer(texts, text, ids)


def _check_ids(ids: Mapping[str, int]) -> None:
    for text, number in ids.items():
        if type(number) is not int or not 0 <= number < _LARGEST_ID:
            raise BundleError(f"tokenizer.json: the token {text!r:.80} has the id {number!r:.80}")


def _piece_bytes(text: str) -> bytes | None:
    return piece_bytes(Piece(text, 0.0, Kind.BYTE if is_byte(text) else Kind.NORMAL))


def _mentions(pre_tokenizer: Any, kind: str) -> bool:
    if pre_tokenizer is None:
        return False
    parts = pre_tokenizer.get("pretokenizers", ())
    return pre_tokenizer["type"] == kind or any(_mentions(part, kind) for part in parts)


def _without_prefix(pre_tokenizer: Any) -> Any:
    """The same way to cut text into words, but nothing is put before it."""
    if pre_tokenizer is None:
        return None
    changed = dict(pre_tokenizer)
    if changed["type"] == "ByteLevel":
        changed["add_prefix_space"] = False
    elif changed["type"] == "Metaspace":
        changed["prepend_scheme"] = "never"
        changed.pop("add_prefix_space", None)
    elif changed["type"] == "Sequence":
        changed["pretokenizers"] = [_without_prefix(part) for part in changed["pretokenizers"]]
    return changed
