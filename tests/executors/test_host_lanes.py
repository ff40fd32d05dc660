"""Blocks of one batch whose symbols are found on the host: all of them in one call a step."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

import inputs
import numpy as np
import pytest
from random_models import ARCHITECTURES, random_bundle

from lmpack._executors.block_batch import BlockBatch
from lmpack._executors.host_lanes import HostLanes
from lmpack._executors.mixing import Mixing, Predictor
from lmpack._executors.native import NativeExecutor
from lmpack._executors.packed_block import PackedBlock
from lmpack._executors.protocol import no_progress
from lmpack._models.bundle import Bundle
from lmpack._native import BlockDecoder, BlockEncoder, LaneDecoders, MixedDecoder, ThreadTeam
from lmpack.errors import DamagedError, UsageError


class NativeLanes:
    """The engine as a model whose lanes have positions of their own: a state for each.

    Attributes:
        steps: made so far.
    """

    def __init__(self, bundle: Bundle) -> None:
        self.architecture = bundle.architecture
        self.steps = 0
        self._native = NativeExecutor(bundle)

    def start(self, lanes: int) -> list[Any]:
        return [self._native.start(1) for _ in range(lanes)]

    def warm_up(self, state: list[Any]) -> None:
        self.step(state, np.full(len(state), self.architecture.start_symbol))
        self.restart(state, range(len(state)))
        self.steps = 0

    def restart(self, state: list[Any], lanes: Sequence[int]) -> None:
        for lane in lanes:
            state[lane] = self._native.start(1)

    def step(self, state: list[Any], symbols: np.ndarray) -> np.ndarray:
        self.steps += 1
        fed = zip(state, symbols.reshape(-1, 1), strict=True)
        return np.concatenate([self._native.step(lane, symbol) for lane, symbol in fed])


@pytest.fixture(scope="module")
def bundle(tmp_path_factory: pytest.TempPathFactory) -> Bundle:
    return random_bundle(tmp_path_factory.mktemp("model"), ARCHITECTURES["tables"])


KINDS = [None, Mixing(), Mixing(3, Predictor.FULL)]


def test_blocks_of_all_kinds_share_the_steps(bundle: Bundle) -> None:
    native, model = NativeExecutor(bundle), NativeLanes(bundle)
    lanes = HostLanes(model, 8, ThreadTeam(2))
    lanes.warm_up()
    text = inputs.SENTENCES
    shapes = {0: (50, 25, KINDS[0]), 2: (29, 10, KINDS[1]), 5: (60, 60, KINDS[2])}
    for first, (length, lane_length, mixing) in shapes.items():
        plain = text[first : first + length]
        payload = native.encode(plain, lane_length, mixing, no_progress)
        lanes.begin(first, PackedBlock(payload, length, lane_length, mixing))
    done = 0
    for end, first in ((10, 2), (25, 0), (60, 5)):
        lanes.run(end - done)
        done = end
        assert lanes.finish(first) == text[first : first + shapes[first][0]]
        lanes.drop(first)
    assert model.steps == 60


@pytest.mark.parametrize("mixing", KINDS[:2])
def test_damage_is_of_its_own_block(bundle: Bundle, mixing: Mixing | None) -> None:
    native = NativeExecutor(bundle)
    batch = BlockBatch(HostLanes(NativeLanes(bundle), 4, ThreadTeam(1)))
    plain = inputs.SENTENCES[:80]
    good = native.encode(plain, 40, mixing, no_progress)
    for payload in (good, good[:-6], good[:9], good + b"?", b"\xff" * 9, b""):
        expected = outcome(native.decode, payload, 80, 40, mixing, no_progress)
        block = PackedBlock(payload, 80, 40, mixing)
        assert outcome(batch.decode, block, no_progress) == expected
        assert (expected == plain) == (payload == good)


def outcome(decode: Callable[..., bytes], *arguments: Any) -> bytes | str:
    """What comes out, or what is said of the damage."""
    try:
        return decode(*arguments)
    except DamagedError as error:
        return str(error)


# LaneDecoders


def odds_of(lanes: int, vocabulary: int = 256) -> np.ndarray:
    return np.random.default_rng(0).integers(1, 1000, (lanes, vocabulary)).astype(np.int32)


def packed(odds: np.ndarray, symbols: Sequence[int]) -> bytes:
    """One step of lanes with these odds."""
    encoder = BlockEncoder(len(symbols), 1, odds.shape[1])
    encoder.encode(odds[: len(symbols), None], np.array(symbols, np.int32)[:, None])
    return encoder.finish()


def test_lanes_of_no_block_stay_as_they_are() -> None:
    odds = odds_of(5)
    decoders = LaneDecoders(ThreadTeam(2), 5)
    decoders.add(1, BlockDecoder(packed(odds[1:], [7, 9]), 2, 1, 256))
    symbols = np.full(5, 77, np.int32)
    assert decoders.decode(odds, symbols) == []
    assert symbols.tolist() == [77, 7, 9, 77, 77]
    decoders.remove(1)
    assert decoders.decode(odds, symbols) == []


def test_a_block_that_fails_loses_its_lanes() -> None:
    odds = odds_of(3)
    decoders = LaneDecoders(ThreadTeam(1), 3)
    decoders.add(0, BlockDecoder(packed(odds, [7]), 1, 1, 256))
    decoders.add(1, BlockDecoder(packed(odds[1:], [8]), 1, 1, 256))
    symbols = np.full(3, 77, np.int32)
    decoders.decode(odds, symbols)
    ((first, error), (other, _)) = decoders.decode(odds, symbols)  # there are no more steps
    assert (first, other) == (0, 1) and isinstance(error, UsageError)
    assert symbols.tolist() == [0, 0, 77]
    decoders.add(0, BlockDecoder(packed(odds, [7, 8, 9]), 3, 1, 256))
    assert decoders.decode(odds, symbols) == []
    assert symbols.tolist() == [7, 8, 9]


@pytest.mark.parametrize(("first", "lanes"), [(0, 2), (1, 1), (2, 2), (3, 2), (4, 1), (9, 1)])
def test_lanes_that_are_not_free(first: int, lanes: int) -> None:
    odds = odds_of(4)
    decoders = LaneDecoders(ThreadTeam(1), 4)
    decoders.add(1, BlockDecoder(packed(odds[1:], [7, 8]), 2, 1, 256))
    with pytest.raises(UsageError, match=f"no {lanes} free lanes at {first} of 4"):
        decoders.add(first, MixedDecoder(bytes(8), lanes, 1, Mixing()))


@pytest.mark.parametrize(
    ("odds", "symbols", "said"),
    [
        (np.zeros((3, 256), np.int32), np.zeros(4, np.int32), "shape"),
        (np.zeros((4, 256), np.int32), np.zeros(3, np.int32), "shape"),
        (np.zeros((4, 256), np.int64), np.zeros(4, np.int32), "int32"),
        (np.zeros((4, 256), np.int32), np.broadcast_to(np.int32(0), 4), "C-contiguous"),
    ],
)
def test_arrays_of_another_kind(odds: np.ndarray, symbols: np.ndarray, said: str) -> None:
    decoders = LaneDecoders(ThreadTeam(1), 4)
    with pytest.raises(UsageError, match=said):
        decoders.decode(odds, symbols)
