"""The course of the learning rates as plain arithmetic."""

from __future__ import annotations

import pytest

from lmpack.training.schedule import (
    Fall,
    fall_from,
    fall_to,
    fall_within,
    rate,
    steps_until_fall,
)


def test_rates_rise_stay_and_fall() -> None:
    fall = fall_to(40, 0.25)
    assert fall == Fall(30, 40)
    rates = [rate(step, 4, fall) for step in range(40)]
    assert rates[:5] == [0.25, 0.5, 0.75, 1.0, 1.0]
    assert set(rates[3:31]) == {1.0}
    assert rates[30:] == pytest.approx([(10 - i) / 10 for i in range(10)])


def test_the_plateau_does_not_know_where_the_run_ends() -> None:
    longer, open_end = fall_to(400, 0.25), None
    for step in range(30):
        assert rate(step, 4, fall_to(40, 0.25)) == rate(step, 4, longer) == rate(step, 4, open_end)


@pytest.mark.parametrize("share", [0.0, 0.1, 0.2, 1 / 3, 0.9])
@pytest.mark.parametrize("start", [1, 2, 7, 1000, 123_457])
def test_a_branch_falls_as_a_run_of_its_length_would(start: int, share: float) -> None:
    fall = fall_from(start, share)
    assert fall.start == start < fall.end
    if fall.end > start + 1:
        assert fall_to(fall.end, share) == fall


def test_a_fall_fills_the_time_that_is_left() -> None:
    assert fall_within(100, 60.0, 2.5) == Fall(100, 250)
    assert fall_within(100, -5.0, 2.5) == Fall(100, 101)


def test_a_run_without_a_rise_or_a_fall() -> None:
    assert [rate(step, 0, fall_to(3, 0.0)) for step in range(3)] == [1.0, 1.0, 1.0]


def test_a_fall_within_the_rise_begins_lower() -> None:
    assert rate(4, 10, Fall(4, 8)) == pytest.approx(0.5)
    assert rate(7, 10, Fall(4, 8)) == pytest.approx(0.8 / 4)


@pytest.mark.parametrize("share", [0.0, 0.1, 0.2, 1 / 3, 0.9])
def test_a_run_that_is_told_to_be_long_enough_is(share: float) -> None:
    for start in range(1, 300):
        steps = steps_until_fall(start, share)
        assert 0 <= fall_to(steps, share).start - start <= 1
