"""Building SourceTokens and checking that they can spell any file."""

from __future__ import annotations

from collections.abc import Sequence

from lmpack.errors import BundleError
from lmpack.importing.source import SourceTokens
from lmpack.importing.vocabulary.pieces import Piece, piece_bytes
from lmpack.importing.vocabulary.tokenizer_json import sentencepiece_tokenizer


def source_tokens(
    texts: Sequence[bytes | None], start: int, tokenizer: str, *, vocabulary: int
) -> SourceTokens:
    """The vocabulary of a source, with a row of the embedding for every id.

    Args:
        texts: bytes of the ids; there may be fewer than rows, as rows are filled up to round sizes.
        start: id of the token that stands before a text.
        tokenizer: a tokenizer.json.
        vocabulary: rows of the embedding.

    Raises:
        BundleError: there are more tokens than rows, some byte has no token of its own, or the
            start token is none of them.
    """
    used = max((number for number, text in enumerate(texts) if text is not None), default=-1) + 1
    if used > vocabulary:
        raise BundleError(
            f"the tokenizer has {used:,} tokens, but the model only {vocabulary:,}: they do not "
            "belong together"
        )
    if not 0 <= start < vocabulary:
        raise BundleError(f"the model has no start token {start}: it has {vocabulary:,} tokens")
    single = {text for text in texts if text is not None and len(text) == 1}
    for byte in range(256):
        if bytes([byte]) not in single:
            raise BundleError(
                f"the vocabulary has no token for the byte 0x{byte:02X}: it cannot spell any file"
            )
    padding = [None] * (vocabulary - len(texts))
    return SourceTokens([*texts[:vocabulary], *padding], start, tokenizer)


def sentencepiece_tokens(pieces: Sequence[Piece], start: int, *, vocabulary: int) -> SourceTokens:
    """The vocabulary of a SentencePiece model of the kind BPE.

    Raises:
        BundleError: as :func:`source_tokens`.
    """
    texts = [piece_bytes(piece) for piece in pieces]
    return source_tokens(texts, start, sentencepiece_tokenizer(pieces), vocabulary=vocabulary)
