"""What stood before, in a block or a prefix, is taken out before mixing (docs/copies.md)."""

from __future__ import annotations

from lmpack._blocks.patches import is_version
from lmpack._blocks.payload_head import PayloadHead
from lmpack._native import Prefix, take_copies

SHORTEST_TAKEN = 2048
"""Bytes of the shortest stretch that is taken out (docs/copies.md has the measurements)."""

SHORTEST_IN_PATCH = 256
"""The same in a block that may be a patch: mixing knows little of a large prefix."""


def without_copies(plain: bytes, prefix: Prefix | None = None) -> tuple[bytes, bytes]:
    """The list of copies in a block, empty if there are none, and what is left of the block.

    They may be of a prefix that stands before the block.
    """
    may_be_patch = prefix is not None and is_version(plain, prefix)
    return take_copies(plain, SHORTEST_IN_PATCH if may_be_patch else SHORTEST_TAKEN, prefix)


def with_copies(payload: bytes, copies: bytes, *, is_patch: bool = False) -> bytes:
    """The payload of a remainder, which has no copies, as that of the whole block.

    The list of a patch is packed.
    """
    if not copies:
        return payload
    head, start = PayloadHead.parse(payload)
    return head._replace(copies=copies, is_patch=is_patch).to_bytes() + payload[start:]
