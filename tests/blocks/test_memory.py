"""The memory of a block, known from its head, is what a process takes."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest

from lmpack._blocks.memory import memory_to_decode, memory_to_encode
from lmpack._blocks.payload_head import PayloadHead
from lmpack._container import Block, BlockKind
from lmpack._executors.mixing import Predictor
from lmpack._models.bundle import list_models

MIB = 1 << 20
LIGHT, FULL, STRONG = Predictor
of_linux = pytest.mark.skipif(
    not sys.platform.startswith("linux"), reason="only Linux says what a process took at most"
)
PROGRAM = Path(__file__).parents[1] / "support" / "measured_memory.py"


def measured(*arguments: object) -> tuple[int, int, int]:
    """Bytes that a block took, and the least and the most that were expected."""
    result = subprocess.run(
        [sys.executable, PROGRAM, *map(str, arguments)],
        capture_output=True,
        text=True,
        check=True,
        # What was freed before goes back to the system, and is counted anew.
        env=os.environ | {"MALLOC_MMAP_THRESHOLD_": "65536"},
    )
    grown, least, most = map(int, result.stdout.split())
    return grown, least, most


ALREADY_FREE = 1_500_000
"""Bytes that the process may have had already and not in use, which then do not show."""


@of_linux
@pytest.mark.slow
@pytest.mark.parametrize(
    ("direction", "kind", "lanes_log2", "length", "model", "predictor"),
    [
        ("decode", "RAW", 0, 16 * MIB, "none", LIGHT),
        ("decode", "ADAPTIVE", 0, 16 * MIB, "none", LIGHT),
        ("decode", "ADAPTIVE", 0, 16 * MIB, "none", FULL),
        ("decode", "ADAPTIVE", 0, 2 * MIB, "none", STRONG),
        ("decode", "ADAPTIVE", 10, 1024, "none", LIGHT),
        ("decode", "ADAPTIVE", 0, 1024, "none", FULL),
        ("decode", "ADAPTIVE", 0, 1024, "none", STRONG),
        ("decode", "ADAPTIVE", 10, MIB, "none", LIGHT),
        ("decode", "MIXED", 0, MIB, "tiny", FULL),
        ("decode", "MIXED", 10, 16 * MIB, "tiny", LIGHT),
        ("decode", "MIXED", 10, 1024, "small", STRONG),
        ("decode", "MODEL", 10, MIB, "small", LIGHT),
        ("decode", "MODEL", 10, 1024, "base", LIGHT),
        ("encode", "ADAPTIVE", 0, 8 * MIB, "none", STRONG),
        ("encode", "MIXED", 1, 8 * MIB, "small", FULL),
    ],
)
def test_the_formula_is_what_a_process_takes(
    direction: str, kind: str, lanes_log2: int, length: int, model: str, predictor: Predictor
) -> None:
    grown, least, most = measured(direction, kind, lanes_log2, length, model, 2, int(predictor))
    assert 0.8 * grown < most
    assert least < 1.2 * grown + ALREADY_FREE


@of_linux
@pytest.mark.slow
@pytest.mark.parametrize(("kind", "mebibytes"), [("ADAPTIVE", 3), ("MIXED", 3), ("MODEL", 2)])
def test_a_small_block_takes_a_few_mebibytes_at_most(kind: str, mebibytes: int) -> None:
    grown, _, most = measured("decode", kind, 0, 1024, "base", 2, int(LIGHT))
    assert grown <= most < mebibytes * MIB


def block(kind: BlockKind, length: int, lanes_log2: int = 0, predictor: Predictor = LIGHT) -> Block:
    payload = bytes(length) if kind is BlockKind.RAW else PayloadHead(predictor).to_bytes()
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
    assert needed(block(BlockKind.ADAPTIVE, MIB, 10)) - adaptive < 6 * MIB
    # From 2 MiB on only the content grows.
    large = needed(block(BlockKind.ADAPTIVE, 2 * MIB))
    assert needed(block(BlockKind.ADAPTIVE, 16 * MIB)) - large == 14 * MIB


@pytest.mark.parametrize("length", [3, 1024, MIB, 16 * MIB])
def test_a_predictor_that_does_more_needs_more(length: int) -> None:
    memories = [
        memory_to_decode(block(BlockKind.ADAPTIVE, length, predictor=predictor), None, 1)
        for predictor in Predictor
    ]
    assert memories == sorted(set(memories))


def test_a_payload_without_a_head_is_no_reason_to_fail() -> None:
    damaged = Block(BlockKind.ADAPTIVE, 0, MIB, 0, b"")
    assert memory_to_decode(damaged, None, 1) > MIB


def test_encoding_needs_the_tables_too() -> None:
    def needed(predictor: Predictor | None) -> int:
        return memory_to_encode(MIB, 1, predictor=predictor, architecture=None, threads=1)

    assert needed(LIGHT) - needed(None) > 32 * MIB
    assert needed(FULL) - needed(None) > 64 * MIB
    assert needed(STRONG) - needed(None) > 128 * MIB
