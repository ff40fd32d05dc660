"""Blocks over an executor that only predicts: its weights go through Python to the C++ coder."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt

from lmpack._native import BlockDecoder, BlockEncoder
from lmpack.errors import DamagedError
from lmpack.executors.protocol import Advance, Predictor

ENCODER_PIECE = 256
"""Positions predicted in one go while encoding; bounds the memory for weights."""

DECODER_REPORT = 64
"""Steps between two reports of the decoder."""


def lane_symbols(plain: bytes, lane_length: int) -> npt.NDArray[np.int32]:
    """The bytes of a block by lane: int32 [L, lane_length], the end of the last lane 0."""
    lanes = -(-len(plain) // lane_length)
    symbols = np.zeros(lanes * lane_length, np.int32)
    symbols[: len(plain)] = np.frombuffer(plain, np.uint8)
    return symbols.reshape(lanes, lane_length)


def encode_by_prefill(
    executor: Predictor, plain: bytes, lane_length: int, advance: Advance
) -> bytes:
    """The payload of a block, many positions at a time; see :meth:`Executor.encode`."""
    vocabulary = executor.architecture.vocabulary
    coder = BlockEncoder(len(plain), lane_length, vocabulary)
    symbols = lane_symbols(plain, lane_length)
    lanes = symbols.shape[0]
    state = executor.start(lanes)
    before = np.full((lanes, 1), executor.architecture.start_symbol, np.int32)
    for start in range(0, lane_length, ENCODER_PIECE):
        piece = np.ascontiguousarray(symbols[:, start : start + ENCODER_PIECE])
        fed = np.concatenate([before, piece[:, :-1]], axis=1)
        coder.encode(executor.prefill(state, fed), piece)
        before = piece[:, -1:]
        advance(min(start + ENCODER_PIECE, lane_length))
    return coder.finish()


def decode_by_steps(
    executor: Predictor, payload: bytes, length: int, lane_length: int, advance: Advance
) -> bytes:
    """The bytes of a block, one position at a time; see :meth:`Executor.decode`."""
    vocabulary = executor.architecture.vocabulary
    coder = BlockDecoder(payload, length, lane_length, vocabulary)
    lanes = -(-length // lane_length)
    symbols = np.empty((lane_length, lanes), np.int32)
    state = executor.start(lanes)
    before = np.full(lanes, executor.architecture.start_symbol, np.int32)
    for step in range(lane_length):
        before = coder.decode(executor.step(state, before))
        symbols[step] = before
        if step % DECODER_REPORT == 0:
            advance(step)
    coder.finish()
    if symbols.max() > 255:
        raise DamagedError("the block decodes to symbols that are no bytes")
    plain: bytes = symbols.T.astype(np.uint8).tobytes()
    return plain[:length]
