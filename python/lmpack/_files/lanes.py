"""How many lanes of a batch are under way at the same time: whether a GPU is worth it."""

from __future__ import annotations

from collections.abc import Callable, Sequence

from lmpack._blocks.coders import most_blocks_side_by_side
from lmpack._container import MAXIMUM_PLAIN_LENGTH, ByteReader, read_blocks
from lmpack._files.planned import Planned
from lmpack.errors import LmpackError


def lanes_of_contents(
    planned: Sequence[Planned], memory: int, block_size: int, lanes_of_block: Callable[[int], int]
) -> int:
    """About as many lanes as are encoded at the same time.

    Args:
        planned: files of content.
        memory: bytes of content and payloads that may be under way.
        block_size: bytes of content in a block.
        lanes_of_block: gives the lanes of a block of a length.
    """
    blocks = sum(-(-item.size // block_size) for item in planned)
    if blocks == 0:
        return 0
    mean = -(-sum(item.size for item in planned) // blocks)
    at_hand = min(blocks, memory // (2 * mean), most_blocks_side_by_side())
    return at_hand * lanes_of_block(mean)


def lanes_of_containers(planned: Sequence[Planned], memory: int) -> int:
    """About as many lanes as are decoded at the same time, if all blocks are like the first one.

    Args:
        planned: compressed files.
        memory: as for :func:`lanes_of_contents`.
    """
    lanes = _lanes_of_first_block(planned)
    return lanes_of_contents(planned, memory, MAXIMUM_PLAIN_LENGTH, lambda length: lanes)


def _lanes_of_first_block(planned: Sequence[Planned]) -> int:
    for item in planned:
        if item.size and item.output is not None:
            try:
                with item.source_location.open() as file:
                    return next((block.lanes for _, block in read_blocks(ByteReader(file))), 1)
            except (LmpackError, OSError):
                return 1  # decoding it will say what is wrong
    return 1
