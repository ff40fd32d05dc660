"""Blocks that share the steps of one model: who gets lanes, who makes a step, what ends it."""

from __future__ import annotations

import threading
import time
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import numpy as np
import pytest
from interrupting import background, interrupted_when, needs_signals
from random_models import ARCHITECTURES

from lmpack._executors.continuous_batch import ContinuousBatch


class Recorded:
    """A model without a Transformer: the odds say which symbol its lane was fed, and when.

    Attributes:
        fed: what each step was fed, one list of all lanes for each step.
        threads: of the steps.
    """

    architecture = ARCHITECTURES["one-position"]

    def __init__(self, fail_at: int = -1) -> None:
        self.fed: list[list[int]] = []
        self.threads: set[int] = set()
        self._fail_at = fail_at

    def start(self, lanes: int) -> np.ndarray:
        return np.zeros(lanes, int)

    def warm_up(self, state: np.ndarray) -> None:
        self.threads.add(threading.get_ident())

    def restart(self, state: np.ndarray, lanes: Sequence[int]) -> None:
        state[lanes] = 0

    def step(self, state: np.ndarray, symbols: np.ndarray) -> np.ndarray:
        if len(self.fed) == self._fail_at:
            raise RuntimeError("the card is gone")
        time.sleep(0.001)  # so that threads come to their turn
        self.threads.add(threading.get_ident())
        self.fed.append(symbols.tolist())
        state += 1
        odds = np.ones((len(state), 32), np.int32)
        odds[:, 0], odds[:, 1] = symbols + 1, state
        return odds


def run_blocks(batch: ContinuousBatch, blocks: Sequence[tuple[int, int]]) -> list[list[int]]:
    """Feed blocks of (lanes, steps) side by side; for each the positions that its steps had."""

    def block(lanes: int, steps: int) -> list[int]:
        positions = []
        together.wait()
        with batch.lease(lanes) as leased:
            leased.start(lanes)
            for step in range(steps):
                odds = leased.step(None, np.full(lanes, step % 30))
                assert odds.shape == (lanes, 32)
                assert (odds[:, 0] == step % 30 + 1).all()
                assert len(set(odds[:, 1])) == 1
                positions.append(int(odds[0, 1]))
        return positions

    together = threading.Barrier(len(blocks))
    with ThreadPoolExecutor(len(blocks)) as pool:
        return list(pool.map(lambda pair: block(*pair), blocks))


def test_free_lanes_are_lent_again_while_others_go_on() -> None:
    model = Recorded()
    blocks = [(2, 40), (1, 10), (1, 10), (1, 12), (2, 5), (1, 3)]
    positions = run_blocks(ContinuousBatch(model, 4), blocks)
    assert positions == [list(range(1, steps + 1)) for _, steps in blocks]
    start = model.architecture.start_symbol
    busy = sum(symbol != start for symbols in model.fed for symbol in symbols)
    assert busy == sum(lanes * steps for lanes, steps in blocks)
    # One after another they would need all steps; side by side not many more than the longest.
    assert len(model.fed) < 0.8 * sum(steps for _, steps in blocks)


def test_all_steps_of_a_batch_come_from_one_thread() -> None:
    model = Recorded()
    run_blocks(ContinuousBatch(model, 4), [(1, 20), (1, 30), (2, 20), (1, 10)])
    assert len(model.threads) == 1


def test_who_has_waited_longest_comes_first() -> None:
    batch = ContinuousBatch(Recorded(), 2)
    order: list[str] = []

    def wait_for_lanes(name: str, lanes: int) -> None:
        with batch.lease(lanes):
            order.append(name)

    with batch.lease(1):
        large = threading.Thread(target=wait_for_lanes, args=("large", 2))
        large.start()
        while batch.load < 2:
            pass
        small = threading.Thread(target=wait_for_lanes, args=("small", 1))
        small.start()  # there is room for it, but the other one came first
        while batch.load < 3:
            pass
        assert order == []
    large.join()
    small.join()
    assert order == ["large", "small"]
    assert batch.load == 0


