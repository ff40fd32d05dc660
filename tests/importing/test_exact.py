"""The decoder in torch gives the integers of the one in numpy, however it is fed."""

from __future__ import annotations

import itertools
from collections.abc import Iterator
from typing import Any

import numpy as np
import numpy.typing as npt
import pytest
import torch
from random_decoder import FAMILIES, Tensors, random_decoder, random_tokens, small_shape
from reference_decoder_model import reference_weights

from lmpack._models.decoder.shape import DecoderShape
from lmpack.errors import UsageError
from lmpack.importing import exact
from lmpack.importing.exact import ExactDecoder

LANES = 2

Weights = npt.NDArray[np.int32]


class Case:
    """A random model, symbols that fill its context, and what it has to give for them."""

    def __init__(self, family: str, **changes: Any) -> None:
        random = np.random.default_rng(7)
        tokens = random_tokens(290, random)
        self.shape: DecoderShape = small_shape(family, tokens, **changes)
        self.tensors: Tensors = random_decoder(self.shape, tokens, 3)
        self.symbols = random.integers(0, len(tokens) + 1, (LANES, self.shape.context))
        self.weights = reference_weights(self.shape, self.tensors, self.symbols)
        self.decoder = ExactDecoder(self.shape, self.tensors)

    def in_pieces(self, symbols: npt.NDArray[np.integer], *ends: int) -> Weights:
        """Weights of symbols that are fed up to one end after another."""
        state = self.decoder.start(len(symbols))
        cuts = [0, *ends, symbols.shape[1]]
        fed = [self.decoder.prefill(state, symbols[:, a:b]) for a, b in itertools.pairwise(cuts)]
        return np.concatenate(fed, axis=1)


@pytest.fixture(scope="module", params=FAMILIES)
def case(request: pytest.FixtureRequest) -> Case:
    return Case(request.param)


@pytest.fixture
def two_threads() -> Iterator[None]:
    before = torch.get_num_threads()
    torch.set_num_threads(2)
    yield
    torch.set_num_threads(before)


def test_all_positions_at_once(case: Case) -> None:
    assert case.in_pieces(case.symbols).dtype == np.int32
    assert np.array_equal(case.in_pieces(case.symbols), case.weights)


def test_steps(case: Case) -> None:
    state = case.decoder.start(LANES)
    steps = [case.decoder.step(state, column) for column in case.symbols.T]
    assert np.array_equal(np.stack(steps, axis=1), case.weights)


def test_pieces(case: Case) -> None:
    assert np.array_equal(case.in_pieces(case.symbols, 1, 8, 9, 10, 40), case.weights)


def test_lanes_alone(case: Case) -> None:
    alone = [case.in_pieces(lane[None], 20) for lane in case.symbols]
    assert np.array_equal(np.concatenate(alone), case.weights)


def test_blocks_of_queries_and_tiles_of_the_head(
    case: Case, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(exact, "QUERIES", 5)
    monkeypatch.setattr(exact, "HEAD_TILE", 96)
    assert np.array_equal(case.in_pieces(case.symbols, 13), case.weights)


def test_two_threads(case: Case, two_threads: None) -> None:
    assert np.array_equal(case.in_pieces(case.symbols, 33), case.weights)


def test_logits_of_some_rows(case: Case) -> None:
    hidden = case.decoder.hidden(case.decoder.start(LANES), case.symbols)
    weights = case.decoder.weights(case.decoder.logits(hidden[1, [0, 30, 63]]))
    assert np.array_equal(weights, case.weights[1, [0, 30, 63]])


def test_a_context_has_an_end(case: Case) -> None:
    state = case.decoder.start(LANES)
    case.decoder.prefill(state, case.symbols)
    with pytest.raises(UsageError, match="64 positions"):
        case.decoder.step(state, case.symbols[:, 0])


@pytest.mark.parametrize("family", FAMILIES)
def test_rows_of_zeros_and_extreme_weights(family: str) -> None:
    """Zero vectors meet the least maxima; weights of 64 and of the same sign the largest sums."""
    case = Case(family, context=12, windows=(1, 12))
    for name, tensor in case.tensors.items():
        if name == "embedding.weight":
            tensor[:8] = 0  # the first 128 tokens
        elif name.endswith("0.up.weight"):
            tensor[:] = 0
        elif name.endswith("1.qkv.weight"):
            tensor[:] = 64
        elif name.endswith("1.out.weight"):
            tensor[:] = -64
    symbols = np.stack([np.arange(12), np.arange(280, 268, -1)])
    expected = reference_weights(case.shape, case.tensors, symbols)
    case.decoder = ExactDecoder(case.shape, case.tensors)
    assert np.array_equal(case.in_pieces(symbols), expected)
    assert np.array_equal(case.in_pieces(symbols, *range(1, 12)), expected)


def test_sums_that_float32_cannot_hold() -> None:
    """Inputs beyond EXACT_INPUTS: sums above 2**24 are rounded once."""
    case = Case("llama", hidden=2080, context=6, windows=(3, 6))
    for name, tensor in case.tensors.items():
        if name.endswith("down.weight"):
            tensor[:] = 64
        elif name.endswith("down.multiplier"):
            tensor /= 8
    expected = reference_weights(case.shape, case.tensors, case.symbols)
    case.decoder = ExactDecoder(case.shape, case.tensors)
    assert np.array_equal(case.in_pieces(case.symbols), expected)
