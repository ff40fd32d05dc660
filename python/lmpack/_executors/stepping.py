"""Blocks over an executor that only predicts: its weights go through Python to the C++ coder."""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np
import numpy.typing as npt

from lmpack._executors.protocol import Advance, Predictor
from lmpack._native import BlockDecoder, BlockEncoder, MixedDecoder, MixedEncoder
from lmpack.errors import DamagedError

ENCODER_PIECE = 256
"""Positions predicted in one go while encoding."""

ENCODER_WEIGHTS = 1 << 23
"""Weights predicted in one go, at most; for vocabularies so large that memory asks for it."""

DECODER_REPORT = 64
"""Steps between two reports of the decoder."""


def lane_symbols(
    symbols: bytes | npt.NDArray[np.integer], lane_length: int
) -> npt.NDArray[np.int32]:
    """The bytes or symbols of a block by lane: int32 [L, lane_length], the last lane's end 0."""
    given = np.frombuffer(symbols, np.uint8) if isinstance(symbols, bytes) else symbols
    lanes = -(-len(given) // lane_length)
    padded = np.zeros(lanes * lane_length, np.int32)
    padded[: len(given)] = given
    return padded.reshape(lanes, lane_length)


def _prefilled(
    executor: Predictor, symbols: npt.NDArray[np.int32], advance: Advance
) -> Iterator[tuple[npt.NDArray[np.int32], npt.NDArray[np.int32]]]:
    """Pieces of the symbols [L, lane_length] with the weights [L, T, V] that predict them."""
    state = executor.start(symbols.shape[0])
    before = np.full((symbols.shape[0], 1), executor.architecture.start_symbol, np.int32)
    each = len(symbols) * executor.architecture.vocabulary
    count = min(ENCODER_PIECE, max(1, ENCODER_WEIGHTS // each))
    for start in range(0, symbols.shape[1], count):
        piece = np.ascontiguousarray(symbols[:, start : start + count])
        fed = np.concatenate([before, piece[:, :-1]], axis=1)
        yield executor.prefill(state, fed), piece
        before = piece[:, -1:]
        advance(min(start + count, symbols.shape[1]))


def encode_by_prefill(
    executor: Predictor,
    plain: bytes | npt.NDArray[np.integer],
    lane_length: int,
    advance: Advance,
) -> bytes:
    """The payload of a block, many positions at a time; see :meth:`Executor.encode`.

    `plain` may also be symbols, integers [n].
    """
    coder = BlockEncoder(len(plain), lane_length, executor.architecture.vocabulary)
    for weights, piece in _prefilled(executor, lane_symbols(plain, lane_length), advance):
        coder.encode(weights, piece)
    return coder.finish()


def encode_mixed_by_prefill(
    executor: Predictor, plain: bytes, lane_length: int, stride: int, advance: Advance
) -> bytes:
    """The payload of a block with adaptive mixing; see :meth:`Executor.encode_mixed`."""
    coder = MixedEncoder(plain, lane_length, stride)
    for weights, _ in _prefilled(executor, lane_symbols(plain, lane_length), advance):
        coder.encode(weights)
    return coder.finish()


def decode_by_steps(
    executor: Predictor, payload: bytes, length: int, lane_length: int, advance: Advance
) -> bytes:
    """The bytes of a block, one position at a time; see :meth:`Executor.decode`."""
    symbols = decode_symbols(executor, payload, length, lane_length, advance)
    if symbols.max() > 255:
        raise DamagedError("the block decodes to symbols that are no bytes")
    return symbols.astype(np.uint8).tobytes()


def decode_symbols(
    executor: Predictor, payload: bytes, length: int, lane_length: int, advance: Advance
) -> npt.NDArray[np.int32]:
    """The symbols [length] of a block, one position at a time.

    Raises:
        DamagedError: the payload is not that of any symbols.
    """
    coder = BlockDecoder(payload, length, lane_length, executor.architecture.vocabulary)
    symbols = np.stack(list(_stepped(executor, coder, length, lane_length, advance)), axis=1)
    coder.finish()
    return symbols.reshape(-1)[:length]


def decode_mixed_by_steps(
    executor: Predictor,
    payload: bytes,
    length: int,
    lane_length: int,
    stride: int,
    advance: Advance,
) -> bytes:
    """The bytes of a block with adaptive mixing; see :meth:`Executor.decode_mixed`."""
    coder = MixedDecoder(payload, length, lane_length, stride)
    for _ in _stepped(executor, coder, length, lane_length, advance):
        pass
    return coder.finish()


def _stepped(
    executor: Predictor,
    coder: BlockDecoder | MixedDecoder,
    length: int,
    lane_length: int,
    advance: Advance,
) -> Iterator[npt.NDArray[np.int32]]:
    """The symbols [L] of every step."""
    lanes = -(-length // lane_length)
    state = executor.start(lanes)
    symbols = np.full(lanes, executor.architecture.start_symbol, np.int32)
    for step in range(lane_length):
        symbols = coder.decode(executor.step(state, symbols))
        yield symbols
        if step % DECODER_REPORT == 0:
            advance(step)