def test_an_error_of_a_step_reaches_all_blocks_in_it() -> None:
    batch = ContinuousBatch(Recorded(fail_at=3), 8)
    failed: list[str] = []

    def block() -> None:
        try:
            with batch.lease(2) as leased:
                leased.start(2)
                ready.wait()
                for _ in range(10):
                    leased.step(None, np.zeros(2, int))
        except RuntimeError as error:
            failed.append(str(error))

    ready = threading.Barrier(3)
    threads = [threading.Thread(target=block) for _ in range(3)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert failed == ["the card is gone"] * 3
    assert batch.load == 0


def test_a_block_that_gives_up_does_not_hold_up_the_others() -> None:
    batch = ContinuousBatch(Recorded(), 4)

    def give_up() -> None:
        with batch.lease(2) as leased:
            leased.start(2)
            leased.step(None, np.zeros(2, int))
            raise InterruptedError

    def go_on() -> int:
        with batch.lease(2) as leased:
            leased.start(2)
            return sum(int(leased.step(None, np.zeros(2, int))[0, 1]) for _ in range(20))

    with ThreadPoolExecutor(2) as pool:
        gone, done = pool.submit(give_up), pool.submit(go_on)
        assert done.result() == sum(range(1, 21))
        with pytest.raises(InterruptedError):
            gone.result()


# Interruptions and failures


@needs_signals
def test_an_interrupted_block_does_not_hold_up_the_others() -> None:
    batch = ContinuousBatch(Recorded(), 2)
    with batch.lease(1) as other:
        other.start(1)
        with interrupted_when(lambda: bool(batch._ready)), batch.lease(1) as lanes:
            lanes.start(1)
            lanes.step(None, np.zeros(1, int))
        assert batch.load == 1
        odds = background(lambda: other.step(None, np.zeros(1, int))).result(10)
        assert odds[0, 1] == 1


@needs_signals
def test_who_is_interrupted_while_it_waits_for_lanes_leaves_the_queue() -> None:
    batch = ContinuousBatch(Recorded(), 2)
    with batch.lease(1):
        with interrupted_when(lambda: batch.load == 2), batch.lease(2):
            pass
        assert batch.load == 1


class Held(Recorded):
    """A model whose steps wait.

    Attributes:
        is_stepping: whether a step has begun.
        go_on: lets it end.
    """

    def __init__(self) -> None:
        super().__init__()
        self.is_stepping, self.go_on = threading.Event(), threading.Event()

    def restart(self, state: np.ndarray, lanes: Sequence[int]) -> None:
        assert not self.is_stepping.is_set() or self.go_on.is_set()
        super().restart(state, lanes)

    def step(self, state: np.ndarray, symbols: np.ndarray) -> np.ndarray:
        self.is_stepping.set()
        assert self.go_on.wait(10)
        return super().step(state, symbols)


@needs_signals
def test_an_interrupt_ends_only_the_block_that_ordered_the_step() -> None:
    model = Held()
    batch = ContinuousBatch(model, 2)
    with batch.lease(1) as other:
        other.start(1)
        with interrupted_when(model.is_stepping.is_set), batch.lease(1) as lanes:
            lanes.start(1)
            odds = background(lambda: other.step(None, np.full(1, 7)))
            while not batch._ready:
                time.sleep(0.001)
            lanes.step(None, np.zeros(1, int))

        def newcomer() -> int:
            with batch.lease(1) as lanes:
                lanes.start(1)
                return int(lanes.step(None, np.zeros(1, int))[0, 1])

        position = background(newcomer)
        time.sleep(0.02)
        assert not odds.done()
        model.go_on.set()
        assert odds.result(10)[0, :2].tolist() == [8, 1]
    assert position.result(10) == 1


def test_lanes_are_not_lost_if_they_cannot_be_restarted(monkeypatch: pytest.MonkeyPatch) -> None:
    def fail(self: Recorded, state: np.ndarray, lanes: Sequence[int]) -> None:
        raise RuntimeError("the card is gone")

    batch = ContinuousBatch(Recorded(), 2)
    with monkeypatch.context() as patch:
        patch.setattr(Recorded, "restart", fail)
        with pytest.raises(RuntimeError, match="the card is gone"), batch.lease(2) as lanes:
            lanes.start(2)
    assert batch.load == 0
    assert background(lambda: run_blocks(batch, [(2, 3)])).result(10) == [[1, 2, 3]]


def test_lanes_are_not_lost_by_an_interrupt_after_they_were_taken() -> None:
    batch = ContinuousBatch(Recorded(), 2)
    take = batch._take

    def interrupted(*arguments: Any) -> None:
        take(*arguments)
        raise KeyboardInterrupt

    batch._take = interrupted  # type: ignore[method-assign,assignment]
    with pytest.raises(KeyboardInterrupt), batch.lease(1):
        pass
    batch._take = take  # type: ignore[method-assign]
    assert batch.load == 0
    assert background(lambda: run_blocks(batch, [(1, 3)])).result(10) == [[1, 2, 3]]


def test_at_the_end_of_the_interpreter_nobody_waits_for_a_step() -> None:
    batch = ContinuousBatch(Recorded(), 2)
    batch._maker.shutdown()
    with batch.lease(1) as first, batch.lease(1) as second:
        first.start(1)
        second.start(1)
        steps = [
            background(lambda lanes=lanes: lanes.step(None, np.zeros(1, int)))  # type: ignore[misc]
            for lanes in (first, second)
        ]
        for step in steps:
            with pytest.raises(RuntimeError, match="shutdown"):
                step.result(10)
