"""Blocks to bytes and back, over an executor and the C++ coder."""

from __future__ import annotations

import dataclasses
import zlib
from collections.abc import Callable

import numpy as np
import numpy.typing as npt

from lmpack._native import BlockDecoder, BlockEncoder
from lmpack.container import Block, BlockKind
from lmpack.errors import DamagedError, ModelError
from lmpack.executors.protocol import Executor

DEFAULT_BLOCK_SIZE = 1 << 20
"""Bytes in a block. How a file is cut depends on its size alone, never on the machine."""

SHORTEST_LANE = 2048
"""Bytes below which a block is not cut into more lanes (docs/blocks.md has the measurements)."""

MOST_LANES_LOG2 = 6

Advance = Callable[[float], None]
"""Called now and then with the share of a block that is done, 0 to 1."""

ENCODER_PIECE = 256
"""Positions predicted in one go while encoding; bounds the memory for weights."""

DECODER_REPORT = 64
"""Steps between two reports of the decoder."""


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
    payload = _encode(executor, plain, block, advance or _ignore)
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
        plain = _decode(executor, block, advance or _ignore)
    if zlib.crc32(plain) != block.checksum:
        raise DamagedError("the checksum of the block's content is wrong: the file is damaged")
    return plain


def lane_symbols(plain: bytes, lane_length: int) -> npt.NDArray[np.int32]:
    """The bytes of a block by lane: int32 [L, lane_length], the end of the last lane 0."""
    lanes = -(-len(plain) // lane_length)
    symbols = np.zeros(lanes * lane_length, np.int32)
    symbols[: len(plain)] = np.frombuffer(plain, np.uint8)
    return symbols.reshape(lanes, lane_length)


def _ignore(share: float) -> None:
    pass


def _encode(executor: Executor, plain: bytes, block: Block, advance: Advance) -> bytes:
    """The payload for the lanes of a block."""
    vocabulary = executor.architecture.vocabulary
    coder = BlockEncoder(block.plain_length, block.lane_length, vocabulary)
    symbols = lane_symbols(plain, block.lane_length)
    state = executor.start(block.lanes)
    before = np.full((block.lanes, 1), executor.architecture.start_symbol, np.int32)
    for start in range(0, block.lane_length, ENCODER_PIECE):
        piece = np.ascontiguousarray(symbols[:, start : start + ENCODER_PIECE])
        fed = np.concatenate([before, piece[:, :-1]], axis=1)
        coder.encode(executor.prefill(state, fed), piece)
        before = piece[:, -1:]
        advance(min(1.0, (start + ENCODER_PIECE) / block.lane_length))
    return coder.finish()


def _decode(executor: Executor, block: Block, advance: Advance) -> bytes:
    vocabulary = executor.architecture.vocabulary
    coder = BlockDecoder(block.payload, block.plain_length, block.lane_length, vocabulary)
    symbols = np.empty((block.lane_length, block.lanes), np.int32)
    state = executor.start(block.lanes)
    before = np.full(block.lanes, executor.architecture.start_symbol, np.int32)
    for step in range(block.lane_length):
        before = coder.decode(executor.step(state, before))
        symbols[step] = before
        if step % DECODER_REPORT == 0:
            advance(step / block.lane_length)
    coder.finish()
    if symbols.max() > 255:
        raise DamagedError("the block decodes to symbols that are no bytes: the file is damaged")
    plain: bytes = symbols.T.astype(np.uint8).tobytes()
    return plain[: block.plain_length]
