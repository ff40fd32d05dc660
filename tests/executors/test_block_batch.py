"""Blocks that share lanes of a device that decodes: order, endings, failures. No model runs."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor

import pytest

from lmpack._executors.block_batch import RUN, BlockBatch
from lmpack._executors.packed_block import PackedBlock
from lmpack._executors.protocol import no_progress
from lmpack.errors import BundleError, DamagedError


class FakeLanes:
    """The content of a block is its payload, once it has made all its steps.

    Attributes:
        seen: for each run its steps, and the places of the blocks in it.
        barrier: called before each run.
        problem: what a run raises.
    """

    def __init__(self, lanes: int) -> None:
        self.lanes = lanes
        self.seen: list[tuple[int, dict[int, int]]] = []
        self.barrier: Callable[[], None] = lambda: None
        self.problem: Exception | None = None
        self._blocks: dict[int, PackedBlock] = {}
        self._done: dict[int, int] = {}

    def warm_up(self) -> None:
        self.seen.clear()

    def clear(self) -> None:
        self._blocks.clear()

    def begin(self, first: int, block: PackedBlock) -> None:
        if block.payload == b"bad start":
            raise DamagedError("bad start")
        mine = range(first, first + block.lanes)
        assert mine.stop <= self.lanes
        for other, taken in self._blocks.items():
            assert not set(mine) & set(range(other, other + taken.lanes))
        self._blocks[first], self._done[first] = block, 0

    def run(self, steps: int) -> None:
        self.barrier()
        if self.problem is not None:
            raise self.problem
        self.seen.append((steps, {first: block.lanes for first, block in self._blocks.items()}))
        for first, block in self._blocks.items():
            self._done[first] += steps
            assert self._done[first] <= block.lane_length

    def finish(self, first: int) -> bytes:
        block = self._blocks[first]
        assert self._done[first] == block.lane_length
        if block.payload == b"bad end":
            raise DamagedError("bad end")
        return block.payload

    def drop(self, first: int) -> None:
        del self._blocks[first]


def block(name: str, lanes: int, steps: int) -> PackedBlock:
    return PackedBlock(name.encode(), lanes * steps - (steps > 1), steps)


def test_runs_are_as_long_as_all_blocks_allow() -> None:
    lanes = FakeLanes(8)
    batch = BlockBatch(lanes)
    told: list[int] = []
    assert batch.decode(block("a", 3, 2 * RUN + 5), told.append) == b"a"
    assert [steps for steps, _ in lanes.seen] == [RUN, RUN, 5]
    assert told == sorted(told) and told[-1] == 2 * RUN + 5


def test_lanes_go_to_who_has_waited_longest() -> None:
    lanes = FakeLanes(8)
    batch = BlockBatch(lanes)
    all_wait, running = threading.Event(), threading.Event()

    def barrier() -> None:
        running.set()
        assert all_wait.wait(60)

    lanes.barrier = barrier
    shapes = {"a": (3, 10), "b": (4, 30), "c": (3, 5), "d": (1, 5)}
    with ThreadPoolExecutor(5) as pool:
        found = [pool.submit(batch.decode, block("all lanes", 8, 1), no_progress)]
        assert running.wait(60)
        for waiting, (name, shape) in enumerate(shapes.items(), 1):
            found.append(pool.submit(batch.decode, block(name, *shape), no_progress))
            while len(batch._queue) < waiting:
                time.sleep(0.001)
        all_wait.set()
        assert [future.result(60) for future in found] == [b"all lanes", b"a", b"b", b"c", b"d"]
    # "d" would have fitted behind "b", but "c" came first, and "c" waited for the lanes of "a".
    expected = [(1, {0: 8}), (10, {0: 3, 3: 4}), (5, {3: 4, 0: 3, 7: 1}), (15, {3: 4})]
    assert lanes.seen == expected


def test_damage_is_told_to_its_own_block() -> None:
    lanes = FakeLanes(8)
    batch = BlockBatch(lanes)
    for name in ("bad start", "bad end"):
        with ThreadPoolExecutor(2) as pool:
            good = pool.submit(batch.decode, block("good", 4, 100), no_progress)
            bad = pool.submit(batch.decode, block(name, 4, 50), no_progress)
            assert good.result(60) == b"good"
            with pytest.raises(DamagedError, match=name):
                bad.result(60)


def test_who_gives_up_leaves_its_lanes() -> None:
    lanes = FakeLanes(4)
    batch = BlockBatch(lanes)

    def interrupt(steps: int) -> None:
        raise InterruptedError

    lanes.barrier = lambda: time.sleep(0.001)
    with pytest.raises(InterruptedError):
        batch.decode(block("a", 4, 1 << 20), interrupt)
    assert batch.decode(block("b", 4, 7), no_progress) == b"b"
    assert sum(steps for steps, _ in lanes.seen) < 1 << 20


def test_a_device_that_fails_fails_all_blocks_and_works_again() -> None:
    lanes = FakeLanes(4)
    batch = BlockBatch(lanes)
    lanes.problem = BundleError("the GPU is gone")
    with ThreadPoolExecutor(3) as pool:
        found = [pool.submit(batch.decode, block("a", 2, 9), no_progress) for _ in range(3)]
        for future in found:
            with pytest.raises(BundleError, match="is gone"):
                future.result(60)
    lanes.problem = None
    assert batch.decode(block("b", 4, 7), no_progress) == b"b"


def test_many_blocks_of_all_sizes() -> None:
    lanes = FakeLanes(16)
    batch = BlockBatch(lanes)
    blocks = [block(str(number), 1 + number * 7 % 16, 1 + number * 13 % 90) for number in range(60)]
    with ThreadPoolExecutor(20) as pool:
        found = list(pool.map(lambda packed: batch.decode(packed, no_progress), blocks))
    assert found == [packed.payload for packed in blocks]
    assert max(len(places) for _, places in lanes.seen) > 1
