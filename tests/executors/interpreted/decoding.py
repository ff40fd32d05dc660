"""The range decoder of lmpack's kernels, by Triton's interpreter, against the reference coder."""

from __future__ import annotations

import contextlib
import copy
from collections.abc import Callable
from typing import NamedTuple

import numpy as np
import pytest
import reference_coder
import torch

from lmpack._executors.coding_constants import FREQUENCY_TOTAL
from lmpack._executors.packed_block import PackedBlock
from lmpack._executors.triton import blocks as blocks_module
from lmpack._executors.triton.blocks import DecodingStep, TritonLanes, step_sizes
from lmpack._executors.triton.forward import LaneState
from lmpack._executors.triton.frequencies import ends_kernel
from lmpack._executors.triton.range_decoder import STREAM, decode_kernel
from lmpack.errors import DamagedError

START = 7
"""The start symbol; a forward pass that gives what it is told does not look at it."""


class GivenOdds:
    """In place of a forward pass: odds by lane and position, [L, T, V]."""

    launches = 0

    def __init__(self, odds: np.ndarray, state: LaneState) -> None:
        self._given, self._state = torch.from_numpy(odds.astype(np.int32)), state
        self.odds = torch.zeros(state.lanes, 1, odds.shape[2], dtype=torch.int32)
        self.symbols = torch.full((state.lanes, 1), START, dtype=torch.int32)

    def first(self, lanes: int) -> GivenOdds:
        """The first lanes, in the same memory."""
        part = copy.copy(self)
        part._given, part._state = self._given[:lanes], self._state.first(lanes)
        part.odds, part.symbols = self.odds[:lanes], self.symbols[:lanes]
        return part

    def run(self) -> None:
        """Give the odds of the position of each lane, and advance it."""
        place = self._state.positions % self._given.shape[1]
        self.odds[:, 0] = self._given[torch.arange(self._state.lanes), place]
        self._state.positions += 1


def lanes_with(odds: np.ndarray) -> TritonLanes:
    nothing = torch.zeros(0, dtype=torch.int32)
    state = LaneState(len(odds), torch.zeros(len(odds), dtype=torch.int64), nothing, [], [])
    step = DecodingStep(GivenOdds(odds, state))  # type: ignore[arg-type]
    return TritonLanes(step, state, START, capture=False)


class Content(NamedTuple):
    """What a block has: the tables and symbols in the order of coding, and all of them by lane."""

    tables: list[list[int]]
    symbols: list[int]
    plain: bytes
    lane_length: int

    def packed(self, payload: bytes | None = None) -> PackedBlock:
        whole = reference_coder.encode(self.tables, self.symbols)
        data = whole if payload is None else payload
        return PackedBlock(data, len(self.plain), self.lane_length)


def content(odds: np.ndarray, plain: bytes, lane_length: int) -> Content:
    """A block that the lanes from the first on predict."""
    cells = list(reference_coder.in_coding_order(len(plain), lane_length))
    tables = [reference_coder.frequencies(odds[cell].tolist()) for cell in cells]
    symbols = [plain[lane * lane_length + step] for lane, step in cells]
    return Content(tables, symbols, plain, lane_length)


def random_odds(lanes: int, steps: int, vocabulary: int = 256, seed: int = 0) -> np.ndarray:
    random = np.random.default_rng(seed)
    sizes = 2.0 ** random.uniform(0, 24, (lanes, steps, vocabulary))
    return np.minimum(sizes, 2**24 - 1).astype(np.int64)


def random_bytes(count: int, seed: int = 0) -> bytes:
    return np.random.default_rng(seed).integers(0, 256, count).astype(np.uint8).tobytes()


def decoded(lanes: TritonLanes, block: PackedBlock) -> bytes:
    lanes.warm_up()
    lanes.clear()
    lanes.begin(0, block)
    lanes.run(block.lane_length)
    return lanes.finish(0)


@pytest.mark.parametrize("vocabulary", [32, 256, 288])
def test_cumulative_frequencies(vocabulary: int) -> None:
    odds = random_odds(1, 6, vocabulary)[0]
    odds[1] = np.minimum(odds[1], 500)  # many are the largest
    odds[2], odds[2, 5] = 0, 1
    odds[3] = 2**24 - 1
    given = torch.from_numpy(odds.astype(np.int32))
    ends = torch.zeros_like(given)
    ends_kernel[(2,)](given, ends, len(odds), VOCABULARY=vocabulary, ROWS=4, CHUNK=256)
    expected = [np.cumsum(reference_coder.frequencies(row.tolist())) for row in odds]
    np.testing.assert_array_equal(ends.numpy(), expected)
    assert (ends[:, -1] == FREQUENCY_TOTAL).all()


