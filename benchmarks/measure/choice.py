"""What it costs to choose how a block is coded.

    scripts/bench choice

Starts of files of every kind, of several lengths, are coded as one block at several levels: with
the choice, and then in the way that was chosen. CPU seconds with one thread, the best of several
turns.
"""

from __future__ import annotations

import argparse
import sys
from typing import Any

from benchmarks.data import start_of
from benchmarks.kinds.build import built
from benchmarks.kinds.files import FILES
from benchmarks.record import environment, timed, write_result
from lmpack._blocks.codec import encode_block
from lmpack._blocks.coding import Coding, no_progress
from lmpack._blocks.copies import without_copies
from lmpack._blocks.levels import LEVELS, Level
from lmpack._executors import open_executor
from lmpack._executors.pair import ExecutorPair
from lmpack._executors.protocol import BlockCoder
from lmpack._models.bundle import load_byte_model

LEVELS_MEASURED = (1, 2, 6, 9)
LENGTHS = (2_000, 16_000, 100_000, 1_000_000)
PROSE = "text/wikipedia_en_2014.valid.xz"
KINDS = ("sqlite-projections.db", "x64-random.so", "sound16-stereo.wav")


def contents() -> dict[str, bytes]:
    """What is coded, by the names that the table has for it."""
    files = {file.name: file for file in FILES}
    return {
        "prose": start_of(PROSE, max(LENGTHS)),
        **{name: built(files[name])[: max(LENGTHS)] for name in KINDS},
    }


def lengths_of(content: bytes) -> list[int]:
    """How much of a file is coded: the whole of it in place of a length that it has not."""
    return [*(length for length in LENGTHS if length < len(content)), len(content)]


def opened(level: Level) -> BlockCoder | None:
    """What codes with the models of a level; None if it has none."""
    executors = [open_executor(load_byte_model(name), threads=1) for name in level.models]
    return ExecutorPair(*executors) if len(executors) > 1 else next(iter(executors), None)


def turn(executor: BlockCoder | None, level: Level, plain: bytes) -> tuple[float, float]:
    """CPU seconds of a block with the choice, and of coding alone."""
    lanes = level.most_lanes
    block, whole = timed(
        encode_block,
        executor,
        plain,
        mixed_lanes=lanes,
        predictor=level.predictor,
        beside=level.beside,
    )
    if not block.kind.is_mixed:
        raise RuntimeError("the block is raw: there is nothing to compare it with")
    (_, remainder), finding = timed(without_copies, plain)
    way = Coding.of(block)
    _, coding = timed(way.encode, executor, remainder, no_progress)
    return whole["cpu"], finding["cpu"] + coding["cpu"]


def measured(executor: BlockCoder | None, level: Level, plain: bytes) -> dict[str, float]:
    """The best of both over some turns."""
    turns = [turn(executor, level, plain) for _ in range(3 + min(7, 200_000 // len(plain)))]
    whole, coding = (min(times) for times in zip(*turns, strict=True))
    return {"bytes": len(plain), "whole": whole, "coding": coding}


def main(arguments: list[str]) -> int:
    argparse.ArgumentParser(description=__doc__).parse_args(arguments)
    rows: list[dict[str, Any]] = []
    plain = contents()
    for number in LEVELS_MEASURED:
        level = LEVELS[number]
        executor = opened(level)
        for name, content in plain.items():
            for length in lengths_of(content):
                row = measured(executor, level, content[:length])
                rows.append({"level": number, "content": name, **row})
                print(rows[-1], flush=True)
    write_result("choice", {"environment": environment(), "rows": rows})
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
