"""The vocabulary of a folder: tokenizer.json, or tokenizer.model of SentencePiece."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from lmpack.errors import BundleError
from lmpack.importing.fields import Fields
from lmpack.importing.hugging_face.json_file import LARGEST_JSON, read_json
from lmpack.importing.hugging_face.tokenizer import plain_tokenizer
from lmpack.importing.source import SourceTokens
from lmpack.importing.vocabulary.sentencepiece_model import read_pieces
from lmpack.importing.vocabulary.source_tokens import sentencepiece_tokens, source_tokens

TOKENIZER, SENTENCEPIECE = "tokenizer.json", "tokenizer.model"
_SETTINGS = "tokenizer_config.json"


def tokenizer_file(folder: Path) -> Path:
    """The file of the tokenizer.

    Raises:
        BundleError: there is none.
    """
    for name in (TOKENIZER, SENTENCEPIECE):
        if (folder / name).is_file():
            return folder / name
    raise BundleError(f"{folder} holds no tokenizer: {TOKENIZER} or {SENTENCEPIECE} is needed")


def read_tokens(folder: Path, config: Fields, *, vocabulary: int) -> SourceTokens:
    """The vocabulary of a folder.

    Args:
        folder: the folder.
        config: the part of config.json that describes the language model.
        vocabulary: rows of the embedding.

    Raises:
        BundleError: there is no tokenizer, or it is damaged or of a kind that cannot be imported.
    """
    path = tokenizer_file(folder)
    if path.name == SENTENCEPIECE:
        try:
            if path.stat().st_size > LARGEST_JSON:
                raise BundleError(f"{path} is larger than {LARGEST_JSON:,} bytes")
            pieces = read_pieces(path.read_bytes())
        except OSError as error:
            raise BundleError(f"{path} cannot be read: {error.strerror or error}") from error
        ids = {piece.text: number for number, piece in enumerate(pieces)}
        start = _start(folder, config, ids, vocabulary)
        return sentencepiece_tokens(pieces, start, vocabulary=vocabulary)
    plain = plain_tokenizer(read_json(path))
    start = _start(folder, config, plain.ids, vocabulary)
    return source_tokens(plain.texts, start, plain.tokenizer, vocabulary=vocabulary)


def _start(folder: Path, config: Fields, ids: dict[str, int], vocabulary: int) -> int:
    """The token before a text; models without one have seen the end of another text there."""
    settings = read_json(folder / _SETTINGS) if (folder / _SETTINGS).is_file() else {}
    for key in ("bos_token", "eos_token"):
        number = _first(config.get(f"{key}_id"))
        if number is None:
            number = ids.get(_text(settings.get(key)))
        if number is not None:
            if type(number) is not int or not 0 <= number < vocabulary:
                raise config.wrong(f"{key}_id", f"must be an integer below {vocabulary:,}")
            return number
    raise BundleError(
        "config.json names no token that stands before a text: neither bos_token_id nor "
        "eos_token_id"
    )


def _first(value: Any) -> Any:
    """Some models have several tokens that end a text."""
    return value[0] if isinstance(value, list) and value else value


def _text(token: Any) -> str:
    return str(token.get("content")) if isinstance(token, dict) else str(token)