def test_blocks_that_begin_and_end_at_any_step() -> None:
    odds = random_odds(6, 8)
    shapes = {0: (13, 5), 3: (8, 8), 4: (5, 3)}
    blocks = {first: content(odds[first:], random_bytes(*shape), shape[1])
              for first, shape in shapes.items()}  # fmt: skip
    lanes = lanes_with(odds)
    lanes.warm_up()  # leaves positions and symbols that no block must see
    lanes.begin(0, blocks[0].packed())
    lanes.run(3)
    lanes.begin(4, blocks[4].packed())
    lanes.run(2)
    assert lanes.finish(0) == blocks[0].plain
    lanes.drop(0)
    lanes.begin(3, blocks[3].packed())
    lanes.run(1)
    assert lanes.finish(4) == blocks[4].plain
    lanes.drop(4)
    # The lanes of another block, whose stream has another number.
    lanes.begin(1, content(odds[1:], b"lo", 1).packed())
    lanes.run(7)
    assert lanes.finish(1) == b"lo"
    assert lanes.finish(3) == blocks[3].plain


def test_a_step_has_no_more_lanes_than_blocks_need(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(blocks_module, "FEWEST_LANES", 2)
    odds = random_odds(7, 4)
    lanes = lanes_with(odds)
    lanes.warm_up()
    lanes.clear()
    assert step_sizes(7) == [2, 4, 7] == list(lanes._replays)
    ran: list[int] = []
    for size, run in lanes._replays.items():

        def noted(size: int = size, run: Callable[[], None] = run) -> None:
            ran.append(size)
            run()

        lanes._replays[size] = noted
    two, one = content(odds, b"abcd", 2), content(odds[6:], b"xy", 2)
    lanes.begin(0, two.packed())
    lanes.run(1)
    lanes.begin(6, one.packed())
    lanes.run(1)
    assert lanes.finish(0) == two.plain
    lanes.drop(0)
    lanes.run(1)
    assert lanes.finish(6) == one.plain
    lanes.drop(6)
    lanes.begin(1, content(odds[1:], b"to", 1).packed())
    lanes.run(1)
    assert lanes.finish(1) == b"to"
    assert ran == [2, 7, 7, 4]


@pytest.mark.parametrize("vocabulary", [256, 288])
def test_extreme_frequencies(vocabulary: int) -> None:
    """Of 1, which moves three bytes of the payload, and of nearly all."""
    plain = bytes([0, 255, 0, 255, 0, 255, 3, 3, 255, 0, 3, 3])
    odds = np.zeros((4, 3, vocabulary), np.int64)
    odds[0, :, 3], odds[1, :, 0], odds[1, 1, 255] = 1, 2**24 - 1, 2**24 - 1
    odds[2, :, 3] = 5
    odds[3] = 2**24 - 1
    block = content(odds, plain, 3)
    assert {1, FREQUENCY_TOTAL - vocabulary + 1} <= {f for table in block.tables for f in table}
    assert decoded(lanes_with(odds), block.packed()) == plain


def test_every_end_of_a_payload() -> None:
    """One symbol of some frequencies: payloads of no byte, of one and of more."""
    lengths = set()
    odds = np.concatenate([random_odds(1, 1), np.zeros((1, 1, 256), np.int64)])
    odds[1, 0, 0] = 1
    for row in odds:
        for symbol in (0, 1, 128, 255):
            block = content(row[None], bytes([symbol]), 1)
            packed = block.packed()
            lengths.add(len(packed.payload))
            assert decoded(lanes_with(row[None]), packed) == bytes([symbol])
    assert {0, 1, 3} <= lengths


def test_the_host_waits_for_the_run_before(monkeypatch: pytest.MonkeyPatch) -> None:
    """On a card, whose events are only noted here."""
    noted: list[str] = []

    class Event:
        def __init__(self, *, blocking: bool) -> None:
            self._name = f"run {sum(it.startswith('end') for it in noted)}"

        def record(self) -> None:
            noted.append(f"end of {self._name}")

        def synchronize(self) -> None:
            noted.append(f"wait for {self._name}")

    monkeypatch.setattr(torch.cuda, "Event", Event)
    monkeypatch.setattr(torch.cuda, "device", contextlib.nullcontext)
    lanes = lanes_with(random_odds(1, 1))
    monkeypatch.setattr(lanes, "_device", torch.device("cuda", 0))
    monkeypatch.setattr(lanes, "_replays", {1: lambda: noted.append("step")})
    for steps in (2, 1, 1):
        lanes.run(steps)
    assert noted == [
        "step", "step", "end of run 0", "step", "end of run 1", "wait for run 0",
        "step", "end of run 2", "wait for run 1",
    ]  # fmt: skip


# Damage


def damaged(payload: bytes) -> dict[str, bytes]:
    flipped = bytearray(payload)
    flipped[len(payload) // 2] ^= 1
    return {
        "nothing": b"",
        "an end missing": payload[:-1],
        "half of it": payload[: len(payload) // 2],
        "one byte more": payload + b"\0",
        "another last byte": payload[:-1] + bytes([payload[-1] ^ 1]),
        "a flipped bit": bytes(flipped),
        "noise": random_bytes(len(payload)),
        "much noise": random_bytes(1000),
        "no start": b"\xff" * len(payload),
        "zeros": bytes(len(payload)),
    }


def test_damaged_payloads() -> None:
    odds = random_odds(3, 4)
    block = content(odds, random_bytes(11), 4)
    lanes = lanes_with(odds)
    refused = 0
    for payload in damaged(block.packed().payload).values():
        symbols = reference_coder.decode(block.tables, payload)
        if symbols is None:
            refused += 1
            with pytest.raises(DamagedError):
                decoded(lanes, block.packed(payload))
        else:  # what other symbols would be packed to: the checksum of the block notices it
            found = decoded(lanes, block.packed(payload))
            cells = reference_coder.in_coding_order(11, 4)
            assert [found[lane * 4 + step] for lane, step in cells] == symbols
    assert refused >= 7
    assert decoded(lanes, block.packed()) == block.plain


def test_symbols_that_are_no_bytes() -> None:
    odds = random_odds(1, 2, 288)
    tables = [reference_coder.frequencies(row.tolist()) for row in odds[0]]
    payload = reference_coder.encode(tables, [256, 0])
    with pytest.raises(DamagedError, match="symbols that are no bytes"):
        decoded(lanes_with(odds), PackedBlock(payload, 2, 2))


@pytest.mark.parametrize("kind", ["right", "half of it", "much noise"])
def test_nothing_else_is_read_or_written(kind: str) -> None:
    """The payload and the content are pieces of memory that holds something else around them."""
    odds = random_odds(2, 5)
    block = content(odds, random_bytes(9), 5)
    whole = block.packed().payload
    given = whole if kind == "right" else damaged(whole)[kind]
    results = []
    for around in (0x00, 0xFF):
        memory = torch.full((len(given) + 64,), around, dtype=torch.uint8)
        memory[32:-32] = torch.from_numpy(np.frombuffer(given, np.uint8).copy())
        found = torch.full((9 + 64,), around, dtype=torch.uint8)
        stream = {"lane_length": 5, "length": 9, "payload": memory[32:].data_ptr()}
        stream |= {"payload_size": len(given), "content": found[32:].data_ptr()}
        stream |= {"offset": block.packed(given).first_offset(), "range": 2**32 - 1}
        streams = torch.zeros(2, len(STREAM), dtype=torch.int64)
        streams[0] = torch.tensor([stream.get(field, 0) for field in STREAM])
        symbols = torch.full((4,), 77, dtype=torch.int32)
        for step in range(8):  # more than there are
            ends = np.cumsum([reference_coder.frequencies(row.tolist())
                              for row in odds[:, step % 5]], axis=1)  # fmt: skip
            table = torch.from_numpy(ends.astype(np.int32))
            decode_kernel[(2,)](table, streams, symbols[1:], VOCABULARY=256, CHUNK=256)
        assert (found[:32] == around).all() and (found[-32:] == around).all()
        assert symbols[0] == symbols[3] == 77
        assert dict(zip(STREAM, streams[0].tolist(), strict=True))["step"] == 5
        assert not streams[1].any()
        results.append((found[32:-32].tolist(), streams[0, 5:].tolist()))
    assert results[0] == results[1]
    assert (bytes(results[0][0]) == block.plain) == (kind == "right")
