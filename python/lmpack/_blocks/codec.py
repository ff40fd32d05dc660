"""Blocks to bytes and back, over an executor."""

from __future__ import annotations

import zlib

from lmpack._blocks.coding import (
    Advance,
    Coding,
    decode_payload,
    encode_with_mixing,
    lanes_log2,
    unheard,
)
from lmpack._container import Block, BlockKind
from lmpack._executors.protocol import Executor
from lmpack.errors import DamagedError


def encode_block(
    executor: Executor | None,
    plain: bytes,
    advance: Advance | None = None,
    *,
    mixing: bool = False,
    most_lanes: int = 2,
) -> Block:
    """A block with the given content: predicted, or raw where that is not smaller.

    Args:
        executor: of a model with at least 256 symbols, which stand for bytes; None to do without,
            which needs mixing.
        plain: at least one byte.
        advance: told how far it is.
        mixing: whether the block is learned while it is coded.
        most_lanes: into how many lanes it may be cut then.
    """
    tell = advance or unheard
    if mixing:
        coding, payload = encode_with_mixing(executor, plain, tell, most_lanes)
    else:
        coding = Coding(BlockKind.MODEL, lanes_log2(len(plain)))
        payload = coding.encode(executor, plain, tell)
    checksum = zlib.crc32(plain)
    if len(payload) >= len(plain):
        return Block(BlockKind.RAW, 0, len(plain), checksum, plain)
    return Block(coding.kind, coding.lanes_log2, len(plain), checksum, payload)


def decode_block(executor: Executor | None, block: Block, advance: Advance | None = None) -> bytes:
    """The content of a block.

    Args:
        executor: of the model that the container names; not needed for blocks without a model.
        block: as read from a container.
        advance: told how far it is.

    Raises:
        DamagedError: the payload does not decode to bytes with the block's checksum.
        ModelError: a modelled block, but no executor.
    """
    if block.kind is BlockKind.RAW:
        plain = block.payload
    else:
        length, lane = block.plain_length, block.lane_length
        plain = decode_payload(
            block.kind, executor, block.payload, length, lane, advance or unheard
        )
    if zlib.crc32(plain) != block.checksum:
        raise DamagedError("the checksum of the block's content is wrong: the file is damaged")
    return plain
