"""Putting copies back, written from docs/copies.md alone: slow, plain Python.

It shares no line with lmpack.
"""

from __future__ import annotations

from collections.abc import Sequence

SHORTEST = 64

Entry = tuple[int, int, int]
"""Literals, length and distance; this is 0 in place of that of the entry before."""


def follows_the_rules(entries: Sequence[Entry], plain_length: int) -> bool:
    """Whether the entries of a list are those of a block of so many bytes."""
    place = back = 0
    for literals, length, distance in entries:
        place += literals
        back = distance or back
        if not 1 <= back <= place:
            return False
        place += length
    return len(entries) > 0 and place <= plain_length


def put_back(entries: Sequence[Entry], remainder: bytes) -> bytes:
    """The content of a block with these copies."""
    content, used, back = bytearray(), 0, 0
    for literals, length, distance in entries:
        content += remainder[used : used + literals]
        used += literals
        back = distance or back
        for _ in range(length):
            content.append(content[-back])
    return bytes(content) + remainder[used:]
