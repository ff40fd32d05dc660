"""Blocks over an executor that only predicts: its odds go through Python to the C++ coder."""

from __future__ import annotations

import contextlib
import functools
from collections.abc import Iterator, Sequence
from typing import Any

import numpy as np
import numpy.typing as npt

from lmpack._executors.mixing import Mixing
from lmpack._executors.protocol import (
    AnyArchitecture,
    Deferring,
    Executor,
    LanguageModel,
    StepsDone,
)
from lmpack._native import BlockDecoder, BlockEncoder, MixedDecoder, MixedEncoder
from lmpack.errors import DamagedError

ENCODER_PIECE = 256
"""Positions predicted in one go while encoding."""

ENCODER_ODDS = 1 << 23
"""Odds predicted in one go, at most; for vocabularies so large that memory asks for it."""

DECODER_REPORT = 64
"""Steps between two reports of the decoder."""


class SteppingExecutor(Executor):
    """Codes blocks with nothing but the methods of a language model, which a subclass gives."""

    def encode(
        self, plain: bytes, lane_length: int, mixing: Mixing | None, steps_done: StepsDone
    ) -> bytes:
        """The payload of a block, many positions at a time; see :meth:`Executor.encode`."""
        if mixing is None:
            return encode_by_prefill(self, plain, lane_length, steps_done)
        return encode_mixed_by_prefill([self], plain, lane_length, mixing, steps_done)

    def decode(
        self,
        payload: bytes,
        length: int,
        lane_length: int,
        mixing: Mixing | None,
        steps_done: StepsDone,
    ) -> bytes:
        """The bytes of a block, one position at a time; see :meth:`Executor.decode`."""
        with self.lanes_for(-(-length // lane_length)) as model:
            if mixing is None:
                return _decode_bytes(model, payload, length, lane_length, steps_done)
            return decode_mixed([model], payload, length, lane_length, mixing, steps_done)

    def lanes_for(self, lanes: int) -> contextlib.AbstractContextManager[LanguageModel]:
        """The executor itself; see :meth:`Executor.lanes_for`."""
        return contextlib.nullcontext(self)


def lane_symbols(
    symbols: bytes | npt.NDArray[np.integer], lane_length: int
) -> npt.NDArray[np.int32]:
    """The bytes or symbols of a block by lane: int32 [L, lane_length], the last lane's end 0."""
    given = np.frombuffer(symbols, np.uint8) if isinstance(symbols, bytes) else symbols
    lanes = -(-len(given) // lane_length)
    padded = np.zeros(lanes * lane_length, np.int32)
    padded[: len(given)] = given
    return padded.reshape(lanes, lane_length)


def fed_symbols(
    symbols: npt.NDArray[np.integer], piece: slice, architecture: AnyArchitecture
) -> npt.NDArray[np.integer]:
    """What a model is fed to predict a piece of the symbols [L, T]: those one position before."""
    if piece.start > 0:
        return symbols[:, piece.start - 1 : piece.stop - 1]
    start = np.full((len(symbols), 1), architecture.start_symbol, np.int32)
    return np.concatenate([start, symbols[:, : piece.stop - 1]], axis=1)


def pieces(length: int, count: int) -> Iterator[slice]:
    """Slices of at most `count` that cover `length`."""
    for first in range(0, length, count):
        yield slice(first, min(first + count, length))


def encode_by_prefill(
    model: LanguageModel,
    plain: bytes | npt.NDArray[np.integer],
    lane_length: int,
    steps_done: StepsDone,
) -> bytes:
    """The payload of a block without mixing, of bytes or of symbols, integers [n]."""
    coder = BlockEncoder(len(plain), lane_length, model.architecture.vocabulary)
    for (odds,), piece in _prefilled([model], lane_symbols(plain, lane_length), steps_done):
        coder.encode(odds, piece)
    return coder.finish()


def encode_mixed_by_prefill(
    models: Sequence[LanguageModel],
    plain: bytes,
    lane_length: int,
    mixing: Mixing,
    steps_done: StepsDone,
) -> bytes:
    """The payload of a block with mixing that one or two models predict."""
    coder = MixedEncoder(plain, lane_length, mixing, len(models))
    for odds, _ in _prefilled(models, lane_symbols(plain, lane_length), steps_done):
        coder.encode(*odds)
    return coder.finish()


def decode_mixed(
    models: Sequence[LanguageModel],
    payload: bytes,
    length: int,
    lane_length: int,
    mixing: Mixing,
    steps_done: StepsDone,
) -> bytes:
    """The bytes of a block of :func:`encode_mixed_by_prefill`, one position at a time.

    Raises:
        DamagedError: the payload is not that of any bytes.
    """
    coder = MixedDecoder(payload, length, lane_length, mixing, len(models))
    for _ in _stepped(models, coder, length, lane_length, steps_done):
        pass
    return coder.finish()


def decode_symbols(
    model: LanguageModel, payload: bytes, length: int, lane_length: int, steps_done: StepsDone
) -> npt.NDArray[np.int32]:
    """The symbols [length] of a block of :func:`encode_by_prefill`, one position at a time.

    Raises:
        DamagedError: the payload is not that of any symbols.
    """
    coder = BlockDecoder(payload, length, lane_length, model.architecture.vocabulary)
    symbols = np.stack(list(_stepped([model], coder, length, lane_length, steps_done)), axis=1)
    coder.finish()
    return symbols.reshape(-1)[:length]


def _decode_bytes(
    model: LanguageModel, payload: bytes, length: int, lane_length: int, steps_done: StepsDone
) -> bytes:
    symbols = decode_symbols(model, payload, length, lane_length, steps_done)
    if symbols.max() > 255:
        raise DamagedError("the block decodes to symbols that are no bytes")
    return symbols.astype(np.uint8).tobytes()


def _prefilled(
    models: Sequence[LanguageModel], symbols: npt.NDArray[np.int32], steps_done: StepsDone
) -> Iterator[tuple[list[npt.NDArray[np.int32]], npt.NDArray[np.int32]]]:
    """The odds [L, T, V] by each model of pieces of the symbols [L, lane_length], and those."""
    states = [model.start(len(symbols)) for model in models]
    each = len(symbols) * max(model.architecture.vocabulary for model in models)
    count = min(ENCODER_PIECE, max(1, ENCODER_ODDS // each))
    for piece in pieces(symbols.shape[1], count):
        odds = [
            model.prefill(state, fed_symbols(symbols, piece, model.architecture))
            for model, state in zip(models, states, strict=True)
        ]
        yield odds, np.ascontiguousarray(symbols[:, piece])
        steps_done(piece.stop)


def _stepped(
    models: Sequence[LanguageModel],
    coder: BlockDecoder | MixedDecoder,
    length: int,
    lane_length: int,
    steps_done: StepsDone,
) -> Iterator[npt.NDArray[np.int32]]:
    """The symbols [L] of every step."""
    lanes = -(-length // lane_length)
    states = [model.start(lanes) for model in models]
    before = [np.full(lanes, model.architecture.start_symbol, np.int32) for model in models]
    for step in range(lane_length):
        symbols = coder.decode(*_step(models, states, before))
        before = [symbols] * len(models)
        yield symbols
        if step % DECODER_REPORT == 0:
            steps_done(step)


def _step(
    models: Sequence[LanguageModel], states: list[Any], symbols: list[npt.NDArray[np.int32]]
) -> list[npt.NDArray[np.int32]]:
    """The odds [L, V] of each model. All are told their symbols before one is waited for.

    Blocks that share two models could else wait for one another for ever, each at the model at
    which the other one is not.
    """
    answers = [
        model.begin_step(state, fed)
        if isinstance(model, Deferring)
        else functools.partial(model.step, state, fed)
        for model, state, fed in zip(models, states, symbols, strict=True)
    ]
    return [answer() for answer in answers]
