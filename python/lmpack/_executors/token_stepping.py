"""Blocks over a decoder that only predicts: its weights go through Python to the C++ coder."""

from __future__ import annotations

import abc
import contextlib
from collections.abc import Callable, Iterator, Sequence

import numpy as np
import numpy.typing as npt

from lmpack._executors.mixing import Mixing
from lmpack._executors.protocol import Executor, LanguageModel, StepsDone
from lmpack._executors.stepping import (
    DECODER_REPORT,
    ENCODER_ODDS,
    ENCODER_PIECE,
    fed_symbols,
    pieces,
)
from lmpack._models.decoder.bundle import DecoderBundle
from lmpack._models.decoder.shape import DecoderShape
from lmpack._native import TokenDecoder, TokenEncoder, TokenTable

SEGMENTED = 1 << 18
"""Bytes that are cut into tokens at once: tokenizers take more than a hundred times as many."""

CUT_WITHIN = 1 << 10
"""So many bytes before that a good place to cut is looked for."""


def table_of(bundle: DecoderBundle) -> TokenTable:
    """The tokens of a bundle."""
    shape, tensors = bundle.architecture, bundle.tensors()
    token_bytes = tensors["token_bytes"][: shape.token_bytes].tobytes()
    return TokenTable(token_bytes, tensors["token_lengths"][: shape.vocabulary].tobytes())


class TokenSteppingExecutor(Executor):
    """Codes blocks with nothing but the methods of a decoder, which a subclass gives.

    Attributes:
        architecture: shape of the model.
        table: its tokens; :func:`table_of` has them.
    """

    architecture: DecoderShape
    table: TokenTable

    @abc.abstractmethod
    def segment(self, plain: bytes) -> npt.NDArray[np.int32]:
        """Numbers int32 [n] of tokens in the table whose bytes, joined, are the given ones."""

    def encode(
        self, plain: bytes, lane_length: int, mixing: Mixing | None, steps_done: StepsDone
    ) -> bytes:
        """The payload of a block, many positions at a time; see :meth:`Executor.encode`."""
        lanes = tokens_of_lanes(self.segment, plain, lane_length, steps_done)
        counts = np.array([len(lane) for lane in lanes], np.int32)
        coder = TokenEncoder(self.table, plain, lane_length, mixing, np.concatenate(lanes), counts)
        tokens = side_by_side(lanes)
        steps = tokens.shape[1]
        for weights, done in _prefilled(self, tokens):
            coder.encode(weights)
            steps_done(done * lane_length // steps)
        return coder.finish()

    def decode(
        self,
        payload: bytes,
        length: int,
        lane_length: int,
        mixing: Mixing | None,
        steps_done: StepsDone,
    ) -> bytes:
        """The bytes of a block, one token at a time; see :meth:`Executor.decode`."""
        lanes = -(-length // lane_length)
        coder = TokenDecoder(self.table, payload, length, lane_length, mixing)
        with self.lanes_for(lanes) as model:
            step = 0
            while not coder.done:
                if step % self.architecture.context == 0:
                    state = model.start(lanes)
                    tokens = np.full(lanes, self.architecture.start_symbol, np.int32)
                tokens = coder.decode(model.step(state, tokens))
                if step % DECODER_REPORT == 0:
                    steps_done(coder.coded // lanes)
                step += 1
        return coder.finish()

    def lanes_for(self, lanes: int) -> contextlib.AbstractContextManager[LanguageModel]:
        """The executor itself; see :meth:`Executor.lanes_for`."""
        return contextlib.nullcontext(self)


def tokens_of_lanes(
    segment: Callable[[bytes], npt.NDArray[np.int32]],
    plain: bytes,
    lane_length: int,
    steps_done: StepsDone,
) -> list[npt.NDArray[np.int32]]:
    """The tokens [n] of each lane of a block, as `segment` finds them in pieces of the lane.

    `steps_done` is told that no step is done yet, and may end the work.
    """
    lanes = []
    for start in range(0, len(plain), lane_length):
        parts = []
        for part in segmented_pieces(plain[start : start + lane_length]):
            steps_done(0)
            parts.append(segment(part))
        lanes.append(np.concatenate(parts))
    return lanes


def segmented_pieces(lane: bytes) -> Iterator[bytes]:
    """Pieces of a lane, cut where most tokenizers would: before a space or behind a line."""
    while len(lane) > SEGMENTED:
        near = range(SEGMENTED - CUT_WITHIN, SEGMENTED)
        cut = max(
            lane.rfind(b" ", near.start, near.stop),
            lane.rfind(b"\n", near.start - 1, near.stop - 1) + 1,
        )
        if cut not in near:
            cut = SEGMENTED
        yield lane[:cut]
        lane = lane[cut:]
    yield lane


def side_by_side(lanes: Sequence[npt.NDArray[np.int32]]) -> npt.NDArray[np.int32]:
    """The tokens of lanes, each [n], as int32 [L, T]: behind the end of a lane there are zeros."""
    tokens = np.zeros((len(lanes), max(map(len, lanes))), np.int32)
    for row, lane in zip(tokens, lanes, strict=True):
        row[: len(lane)] = lane
    return tokens


def _prefilled(
    model: TokenSteppingExecutor, tokens: npt.NDArray[np.int32]
) -> Iterator[tuple[npt.NDArray[np.int32], int]]:
    """The weights [L, T, V] that predict pieces of the tokens [L, steps], and how many are done."""
    shape = model.architecture
    lanes, steps = tokens.shape
    count = min(ENCODER_PIECE, max(1, ENCODER_ODDS // (lanes * shape.vocabulary)))
    for segment in pieces(steps, shape.context):
        state = model.start(lanes)
        symbols = tokens[:, segment]
        for piece in pieces(symbols.shape[1], count):
            fed = fed_symbols(symbols, piece, shape)
            yield model.prefill(state, fed), segment.start + piece.stop
