"""Putting copies back, written from docs/copies.md alone: slow, plain Python.

It shares no line with lmpack.
"""

from __future__ import annotations

from collections.abc import Sequence

SHORTEST = 64

MOST_LEARNED = 131072
"""Bytes of a prefix that mixing and models learn."""

LONGEST_GIVEN = 16
"""Bytes at the end of a copy that are given."""

Entry = tuple[int, int, int]
"""Literals, length and distance; this is 0 in place of that of the entry before."""


def follows_the_rules(entries: Sequence[Entry], plain_length: int, before: int = 0) -> bool:
    """Whether the entries of a list are those of a block of so many bytes, behind a prefix."""
    place, back = before, 0
    for literals, length, distance in entries:
        place += literals
        back = distance or back
        if not 1 <= back <= place:
            return False
        place += length
    copied = sum(length for _, length, _ in entries)
    return len(entries) > 0 and place <= before + plain_length and copied < plain_length


def put_back(entries: Sequence[Entry], remainder: bytes, prefix: bytes = b"") -> bytes:
    """The content of a block with these copies, behind a prefix."""
    content, used, back = bytearray(prefix), 0, 0
    for literals, length, distance in entries:
        content += remainder[used : used + literals]
        used += literals
        back = distance or back
        for _ in range(length):
            content.append(content[-back])
    return bytes(content[len(prefix) :]) + remainder[used:]


def learned_around(entries: Sequence[Entry], prefix: bytes) -> bytes:
    """What a patch learns of its prefix, by section 5."""
    q = len(prefix)
    sources, place, back = [], 0, 0
    for literals, length, distance in entries:
        place, back = place + literals, distance or back
        start = q + place - back
        if start < q:
            sources.append((literals, start, min(start + length, q)))
        place += length
    sources = sources[-4096:]
    places = {point for _, start, end in sources for point in (start, end)}
    near = windows(places, 16, q)
    w = 32
    while w < 2 * q and len(wider := windows(places, w, q)) <= MOST_LEARNED:
        near, w = wider, 2 * w
    learned = bytes(prefix[i] for i in sorted(near))
    before = 0
    for literals, start, end in sources:
        size = start - before if before <= start <= before + 1024 else min(literals, 1024)
        learned += prefix[before : before + size]
        before = end
    return learned[-MOST_LEARNED:]


def given_in(entries: Sequence[Entry], prefix: bytes, left: int) -> list[int | None]:
    """What is mixed of a patch whose remainder has some bytes; None for each of these."""
    mixed: list[int | None] = []
    place, back, said = len(prefix), 0, b""
    for literals, length, distance in entries:
        place, back = place + literals, distance or back
        if literals > 0:
            mixed += [*said, *[None] * literals]
        end = place - back + length
        said = prefix[end - LONGEST_GIVEN : end] if end <= len(prefix) else b""
        place, left = place + length, left - literals
    return mixed + ([*said, *[None] * left] if left > 0 else [])


def windows(places: set[int], w: int, q: int) -> set[int]:
    """The places in a prefix of q bytes from w before one of these up to w behind it."""
    return {i for p in places for i in range(max(0, p - w), min(q, p + w))}
