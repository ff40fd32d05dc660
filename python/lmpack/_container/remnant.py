"""What is left of a block in a damaged file."""

from __future__ import annotations

import dataclasses

from lmpack._container._header import Header
from lmpack._container._records import Block


@dataclasses.dataclass(frozen=True)
class Remnant:
    """A block of a damaged file, or a run of bytes that should have been something.

    Attributes:
        offset: of its first byte in the file.
        size: bytes of the file that it takes.
        container: offset of the container that it belongs to.
        number: of the block, or of the first block that may have been there; None if there was
            none.
        plain_length: bytes of content; None if nothing tells them.
        is_indexed: whether the lengths are those of a right index, not of the block's own head.
        candidates: what it can be read as. It is whole if one of them has the right checksum.
        fingerprints: 8 bytes for each model that the container's header names; None for one that
            is lost.
        header: of its container; None if it is damaged, and nothing tells what it was.
        fault: what is known to be wrong without decoding; None if nothing is.
    """

    offset: int
    size: int
    container: int
    number: int | None
    plain_length: int | None
    is_indexed: bool = False
    candidates: tuple[Block, ...] = ()
    fingerprints: tuple[bytes | None, ...] = (None,)
    header: Header | None = None
    fault: str | None = None
