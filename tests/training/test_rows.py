"""Hashes of contexts on the device of a model: those of the rest of lmpack, bit for bit."""

from __future__ import annotations

import dataclasses

import numpy as np
import pytest
import torch
from random_models import ARCHITECTURES

from lmpack._models.architecture import MAXIMUM_ORDER, WORD, Architecture, ContextTable
from lmpack._models.symbols import embedding_rows
from lmpack.training.presets import PRESETS
from lmpack.training.rows import sequence_rows

ORDERS = tuple(
    ContextTable(order, rows, 0, 32)
    for order, rows in [(2, 1), (3, 7), (4, 2**24), (5, 65536), (MAXIMUM_ORDER, 4093), (WORD, 999)]
)
SHAPES = {
    **ARCHITECTURES,
    **PRESETS,
    "orders": dataclasses.replace(ARCHITECTURES["tables"], tables=ORDERS),
    "word alone": dataclasses.replace(ARCHITECTURES["tables"], tables=ORDERS[-1:]),
}


def expected(shape: Architecture, symbols: np.ndarray) -> np.ndarray:
    """Rows by numpy: what is fed is the start symbol, then all symbols but the last."""
    start = np.full((len(symbols), shape.history + 1), shape.start_symbol)
    return embedding_rows(shape, np.concatenate([start, symbols[:, :-1]], axis=1))


@pytest.mark.parametrize("name", SHAPES)
@pytest.mark.parametrize("length", [1, 2, 40, 300])
def test_rows_are_those_of_numpy(name: str, length: int) -> None:
    shape = SHAPES[name]
    symbols = np.random.default_rng(length).integers(0, shape.vocabulary, (3, length))
    rows = sequence_rows(shape, torch.from_numpy(symbols))
    assert rows.dtype == torch.int64
    np.testing.assert_array_equal(rows.numpy(), expected(shape, symbols))


def test_rows_of_words_are_those_of_numpy() -> None:
    text = "Ein Wort, the THE \u00fcber-langes_Wort_ohne_Ende abcdefghijklmnopqrstuvwxyz!".encode()
    symbols = np.frombuffer(text, np.uint8)[None].astype(np.int64)
    for shape in (PRESETS["base"], SHAPES["word alone"]):
        rows = sequence_rows(shape, torch.from_numpy(symbols)).numpy()
        np.testing.assert_array_equal(rows, expected(shape, symbols))
