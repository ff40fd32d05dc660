"""Blocks for the tests of the coder, and shorthands to run it."""

from __future__ import annotations

import dataclasses
from typing import TYPE_CHECKING

import numpy as np
import numpy.typing as npt
from hypothesis import strategies as st
from hypothesis.extra import numpy as hnp

from lmpack._native import BlockDecoder, BlockEncoder

if TYPE_CHECKING:
    from typing_extensions import Buffer

LARGEST_WEIGHT = 2**24 - 1


@dataclasses.dataclass(frozen=True)
class CodedBlock:
    """Symbols int32 [L, T] and the weights int32 [L, T, V] to code them with; T is lane_length."""

    length: int
    weights: npt.NDArray[np.int32]
    symbols: npt.NDArray[np.int32]

    @property
    def lane_length(self) -> int:
        return int(self.symbols.shape[1])

    @property
    def vocabulary(self) -> int:
        return int(self.weights.shape[2])

    @property
    def arguments(self) -> tuple[int, int, int]:
        """What encoder and decoder are made with."""
        return self.length, self.lane_length, self.vocabulary


@st.composite
def blocks(draw: st.DrawFn) -> CodedBlock:
    """Blocks of every cut with weights of every magnitude; 0 in lanes that have ended."""
    length = draw(st.integers(1, 40))
    lane_length = draw(st.integers(1, length))
    vocabulary = draw(st.integers(2, 20))
    shape = (-(-length // lane_length), lane_length)
    magnitudes = st.one_of(st.integers(0, 3), st.integers(0, LARGEST_WEIGHT))
    weights = draw(hnp.arrays(np.int32, (*shape, vocabulary), elements=magnitudes))
    weights[..., 0] += weights.max(axis=-1) == 0
    symbols = draw(hnp.arrays(np.int32, shape, elements=st.integers(0, vocabulary - 1)))
    symbols.reshape(-1)[length:] = 0
    return CodedBlock(length, weights, symbols)


def seeded_block(seed: int, length: int, lane_length: int, vocabulary: int) -> CodedBlock:
    """A block whose symbols are drawn from its weights: what a good model meets."""
    random = np.random.RandomState(seed)  # its stream never changes, unlike default_rng's
    shape = (-(-length // lane_length), lane_length)
    magnitudes = random.randint(0, 24, (*shape, vocabulary))
    weights = (random.randint(0, 2**24, (*shape, vocabulary)) >> magnitudes).astype(np.int32)
    weights[..., 0] += 1
    weights = np.minimum(weights, LARGEST_WEIGHT)
    cumulative = weights.cumsum(axis=-1, dtype=np.int64)
    targets = random.randint(0, 2**62, shape) % cumulative[..., -1]
    symbols = (cumulative <= targets[..., None]).sum(axis=-1, dtype=np.int32)
    symbols.reshape(-1)[length:] = 0
    return CodedBlock(length, weights, symbols)


def encode(block: CodedBlock, piece: int | None = None) -> bytes:
    """The payload, coded in pieces of some steps, or at once."""
    encoder = BlockEncoder(*block.arguments)
    piece = piece or block.lane_length
    for start in range(0, block.lane_length, piece):
        steps = slice(start, start + piece)
        encoder.encode(
            np.ascontiguousarray(block.weights[:, steps]),
            np.ascontiguousarray(block.symbols[:, steps]),
        )
    return encoder.finish()


def decode(block: CodedBlock, payload: Buffer) -> npt.NDArray[np.int32]:
    """The symbols of a payload that has the weights of `block`: int32 [L, T]."""
    decoder = BlockDecoder(payload, *block.arguments)
    steps = [
        decoder.decode(np.ascontiguousarray(block.weights[:, step]))
        for step in range(block.lane_length)
    ]
    decoder.finish()
    return np.stack(steps, axis=1)
