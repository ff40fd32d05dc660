"""The characters that stand for bytes in byte-level vocabularies (GPT-2's `bytes_to_unicode`)."""

from __future__ import annotations

from lmpack.errors import BundleError

_VISIBLE = (*range(0x21, 0x7F), *range(0xA1, 0xAD), *range(0xAE, 0x100))
_HIDDEN = [byte for byte in range(256) if byte not in _VISIBLE]

BYTE_OF = {chr(byte): byte for byte in _VISIBLE} | {
    chr(256 + number): byte for number, byte in enumerate(_HIDDEN)
}
"""Bytes that have a visible character in Latin-1 stand for themselves; the others for 256 + n."""


def byte_level_bytes(token: str) -> bytes:
    """The bytes of a token of a byte-level vocabulary.

    Raises:
        BundleError: a character of it stands for no byte.
    """
    try:
        return bytes(BYTE_OF[character] for character in token)
    except KeyError as error:
        raise BundleError(f"the token {token!r:.80} is not of a byte-level vocabulary") from error
