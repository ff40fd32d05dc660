"""What follows from the time of one thread for more cores."""

from __future__ import annotations

import dataclasses

import pytest

from benchmarks.measure.thread_law import MeasuredCosts, seconds_on

# A second to start, two to mix and eight to predict, in two lanes.
COSTS = MeasuredCosts(
    length=1_000_000,
    block=1 << 20,
    lanes=2,
    start=1.0,
    serial=2e-6,
    whole=11.0,
    largest_model=1.0,
    warm_up=0.25,
    alone=1.5,
)


@pytest.mark.parametrize("direction", ["compress", "decompress"])
def test_one_thread_takes_what_it_took(direction: str) -> None:
    assert seconds_on(1, COSTS, direction) == pytest.approx(11)


def test_compressing_is_shared_until_mixing_is_all_that_is_left() -> None:
    assert seconds_on(2, COSTS, "compress") == pytest.approx(1 + 10 / 2)
    # More threads than lanes warm up.
    assert seconds_on(4, COSTS, "compress") == pytest.approx(1 + (2 + 8 * 1.25) / 4)
    assert seconds_on(100, COSTS, "compress") == pytest.approx(1 + 2)


def test_blocks_are_coded_side_by_side() -> None:
    blocks = dataclasses.replace(COSTS, block=100_000)
    assert seconds_on(20, blocks, "compress") == pytest.approx(1 + 10 / 20)
    assert seconds_on(100, blocks, "compress") == pytest.approx(1 + 2 / 10)


def test_decompressing_waits_for_the_lane_that_it_predicts() -> None:
    # Half of the bytes are of each lane; a pass of one lane takes 1.5 times its share of both.
    assert seconds_on(16, COSTS, "decompress") == pytest.approx(1 + (8 * 1.5 + 2) / 2)
    # A row more costs nothing: two threads win no more than mixing beside the pass.
    free_rows = dataclasses.replace(COSTS, alone=2.0)
    assert seconds_on(16, free_rows, "decompress") == pytest.approx(1 + 8 + 1)
    two_models = dataclasses.replace(COSTS, lanes=1, alone=1.0, largest_model=0.75)
    assert seconds_on(16, two_models, "decompress") == pytest.approx(1 + 0.75 * 8 + 2)


def test_decompressing_is_never_faster_than_mixing() -> None:
    many = dataclasses.replace(COSTS, lanes=16, alone=1.0)
    assert seconds_on(16, many, "decompress") == pytest.approx(1 + 2)
