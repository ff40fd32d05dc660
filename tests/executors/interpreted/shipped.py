"""A model as it is shipped in lmpack's own kernels, by Triton's interpreter."""

from __future__ import annotations

import numpy as np
import torch
from random_models import random_symbols

from lmpack._executors.native import NativeExecutor
from lmpack._executors.triton.model import TritonModel
from lmpack._models.bundle import load_byte_model

LANES, STEPS, FED = 2, 3, 5


def test_the_smallest_model() -> None:
    """Its own weights, tables and windows: symbols fed together, then steps, one lane afresh."""
    bundle = load_byte_model("tiny")
    model, native = TritonModel(bundle, torch.device("cpu")), NativeExecutor(bundle)
    symbols = random_symbols(bundle.architecture, LANES, FED + STEPS)
    state, theirs = model.start(LANES), native.start(LANES)
    np.testing.assert_array_equal(
        model.prefill(state, symbols[:, :FED]), native.prefill(theirs, symbols[:, :FED])
    )
    model.restart(state, [1])
    alone = native.start(1)
    for column in symbols.T[FED:]:
        odds, expected = model.step(state, column), native.step(theirs, column)
        np.testing.assert_array_equal(odds[:1], expected[:1])
        np.testing.assert_array_equal(odds[1:], native.step(alone, column[1:]))
