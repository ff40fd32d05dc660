"""The decoder in torch gives the integers of the one in numpy, however it is fed."""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np
import pytest
import torch
from decoder_cases import Case, case_of, in_pieces, in_steps
from random_decoder import FAMILIES

from lmpack.errors import UsageError
from lmpack.importing import exact
from lmpack.importing.exact import ExactDecoder


@pytest.fixture(params=FAMILIES)
def case(request: pytest.FixtureRequest) -> Case:
    return case_of(request.param)


@pytest.fixture
def decoder(case: Case) -> ExactDecoder:
    return ExactDecoder(case.shape, case.tensors)


@pytest.fixture
def two_threads() -> Iterator[None]:
    before = torch.get_num_threads()
    torch.set_num_threads(2)
    yield
    torch.set_num_threads(before)


def test_all_positions_at_once(case: Case, decoder: ExactDecoder) -> None:
    weights = in_pieces(decoder, case.symbols)
    assert weights.dtype == np.int32
    assert np.array_equal(weights, case.weights)


def test_steps(case: Case, decoder: ExactDecoder) -> None:
    assert np.array_equal(in_steps(decoder, case.symbols), case.weights)


def test_pieces(case: Case, decoder: ExactDecoder) -> None:
    assert np.array_equal(in_pieces(decoder, case.symbols, 1, 8, 9, 10, 32), case.weights)


def test_lanes_alone(case: Case, decoder: ExactDecoder) -> None:
    alone = [in_pieces(decoder, lane[None], 20) for lane in case.symbols]
    assert np.array_equal(np.concatenate(alone), case.weights)


def test_blocks_of_queries_and_tiles_of_the_head(
    case: Case, decoder: ExactDecoder, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(exact, "QUERIES", 5)
    monkeypatch.setattr(exact, "HEAD_TILE", 96)
    assert np.array_equal(in_pieces(decoder, case.symbols, 13), case.weights)


def test_two_threads(case: Case, decoder: ExactDecoder, two_threads: None) -> None:
    assert np.array_equal(in_pieces(decoder, case.symbols, 33), case.weights)


def test_logits_of_some_rows(case: Case, decoder: ExactDecoder) -> None:
    hidden = decoder.hidden(decoder.start(len(case.symbols)), case.symbols)
    weights = decoder.weights(decoder.logits(hidden[1, [0, 30, 39]]))
    assert np.array_equal(weights, case.weights[1, [0, 30, 39]])


def test_a_context_has_an_end(case: Case, decoder: ExactDecoder) -> None:
    state = decoder.start(len(case.symbols))
    decoder.prefill(state, case.symbols)
    with pytest.raises(UsageError, match="40 positions"):
        decoder.step(state, case.symbols[:, 0])


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
    case.symbols = np.stack([np.arange(12), np.arange(280, 268, -1)])
    decoder = ExactDecoder(case.shape, case.tensors)
    assert np.array_equal(in_pieces(decoder, case.symbols), case.weights)
    assert np.array_equal(in_steps(decoder, case.symbols), case.weights)


def test_sums_that_float32_cannot_hold() -> None:
    """Inputs beyond EXACT_INPUTS: sums above 2**24 are rounded once."""
    case = Case("llama", hidden=2080, context=6, windows=(3, 6))
    for name, tensor in case.tensors.items():
        if name.endswith("down.weight"):
            tensor[:] = 64
        elif name.endswith("down.multiplier"):
            tensor /= 8
    decoder = ExactDecoder(case.shape, case.tensors)
    assert np.array_equal(in_pieces(decoder, case.symbols), case.weights)
