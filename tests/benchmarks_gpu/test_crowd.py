"""Full batches of a card, for which the engine stands in here: what is wrong in them is noticed."""

from __future__ import annotations

import threading
from typing import Any

import numpy as np
import pytest

from benchmarks.gpu import conformance
from benchmarks.gpu.crowd import BLOCK_LANES, BLOCK_STEPS, LONG_STEPS, RUNS, Crowd
from benchmarks.gpu.reference import Reference
from lmpack._executors.native import NativeExecutor
from lmpack._executors.packed_block import PackedBlock
from lmpack._executors.protocol import no_progress
from lmpack._models.bundle import load_byte_model
from lmpack.errors import UsageError

SIZES = (16, 64)
LONG = [(16, 64)] * (LONG_STEPS // 64) + [(16, LONG_STEPS % 64)]
SHORT = [(size, BLOCK_STEPS) for size in SIZES for _ in range(RUNS)]
"""Runs, as lanes and steps."""

TEXT = bytes(range(32, 127)) * 5


class Lanes:
    """Decodes with the engine, and notes how full its runs were."""

    lanes = max(SIZES)

    def __init__(self, executor: NativeExecutor) -> None:
        self._executor = executor
        self.blocks: dict[int, PackedBlock] = {}
        self.runs: list[tuple[int, int]] = []

    def warm_up(self) -> None:
        pass

    def clear(self) -> None:
        pass

    def begin(self, first: int, block: PackedBlock) -> None:
        assert not set(range(first, first + block.lanes)) & self.taken
        self.blocks[first] = block

    @property
    def taken(self) -> set[int]:
        return {
            lane for first, it in self.blocks.items() for lane in range(first, first + it.lanes)
        }

    def run(self, steps: int) -> None:
        self.runs.append((len(self.taken), steps))

    def finish(self, first: int) -> bytes:
        block = self.blocks[first]
        return self._executor.decode(block.payload, block.length, block.lane_length, None,
                                     no_progress)  # fmt: skip

    def drop(self, first: int) -> None:
        del self.blocks[first]


class LastLaneOff(Lanes):
    """Only the last block of the largest size is wrong, and only the second time."""

    def finish(self, first: int) -> bytes:
        plain = super().finish(first)
        is_last = first == max(SIZES) - BLOCK_LANES and self.runs[len(LONG) :] == SHORT
        return plain[:-1] + b"?" if is_last else plain


class Neighbours(Lanes):
    """Two blocks have each other's payloads: all contents would look alike if they were equal."""

    def begin(self, first: int, block: PackedBlock) -> None:
        super().begin(first ^ BLOCK_LANES, block)


class StepOff(NativeExecutor):
    """One lane of many has other odds."""

    def step(self, state: Any, symbols: np.ndarray) -> np.ndarray:
        odds = super().step(state, symbols).copy()
        if len(odds) > 60:
            odds[60, 0] ^= 1
        return odds


class OtherThreadOff(NativeExecutor):
    """A prefill beside the decoding has other odds."""

    def prefill(self, state: Any, symbols: np.ndarray) -> np.ndarray:
        odds = super().prefill(state, symbols).copy()
        if threading.current_thread() is not threading.main_thread():
            odds[0, 0, 0] ^= 1
        return odds


@pytest.fixture(scope="module")
def executor() -> NativeExecutor:
    return NativeExecutor(load_byte_model("tiny"))


@pytest.fixture(scope="module")
def crowd(executor: NativeExecutor) -> Crowd:
    symbols = np.arange(4 * 6).reshape(4, 6)
    return Crowd(executor, Reference(executor, symbols, TEXT[:100]), TEXT)


def test_all_lanes_are_filled(crowd: Crowd, executor: NativeExecutor) -> None:
    lanes = Lanes(executor)
    assert crowd.equals(executor, lanes, SIZES)
    assert lanes.runs == [*LONG, *SHORT]


@pytest.mark.parametrize("wrong", [LastLaneOff, Neighbours])
def test_wrong_content(crowd: Crowd, executor: NativeExecutor, wrong: type[Lanes]) -> None:
    assert not crowd.equals(executor, wrong(executor), SIZES)


@pytest.mark.parametrize("wrong", [StepOff, OtherThreadOff])
def test_wrong_odds(crowd: Crowd, executor: NativeExecutor, wrong: type[NativeExecutor]) -> None:
    assert not crowd.equals(wrong(load_byte_model("tiny")), Lanes(executor), SIZES)


def test_a_row_of_the_command(executor: NativeExecutor, monkeypatch: pytest.MonkeyPatch) -> None:
    """One for captured steps and one for others; without a card they are not run."""

    def stand_in(bundle: object, *, capture: bool) -> object:
        return executor, (LastLaneOff if capture else Lanes)(executor), SIZES

    def outcomes() -> list[str]:
        bundle = load_byte_model("tiny")
        reference = Reference(executor, np.arange(4 * 6).reshape(4, 6), TEXT[:100])
        rows = conformance.checks(bundle, reference, (1,), TEXT)
        return [conformance.outcome(check) for name, check in rows if "full batches" in name]

    monkeypatch.setattr(conformance, "own_lanes", stand_in)
    assert outcomes() == ["equal", "DIFFERENT"]

    def missing(bundle: object, *, capture: bool) -> object:
        raise UsageError("there is no card")

    monkeypatch.setattr(conformance, "own_lanes", missing)
    assert outcomes() == ["not run: there is no card"] * 2
