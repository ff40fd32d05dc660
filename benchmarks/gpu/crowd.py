"""Do lmpack's kernels give the same when all lanes of a large batch are at work?

Many small blocks of different contents are decoded side by side, so that a step of each size that
is captured has all of its lanes filled, twice, while another thread encodes.
"""

from __future__ import annotations

import threading
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from typing import TypeAlias

from benchmarks.gpu.reference import Reference
from lmpack._executors import Executor
from lmpack._executors.block_batch import RUN, DecodingLanes
from lmpack._executors.packed_block import PackedBlock
from lmpack._executors.protocol import LanguageModel, no_progress

BLOCK_LANES, BLOCK_STEPS = 8, 12
"""Of each block. A batch has 1,024 blocks at most."""

CONTENTS = 37
"""Different ones. No divisor of a number of blocks, so that each is beside others in each batch."""

LONG_STEPS, LONG_CONTENTS = 800, 3
"""Of blocks that go round all rings: those of a window of 512 have 767 places. One size has them,
as they take time."""

RUNS = 2
"""With each size: a step that is replayed a second time must not find what the first one left."""

ODDS_STEPS = 4
"""Whose odds are compared, of all lanes."""


Blocks: TypeAlias = list[tuple[bytes, PackedBlock]]
"""Content, and what it was encoded to."""


class Crowd:
    """Blocks that fill batches, and what they must give.

    Args:
        executor: encodes them.
        reference: of the same model.
        text: what they are cut from, at least one byte.
    """

    def __init__(self, executor: Executor, reference: Reference, text: bytes) -> None:
        self._reference = reference
        self._blocks = _blocks(executor, text, BLOCK_STEPS, CONTENTS)
        self._long_blocks = _blocks(executor, text, LONG_STEPS, LONG_CONTENTS)

    def equals(self, model: LanguageModel, lanes: DecodingLanes, sizes: Sequence[int]) -> bool:
        """Whether a model gives the odds and the blocks with each number of lanes.

        Args:
            model: encodes, and makes steps of lanes of its own.
            lanes: of the same model, that decode; ready for their first step.
            sizes: numbers of lanes.
        """
        ended = threading.Event()
        with ThreadPoolExecutor(1) as pool:
            beside = pool.submit(self._encoded_until, ended, model)
            try:
                same = self._decoded(lanes, min(sizes), self._long_blocks) and all(
                    self._decoded(lanes, size, self._blocks) for size in sizes for _ in range(RUNS)
                )
            finally:
                ended.set()
            return (
                same
                and beside.result()
                and all(
                    self._reference.steps_equal(model, size, ODDS_STEPS)
                    for size in sizes
                    for _ in range(RUNS)
                )
            )

    @staticmethod
    def _decoded(lanes: DecodingLanes, size: int, blocks: Blocks) -> bool:
        """Whether blocks that fill so many lanes come out as they went in."""
        chosen = {
            first: blocks[first // BLOCK_LANES % len(blocks)]
            for first in range(0, size - BLOCK_LANES + 1, BLOCK_LANES)
        }
        for first, (_, block) in chosen.items():
            lanes.begin(first, block)
        steps = blocks[0][1].lane_length
        for done in range(0, steps, RUN):
            lanes.run(min(RUN, steps - done))
        found = [lanes.finish(first) for first in chosen]
        for first in chosen:
            lanes.drop(first)
        return found == [plain for plain, _ in chosen.values()]

    def _encoded_until(self, ended: threading.Event, model: LanguageModel) -> bool:
        """Whether prefills give the odds, until the others have ended, and once at least."""
        while self._reference.prefill_equals(model):
            if ended.is_set():
                return True
        return False


def _blocks(executor: Executor, text: bytes, steps: int, contents: int) -> Blocks:
    """Blocks of different pieces of a text."""
    size = BLOCK_LANES * steps
    whole = text * (1 + (size + 7 * contents) // len(text))
    plains = [whole[7 * number :][:size] for number in range(contents)]
    return [
        (plain, PackedBlock(executor.encode(plain, steps, None, no_progress), size, steps))
        for plain in plains
    ]
