"""Blocks to bytes and back, over an executor."""

from __future__ import annotations

import dataclasses
import zlib
from collections.abc import Callable

from lmpack.container import Block, BlockKind
from lmpack.errors import DamagedError, ModelError
from lmpack.executors.protocol import Executor

DEFAULT_BLOCK_SIZE = 1 << 20
"""Bytes in a block. How a file is cut depends on its size alone, never on the machine."""

SHORTEST_LANE = 4096
"""Bytes below which a block is not cut into more lanes (docs/blocks.md has the measurements)."""

MOST_LANES_LOG2 = 4

Advance = Callable[[float], None]
"""Called now and then with the share of a block that is done, 0 to 1."""


def lanes_log2(length: int) -> int:
    """Log2 of the number of lanes for a block of `length` bytes.

    More lanes are faster, but each starts without context, so short blocks get few.
    """
    wanted = max(1, length // SHORTEST_LANE).bit_length() - 1
    return min(wanted, MOST_LANES_LOG2)


def encode_block(executor: Executor, plain: bytes, advance: Advance | None = None) -> Block:
    """A block with the given content: modelled, or raw where that is not smaller.

    Args:
        executor: of a model with at least 256 symbols, which stand for bytes.
        plain: at least one byte.
        advance: told how far it is.
    """
    log2 = lanes_log2(len(plain))
    checksum = zlib.crc32(plain)
    block = Block(BlockKind.MODEL, log2, len(plain), checksum, b"")
    tell = advance or _ignore
    payload = executor.encode(
        plain, block.lane_length, lambda steps: tell(steps / block.lane_length)
    )
    if len(payload) >= len(plain):
        return Block(BlockKind.RAW, 0, len(plain), checksum, plain)
    return dataclasses.replace(block, payload=payload)


def decode_block(executor: Executor | None, block: Block, advance: Advance | None = None) -> bytes:
    """The content of a block.

    Args:
        executor: of the model that the container names; not needed for raw blocks.
        block: as read from a container.
        advance: told how far it is.

    Raises:
        DamagedError: the payload does not decode to bytes with the block's checksum.
        ModelError: a modelled block, but no executor.
    """
    if block.kind is BlockKind.RAW:
        plain = block.payload
    elif executor is None:
        raise ModelError("this block needs the model that it was made with")
    else:
        tell = advance or _ignore
        plain = executor.decode(
            block.payload,
            block.plain_length,
            block.lane_length,
            lambda steps: tell(steps / block.lane_length),
        )
    if zlib.crc32(plain) != block.checksum:
        raise DamagedError("the checksum of the block's content is wrong: the file is damaged")
    return plain


def _ignore(share: float) -> None:
    pass
