"""A callback that raises ends the work on a block at once, whatever is being done."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Any

import inputs
import numpy as np
import pytest
from random_models import ARCHITECTURES, random_bundle

from lmpack._blocks import coding, filters
from lmpack._blocks.codec import decode_block, encode_block
from lmpack._blocks.coding import Coding
from lmpack._blocks.filters import Filter
from lmpack._container import BlockKind
from lmpack._executors.native import NativeExecutor

TONES = (8000 * np.sin(np.arange(20_000) / 4)).astype("<i2").tobytes()
CONTENTS = {"text": inputs.SENTENCES[:10_000], "samples": TONES}
"""Longer than the probe of a block, so that the whole is coded after it; nothing is repeated."""


class Stop:
    """Raises once a share of the work is done, and counts how often it was told."""

    def __init__(self, share: float = 0.0) -> None:
        self.share = share
        self.told = 0

    def __call__(self, share: float) -> None:
        self.told += 1
        if share >= self.share:
            raise KeyboardInterrupt


@pytest.fixture(scope="module", params=[1, 2])
def executor(
    request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory
) -> NativeExecutor:
    bundle = random_bundle(tmp_path_factory.mktemp("model"), ARCHITECTURES["plain"])
    return NativeExecutor(bundle, threads=request.param)


@pytest.fixture
def started(executor: NativeExecutor, monkeypatch: pytest.MonkeyPatch) -> Iterator[list[str]]:
    """Names of the long calls that were started."""
    names: list[str] = []

    def record(owner: Any, name: str) -> None:
        call: Callable[..., bytes] = getattr(owner, name)

        def recorded(*arguments: Any) -> bytes:
            names.append(name)
            return call(*arguments)

        monkeypatch.setattr(owner, name, recorded)

    record(executor, "encode")
    for module, name in (
        (coding, "encode_adaptive"),
        (coding, "decode_adaptive"),
        (filters, "filter_bytes"),
        (filters, "unfilter_bytes"),
    ):
        record(module, name)
    yield names


@pytest.mark.parametrize("content", CONTENTS)
@pytest.mark.parametrize("mixed_lanes", [None, 4])
def test_encoding_ends_at_the_first_call(
    executor: NativeExecutor, started: list[str], content: str, mixed_lanes: int | None
) -> None:
    stop = Stop()
    with pytest.raises(KeyboardInterrupt):
        encode_block(executor, CONTENTS[content], stop, mixed_lanes=mixed_lanes)
    assert stop.told == 1
    assert len(started) == 1


@pytest.mark.parametrize("content", CONTENTS)
def test_decoding_ends_at_the_first_call(executor: NativeExecutor, content: str) -> None:
    block = encode_block(executor, CONTENTS[content], mixed_lanes=4)
    assert block.kind is not BlockKind.RAW
    stop = Stop()
    with pytest.raises(KeyboardInterrupt):
        decode_block(executor, block, stop)
    assert stop.told == 1


def test_the_trial_of_a_block_is_no_progress(executor: NativeExecutor) -> None:
    shares: list[float] = []
    encode_block(executor, CONTENTS["text"], shares.append, mixed_lanes=4)
    assert shares == sorted(shares)
    assert shares.count(0.0) > 1
    assert shares[-1] == 1.0


@pytest.mark.parametrize("channels", [1, 2])
def test_the_prediction_of_samples_ends_at_the_first_call(
    started: list[str], channels: int
) -> None:
    way = Coding(BlockKind.ADAPTIVE, 0, stride=2 * channels, filter=Filter.samples(2, channels))
    with pytest.raises(KeyboardInterrupt):
        way.encode(None, TONES, Stop())
    assert started == ["filter_bytes"]
    payload = way.encode(None, TONES, coding.no_progress)
    started.clear()
    with pytest.raises(KeyboardInterrupt):
        way.decode(None, payload, len(TONES), Stop(1.0))
    assert started == ["decode_adaptive", "unfilter_bytes"]
