"""Random decoders of every family, symbols for them, and the weights that they have to give."""

from __future__ import annotations

import functools
import itertools
from pathlib import Path
from typing import Any, Protocol

import numpy as np
import numpy.typing as npt
from decoder_bundles import UNPROVED, write_bundle
from random_decoder import Tensors, random_decoder, random_tokens, small_shape
from reference_decoder_model import reference_weights

from lmpack._models.decoder.bundle import DecoderBundle
from lmpack._models.decoder.shape import DecoderShape
from lmpack._models.folder import TENSORS
from lmpack.importing.conformance import conformance_vectors
from lmpack.importing.exact import ExactDecoder
from lmpack.importing.graph import decoder_graphs

LANES = 2
CONTEXT, WINDOW = 40, 9
"""Of the segment, and of the layer that does not see all of it."""

Symbols = npt.NDArray[np.integer]
Weights = npt.NDArray[np.int32]


class Decoder(Protocol):
    """What executors of decoders have in common."""

    def start(self, lanes: int) -> Any: ...

    def prefill(self, state: Any, symbols: Symbols) -> Weights: ...

    def step(self, state: Any, symbols: Symbols) -> Weights: ...


class Case:
    """A random model, with symbols int64 [LANES, N] that fill its context."""

    def __init__(self, family: str, **changes: Any) -> None:
        random = np.random.default_rng(7)
        self.tokens = random_tokens(290, random)
        changes = {"context": CONTEXT, "windows": (WINDOW, CONTEXT)} | changes
        self.shape: DecoderShape = small_shape(family, self.tokens, **changes)
        self.tensors: Tensors = random_decoder(self.shape, self.tokens, 3)
        self.symbols = random.integers(0, len(self.tokens) + 1, (LANES, self.shape.context))

    @functools.cached_property
    def weights(self) -> Weights:
        """What the symbols give by docs/decoder_model.md, int32 [LANES, N, V]."""
        return reference_weights(self.shape, self.tensors, self.symbols)

    def bundle(self, folder: Path, *, proved: bool = False) -> DecoderBundle:
        """The model in a folder, with graphs, and with conformance vectors if `proved`."""
        vectors = (
            conformance_vectors(ExactDecoder(self.shape, self.tensors)) if proved else UNPROVED
        )
        write_bundle(folder, self.shape, self.tensors, {}, vectors)
        graphs = decoder_graphs(self.shape, folder / TENSORS)
        return write_bundle(folder, self.shape, self.tensors, graphs, vectors)


@functools.cache
def case_of(family: str) -> Case:
    """The case of a family, not to be changed."""
    return Case(family)


def in_pieces(decoder: Decoder, symbols: Symbols, *ends: int) -> Weights:
    """Weights of symbols [L, T] that are fed up to one end after another."""
    state = decoder.start(len(symbols))
    cuts = [0, *ends, symbols.shape[1]]
    fed = [decoder.prefill(state, symbols[:, a:b]) for a, b in itertools.pairwise(cuts)]
    return np.concatenate(fed, axis=1)


def in_steps(decoder: Decoder, symbols: Symbols) -> Weights:
    """The same, fed one by one."""
    state = decoder.start(len(symbols))
    return np.stack([decoder.step(state, column) for column in symbols.T], axis=1)
