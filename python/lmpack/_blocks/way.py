"""What was done with a block before it was coded, without decoding it."""

from __future__ import annotations

from typing import NamedTuple

from lmpack._blocks.filters import Filter
from lmpack._blocks.payload_head import PayloadHead
from lmpack._container import Block
from lmpack._native import remainder_length
from lmpack.errors import DamagedError


class Way(NamedTuple):
    """What the head of a payload with mixing says (docs/format.md, section 5.5).

    Attributes:
        predictor: "light", "full" or "strong"; None without mixing.
        stride: bytes at which what is mixed resembles itself; 0 if it is not known.
        filter: what the bytes went through, in words; None for no filter.
        copied: bytes of the content that are copies of earlier ones (docs/copies.md); None if only
            the prefix could tell.
    """

    predictor: str | None = None
    stride: int = 0
    filter: str | None = None
    copied: int | None = 0


def way_of(block: Block) -> Way:
    """The way of a block; that without mixing for a payload whose head is damaged."""
    if not block.kind.is_mixed:
        return Way()
    try:
        head, _ = PayloadHead.parse(block.payload)
        filter_ = str(Filter.parse(head.filter)) if head.filter else None
    except DamagedError:
        return Way()
    copied = _copied(block, head)
    return Way(head.predictor.name.lower(), head.stride, filter_, copied)


def _copied(block: Block, head: PayloadHead) -> int | None:
    if not head.copies:
        return 0
    try:
        return block.plain_length - remainder_length(head.copies, block.plain_length)
    except DamagedError:  # as it is without the prefix that it reaches into
        return None
