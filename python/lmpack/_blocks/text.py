"""What counts as text, for which there are no filters."""

from __future__ import annotations

TEXT = bytes({9, 10, 13, *range(32, 127)})
ASCII = bytes(range(128))
LEAST_BINARY = 0.03
"""Text in ASCII has fewer other bytes."""
LEAST_BROKEN = 0.01
"""Text in UTF-8 has fewer bytes that are no characters, or control characters. Grey pictures can
have 4 %."""


def is_text(pieces: bytes) -> bool:
    """Whether pieces of a block, cut anywhere, look like text in ASCII or UTF-8."""
    others = pieces.translate(None, TEXT)
    if len(others) <= LEAST_BINARY * len(pieces):
        return True
    characters = others.decode(errors="ignore").encode()
    beyond_ascii = len(characters.translate(None, ASCII))
    return len(others) - beyond_ascii <= LEAST_BROKEN * len(pieces)
