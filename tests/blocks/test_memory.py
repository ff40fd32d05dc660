"""The memory of a block, known from its head, is what a process takes."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest

from lmpack._blocks.memory import memory_to_decode, memory_to_encode
from lmpack._container import Block, BlockKind
from lmpack._models.bundle import list_models

MIB = 1 << 20
of_linux = pytest.mark.skipif(
    not sys.platform.startswith("linux"), reason="only Linux says what a process took at most"
)
PROGRAM = Path(__file__).parents[1] / "support" / "measured_memory.py"


def measured(*arguments: object) -> tuple[int, int]:
    """Bytes that a block took, and those that were expected."""
    result = subprocess.run(
        [sys.executable, PROGRAM, *map(str, arguments)], capture_output=True, text=True, check=True
    )
    grown, expected = map(int, result.stdout.split())
    return grown, expected


@of_linux
@pytest.mark.slow
@pytest.mark.parametrize(
    ("direction", "kind", "lanes_log2", "length", "model"),
    [
        ("decode", "RAW", 0, 16 * MIB, "none"),
        ("decode", "ADAPTIVE", 0, 16 * MIB, "none"),
        ("decode", "ADAPTIVE", 10, MIB, "none"),
        ("decode", "MIXED", 0, MIB, "tiny"),
        ("decode", "MIXED", 10, 16 * MIB, "tiny"),
        ("decode", "MIXED", 10, 1024, "small"),
        ("decode", "MODEL", 10, MIB, "small"),
        ("decode", "MODEL", 10, 1024, "base"),
        ("encode", "ADAPTIVE", 0, 8 * MIB, "none"),
        ("encode", "MIXED", 1, 8 * MIB, "small"),
    ],
)
def test_the_formula_is_what_a_process_takes(
    direction: str, kind: str, lanes_log2: int, length: int, model: str
) -> None:
    grown, expected = measured(direction, kind, lanes_log2, length, model, 2)
    assert 0.8 * grown < expected < 1.2 * grown


@of_linux
@pytest.mark.slow
@pytest.mark.parametrize("kind", ["ADAPTIVE", "MIXED", "MODEL"])
def test_a_small_block_takes_a_few_mebibytes_at_most(kind: str) -> None:
    grown, expected = measured("decode", kind, 0, 1024, "base", 2)
    assert grown <= expected < 2 * MIB


def block(kind: BlockKind, length: int, lanes_log2: int = 0) -> Block:
    payload = bytes(length if kind is BlockKind.RAW else 0)
    return Block(kind, lanes_log2, length, 0, payload)


def test_what_makes_a_block_need_more() -> None:
    architecture = next(one for one in list_models() if one.name == "base").architecture

    def needed(one: Block, threads: int = 1) -> int:
        return memory_to_decode(one, architecture, threads)

    raw = needed(block(BlockKind.RAW, MIB))
    adaptive = needed(block(BlockKind.ADAPTIVE, MIB))
    mixed = needed(block(BlockKind.MIXED, MIB))
    assert raw == MIB < adaptive < mixed
    # A thread has a pass of its own, a lane what it remembers; the tables are those of the block.
    assert needed(block(BlockKind.MIXED, MIB), 9) - mixed < 3 * MIB
    lanes = needed(block(BlockKind.MIXED, MIB, 10)) - mixed
    assert 70 * MIB < lanes < 90 * MIB
    assert needed(block(BlockKind.ADAPTIVE, MIB, 10)) - adaptive < MIB
    # From 1 MiB on only the content grows.
    assert needed(block(BlockKind.ADAPTIVE, 16 * MIB)) - adaptive == 15 * MIB


def test_encoding_needs_the_tables_too() -> None:
    def needed(mixing: bool) -> int:
        return memory_to_encode(MIB, 1, mixing=mixing, architecture=None, threads=1)

    assert needed(True) - needed(False) > 64 * MIB
