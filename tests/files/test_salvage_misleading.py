"""Salvaging files that lead astray: containers inside of blocks, joined pieces, hostile lengths."""

from __future__ import annotations

import io
import random
import time
import tracemalloc
import zlib

import pytest
from block_sizes import set_block_size
from containers import ONE_MODEL, container, raw_block
from salvaging import salvage

import lmpack
from lmpack._container import Block, BlockKind, Header
from lmpack._container._index import index_bytes

INNER = container([raw_block(b"inner first"), raw_block(b"inner second")], Header())
HOLDER = [raw_block(b"before"), raw_block(INNER * 3), raw_block(b"behind")]
OUTER = container(HOLDER, Header())


def contents(blocks: list[Block]) -> bytes:
    return b"".join(block.payload for block in blocks)


def test_containers_inside_of_a_raw_block_are_never_taken_for_those_of_the_file() -> None:
    """A cut archive of compressed files must not come out as what is in them."""
    plain = contents(HOLDER)
    start = 10 + len(HOLDER[0].to_bytes())
    # Cut just behind an inner container, it could as well be one that was appended to a cut file.
    told_apart = set(range(start, len(OUTER))) - {
        OUTER.index(INNER) + n * len(INNER) for n in (1, 2, 3)
    }
    for size in sorted(told_apart):
        content, _ = salvage(OUTER[:size])
        assert plain.startswith(content), size
    for place in range(len(OUTER)):
        damaged = bytearray(OUTER)
        damaged[place] ^= 0xFF
        content, _ = salvage(bytes(damaged))
        assert len(content) == len(plain)
        assert all(found in (0, right) for found, right in zip(content, plain, strict=True))


def test_nor_if_the_index_is_damaged_too() -> None:
    plain = contents(HOLDER)
    start = 10 + len(HOLDER[0].to_bytes()) + 7
    for place in range(start, start + len(HOLDER[1].payload)):
        damaged = bytearray(OUTER)
        damaged[place] ^= 0xFF
        damaged[-1] ^= 0xFF
        content, found = salvage(bytes(damaged))
        assert content == plain[:6] + bytes(len(INNER) * 3) + plain[-6:]
        assert [damage.length for damage in found.damage] == [len(INNER) * 3, 0]


def test_a_cut_container_before_a_whole_one() -> None:
    """A download that broke off, and a second one appended to it."""
    first = container([raw_block(b"one"), raw_block(b"t" * 200)], Header())
    for size in range(20, len(first)):
        content, found = salvage(first[:size] + OUTER)
        assert found.damage
        assert content.removeprefix(b"one").removeprefix(b"t" * 200) == contents(HOLDER)


@pytest.mark.usefixtures("fake_models")
def test_blocks_in_the_places_of_others_are_lost(monkeypatch: pytest.MonkeyPatch) -> None:
    set_block_size(monkeypatch, 100)
    plain = random.Random(5).randbytes(300)
    packed = lmpack.compress(plain, level=1)
    swapped = packed[:10] + packed[117:224] + packed[10:117] + packed[224:]
    content, found = salvage(swapped)
    assert content == bytes(200) + plain[200:]
    assert [damage.block for damage in found.damage] == [0, 1]


def test_a_container_of_a_newer_version_is_passed_over() -> None:
    newer = bytearray(container([raw_block(b"newer")], Header()))
    newer[4] = 9
    newer[6:10] = zlib.crc32(newer[:6]).to_bytes(4, "little")
    content, found = salvage(OUTER + bytes(newer) + INNER)
    assert content == contents(HOLDER) + b"inner firstinner second"
    (damage,) = found.damage
    assert damage.length is None
    assert "format version 9" in damage.reason
    with pytest.raises(lmpack.VersionError):
        salvage(bytes(newer))


def hostile_files() -> dict[str, bytes]:
    header = ONE_MODEL.to_bytes()
    largest = bytes.fromhex("04 80808008 ffffff07") + bytes(4)
    index = index_bytes([(2**24, 2**24 - 1)] * 5_000)
    return {
        "lengths of blocks": (header + largest) * 300 + INNER,
        "headers": header * 2_000 + INNER,
        "an index of more than there is": INNER + header + index,
        "indexes that overlap": INNER + (header + index_bytes([(1, 1)] * 30)) * 200,
        "magics": b"\xc0LM\n" * 5_000 + INNER,
    }


@pytest.mark.parametrize("name", hostile_files())
def test_false_lengths_cost_neither_memory_nor_time(name: str) -> None:
    data = hostile_files()[name]
    sink = io.BytesIO()
    started = time.process_time()
    found = lmpack.salvage_stream(io.BytesIO(data), sink, holes=False)
    assert time.process_time() - started < 10
    assert not found.is_complete
    assert b"inner firstinner second" in sink.getvalue()
    tracemalloc.start()  # takes four times as long
    try:
        lmpack.salvage_stream(io.BytesIO(data), io.BytesIO(), holes=False)
        _, peak = tracemalloc.get_traced_memory()
    finally:
        tracemalloc.stop()
    assert peak < 64 * 2**20


def test_a_lost_block_is_never_held_in_memory_as_zeros() -> None:
    """Heads and an index that agree on 16 MiB each, with payloads of nothing."""
    lost = [Block(BlockKind.MODEL, 0, 2**24, 0, b"")] * 8
    data = container([raw_block(b"whole"), *lost], Header())

    class Counter:
        count = longest = 0

        def write(self, piece: bytes, /) -> None:
            self.count += len(piece)
            self.longest = max(self.longest, len(piece))

    counter = Counter()
    found = lmpack.salvage_stream(io.BytesIO(data), counter)
    assert counter.count == 5 + 8 * 2**24
    assert counter.longest <= 2**20
    assert len(found.damage) == 8
