"""What stood in a block before is taken out before it is mixed (docs/copies.md)."""

from __future__ import annotations

from lmpack._blocks.payload_head import PayloadHead
from lmpack._native import take_copies

SHORTEST_TAKEN = 2048
"""Bytes of the shortest stretch that is taken out (docs/copies.md has the measurements)."""


def without_copies(plain: bytes) -> tuple[bytes, bytes]:
    """The list of copies in a block, empty if there are none, and what is left of the block."""
    return take_copies(plain, SHORTEST_TAKEN)


def with_copies(payload: bytes, copies: bytes) -> bytes:
    """The payload of a remainder, which has no copies, as that of the whole block."""
    if not copies:
        return payload
    head, start = PayloadHead.parse(payload)
    return head._replace(copies=copies).to_bytes() + payload[start:]
