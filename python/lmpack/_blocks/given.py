"""What is mixed of a patch: its remainder, and between it what was copied (docs/copies.md)."""

from __future__ import annotations

import re

from lmpack._blocks.patches import entries_of
from lmpack._executors.mixing import GivenBytes

_MOST_GIVEN = 16
"""Bytes of a copy that are given, its last ones."""

_CODED = re.compile(rb"\0+")


def given_in(copies: bytes, data: bytes, remainder_length: int) -> GivenBytes:
    """The bytes that are mixed of a patch, with the ends of copies given and zeros for the rest.

    Args:
        copies: a list that was checked.
        data: the prefix.
        remainder_length: bytes of the patch that are no copies.
    """
    plain, is_given = bytearray(), bytearray()
    end = b""
    for literals, length, start in entries_of(copies, len(data)):
        if literals:
            _append(plain, is_given, end, literals)
            remainder_length -= literals
        last = start + length
        end = data[last - _MOST_GIVEN : last] if last <= len(data) else b""
    if remainder_length:
        _append(plain, is_given, end, remainder_length)
    return GivenBytes(bytes(plain), bytes(is_given))


def _append(plain: bytearray, is_given: bytearray, end: bytes, literals: int) -> None:
    plain += end + bytes(literals)
    is_given += b"\1" * len(end) + bytes(literals)


def mixed_bytes(remainder: bytes, given: GivenBytes) -> bytes:
    """All bytes that are mixed: those of a remainder, and those that are given."""
    mixed, used = bytearray(given.plain), 0
    for run in _CODED.finditer(given.is_given):
        start, end = run.span()
        mixed[start:end] = remainder[used : used + end - start]
        used += end - start
    return bytes(mixed)


def remainder_of(mixed: bytes, given: GivenBytes) -> bytes:
    """The inverse."""
    return b"".join(mixed[run.start() : run.end()] for run in _CODED.finditer(given.is_given))
