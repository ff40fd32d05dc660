"""What counts as text, for which there are no filters."""

from __future__ import annotations

TEXT = bytes({9, 10, 13, *range(32, 127)})
LEAST_BINARY = 0.03
"""Text has fewer other bytes."""


def is_text(pieces: bytes) -> bool:
    """Whether pieces of a block look like ASCII text."""
    return len(pieces.translate(None, TEXT)) <= LEAST_BINARY * len(pieces)
