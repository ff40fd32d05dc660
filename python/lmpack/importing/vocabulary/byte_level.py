"""Tokens of byte-level vocabularies as bytes."""

from __future__ import annotations

from lmpack._models.decoder.pieces import BYTE_OF
from lmpack.errors import BundleError


def byte_level_bytes(token: str) -> bytes:
    """The bytes of a token of a byte-level vocabulary.

    Raises:
        BundleError: a character of it stands for no byte.
    """
    try:
        return bytes(BYTE_OF[character] for character in token)
    except KeyError as error:
        raise BundleError(f"the token {token!r:.80} is not of a byte-level vocabulary") from error
