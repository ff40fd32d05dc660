"""Blocks that are encoded at the same time: which share a call, and what becomes of each."""

from __future__ import annotations

import threading
import time
from concurrent.futures import Future, ThreadPoolExecutor

import numpy as np
import pytest
from interrupting import background
from random_models import ARCHITECTURES

from lmpack._executors.encoding_groups import THREADS, Ask, EncodingGroups
from lmpack._executors.stepping import ENCODER_PIECE

START = ARCHITECTURES["tables"].start_symbol


class Echo:
    """Answers with what follows, and notes what was fed; holds the first calls back until told."""

    def __init__(self) -> None:
        self.shapes: list[tuple[int, int]] = []
        self.begun = 0
        self.go_on = threading.Event()
        self.problem: Exception | None = None

    def ask(self, state: int, fed: np.ndarray, following: np.ndarray) -> np.ndarray:
        self.begun += 1
        assert self.go_on.wait(30)
        assert state == len(fed) and fed.shape == following.shape
        self.shapes.append(fed.shape)
        if self.problem is not None:
            raise self.problem
        return np.stack([fed, following], axis=-1)

    def other(self, state: int, fed: np.ndarray, following: np.ndarray) -> np.ndarray:
        return self.ask(state, fed, following)


def groups_of(lanes: int) -> EncodingGroups:
    return EncodingGroups(ARCHITECTURES["tables"], lambda lanes: lanes, lanes)


def block(lanes: int, length: int, seed: int = 0) -> np.ndarray:
    return np.random.default_rng(seed).integers(0, 256, (lanes, length)).astype(np.uint8)


def check(groups: EncodingGroups, symbols: np.ndarray, ask: Ask) -> None:
    found = np.concatenate(list(groups.answers(symbols, ask)), axis=1)
    fed = np.concatenate([np.full((len(symbols), 1), START), symbols[:, :-1]], axis=1)
    np.testing.assert_array_equal(found[..., 0], fed)
    np.testing.assert_array_equal(found[..., 1], symbols)


def waiting(groups: EncodingGroups, count: int) -> None:
    while len(groups._queue) != count:
        time.sleep(0.001)


def busy_threads(
    pool: ThreadPoolExecutor, groups: EncodingGroups, echo: Echo
) -> list[Future[None]]:
    """Blocks that all threads are at work for, so that what comes now waits."""
    found = []
    for number in range(THREADS):
        found.append(pool.submit(check, groups, block(1, 3), echo.ask))
        while echo.begun != number + 1:
            time.sleep(0.001)
    return found


def test_blocks_of_like_lengths_share_calls() -> None:
    groups, echo = groups_of(8), Echo()
    lengths = [500, 300, 500, 700, 1200, 260, 400]
    with ThreadPoolExecutor(9) as pool:
        busy = busy_threads(pool, groups, echo)
        found: list[Future[None]] = []
        for number, length in enumerate(lengths):
            symbols = block(2, length, seed=number)
            found.append(pool.submit(check, groups, symbols, echo.ask))
            waiting(groups, number + 1)
        echo.go_on.set()
        for future in (*busy, *found):
            future.result(30)
    # 8 lanes are 4 blocks: 500, 300, 500 and 260; then 700, 1200; then what is left, 400.
    first = [(8, 256), (8, 244)]
    second = [(4, 256)] * 4 + [(4, 176)]
    third = [(2, 256), (2, 144)]
    assert sorted(echo.shapes) == sorted([(1, 3)] * 2 + first + second + third)
    assert len(echo.shapes) < 2 + sum(-(-length // ENCODER_PIECE) for length in lengths)


def test_what_is_asked_otherwise_goes_apart() -> None:
    groups, echo = groups_of(8), Echo()
    with ThreadPoolExecutor(4) as pool:
        busy = busy_threads(pool, groups, echo)
        asks = [echo.ask, echo.other]
        more = [pool.submit(check, groups, block(2, 9), ask) for ask in asks]
        waiting(groups, 2)
        echo.go_on.set()
        for future in (*busy, *more):
            future.result(30)
    assert sorted(echo.shapes) == [(1, 3), (1, 3), (2, 9), (2, 9)]


def test_a_block_of_more_lanes_than_a_group() -> None:
    groups, echo = groups_of(2), Echo()
    echo.go_on.set()
    check(groups, block(5, 600), echo.ask)
    assert echo.shapes == [(5, 256), (5, 256), (5, 88)]


def test_an_error_reaches_all_blocks_of_the_group() -> None:
    groups, echo = groups_of(8), Echo()
    echo.problem = RuntimeError("the card is gone")
    echo.go_on.set()
    with pytest.raises(RuntimeError, match="is gone"):
        check(groups, block(2, 600), echo.ask)
    echo.problem = None
    check(groups, block(2, 600), echo.ask)


def test_who_gives_up_holds_nobody_up() -> None:
    groups, echo = groups_of(8), Echo()
    echo.go_on.set()
    answers = groups.answers(block(1, 20 * ENCODER_PIECE), echo.ask)
    next(answers)
    answers.close()  # type: ignore[attr-defined]
    for _ in range(3):  # more than there are threads
        background(lambda: check(groups, block(1, 10), echo.ask)).result(timeout=30)
