"""The ideal code length, against its formula and against the coder."""

from __future__ import annotations

import math

import inputs
import numpy as np
import numpy.typing as npt
import pytest
from fake_models import OrderZeroExecutor

from lmpack._blocks.ideal import ideal_bits
from lmpack._executors import open_executor
from lmpack._executors.protocol import no_progress
from lmpack._models.bundle import load_byte_model


def symbols(data: bytes) -> npt.NDArray[np.uint8]:
    return np.frombuffer(data, np.uint8)


def test_it_is_the_sum_of_the_logarithms() -> None:
    model = OrderZeroExecutor(1000)  # 28 likely bytes of odds 1000, 228 others of odds 1
    whole = 28 * 1000 + 228
    expected = 3 * math.log2(whole / 1000) + math.log2(whole)
    for lane_length in (1, 2, 3, 4, 100):
        assert ideal_bits(model, symbols(b"abcX"), lane_length) == pytest.approx(expected)
    assert ideal_bits(model, symbols(b""), 8) == 0


def test_odds_of_0_count_half() -> None:
    model = OrderZeroExecutor(1)
    model.odds[ord("x")] = 0
    assert ideal_bits(model, symbols(b"x"), 1) == pytest.approx(math.log2(255 / 0.5))


@pytest.mark.parametrize("lane_length", [7, 100, 600, 2000])
def test_the_coder_comes_close_to_it(lane_length: int) -> None:
    executor = open_executor(load_byte_model("small"), threads=1)
    data = inputs.SENTENCES[:2000]
    payload = executor.encode(data, lane_length, None, no_progress)
    ideal = ideal_bits(executor, symbols(data), lane_length) / 8
    assert math.floor(ideal) <= len(payload) <= 1.001 * ideal + 1
