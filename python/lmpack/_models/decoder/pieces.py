"""How tokenizers write the bytes of a token as text: two ways, and nothing else is in use."""

from __future__ import annotations

import re

SPACE = "\u2581"
"""What SentencePiece writes for a space."""

_BYTE = re.compile(r"<0x([0-9A-Fa-f]{2})>")
"""What SentencePiece writes for a byte that no other token has."""


_VISIBLE = (*range(0x21, 0x7F), *range(0xA1, 0xAD), *range(0xAE, 0x100))
_HIDDEN = [byte for byte in range(256) if byte not in _VISIBLE]

BYTE_OF = {chr(byte): byte for byte in _VISIBLE} | {
    chr(256 + number): byte for number, byte in enumerate(_HIDDEN)
}
"""What the characters of byte-level vocabularies stand for (GPT-2's `bytes_to_unicode`).

Bytes that have a visible character in Latin-1 stand for themselves; the others for 256 + n.
"""


def sentence_piece_bytes(piece: str) -> bytes:
    """The bytes of a token of SentencePiece, or of what is like it."""
    if byte := _BYTE.fullmatch(piece):
        return bytes.fromhex(byte[1])
    return piece.replace(SPACE, " ").encode(errors="surrogatepass")


def byte_level_bytes(piece: str) -> bytes:
    """The bytes of a token of byte pair encoding as GPT-2 writes it, a character for each byte.

    Tokens that were added as plain text, with characters that stand for no byte, are that text.
    """
    if all(character in BYTE_OF for character in piece):
        return bytes(BYTE_OF[character] for character in piece)
    return piece.encode(errors="surrogatepass")
