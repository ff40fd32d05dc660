"""Blocks: any content comes back, whatever the lanes, the batch or the executor."""

from __future__ import annotations

import dataclasses
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from random_models import ARCHITECTURES, random_bundle

from lmpack._blocks import choice
from lmpack._blocks.choice import lanes_log2
from lmpack._blocks.codec import decode_block, encode_block
from lmpack._container import BlockKind
from lmpack._executors import stepping
from lmpack._executors.onnxruntime import OnnxRuntimeExecutor
from lmpack._models.bundle import Bundle
from lmpack._native import BlockDecoder
from lmpack.errors import DamagedError, ModelError


@pytest.fixture(scope="module")
def bundle(tmp_path_factory: pytest.TempPathFactory) -> Bundle:
    return random_bundle(tmp_path_factory.mktemp("model"), ARCHITECTURES["plain"])


@pytest.fixture(scope="module")
def executor(bundle: Bundle) -> OnnxRuntimeExecutor:
    return OnnxRuntimeExecutor(bundle, threads=1)


@pytest.fixture
def short_lanes(monkeypatch: pytest.MonkeyPatch) -> None:
    """Several lanes even in short blocks."""
    monkeypatch.setattr(choice, "SHORTEST_LANE", 16)


def likely_content(executor: OnnxRuntimeExecutor, length: int) -> bytes:
    """Content that the model finds likely: what a random payload decodes to."""
    lane_length = -(-length >> lanes_log2(length))
    lanes = -(-length // lane_length)
    noise = np.random.default_rng(length).integers(0, 255, 2 * length, np.uint8).tobytes()
    coder = BlockDecoder(noise, length, lane_length, 256)
    state = executor.start(lanes)
    before = np.full(lanes, executor.architecture.start_symbol, np.int32)
    columns = []
    for _ in range(lane_length):
        before = coder.decode(executor.step(state, before))
        columns.append(before)
    return np.stack(columns, axis=1).astype(np.uint8).tobytes()[:length]


LENGTHS = sorted(
    {1, 2, 3, 255, 256, 257}
    | {16 * lanes + extra for lanes in (1, 2, 4, 16) for extra in (-1, 0, 1)}
    | {16 * 16 * 2 + extra for extra in (-1, 0, 1, 31, 33)}
)


@pytest.mark.slow
@pytest.mark.parametrize("length", LENGTHS)
def test_lengths_around_lane_borders(
    short_lanes: None, executor: OnnxRuntimeExecutor, length: int
) -> None:
    plain = likely_content(executor, length)
    block = encode_block(executor, plain)
    assert block.kind is (BlockKind.MODEL if length > 8 else block.kind)
    assert decode_block(executor, block) == plain


@given(plain=st.binary(min_size=1, max_size=400))
def test_any_content_comes_back(executor: OnnxRuntimeExecutor, plain: bytes) -> None:
    block = encode_block(executor, plain)
    assert len(block.payload) <= len(plain)
    assert decode_block(executor, block) == plain


@pytest.mark.parametrize("piece", [1, 7, 256])
@pytest.mark.parametrize("threads", [1, 2])
@pytest.mark.parametrize("graph", ["cpu.onnx", "cuda.onnx"])
def test_the_payload_depends_on_nothing_but_the_content(
    short_lanes: None,
    monkeypatch: pytest.MonkeyPatch,
    bundle: Bundle,
    executor: OnnxRuntimeExecutor,
    piece: int,
    threads: int,
    graph: str,
) -> None:
    plain = likely_content(executor, 1000)
    expected = encode_block(executor, plain)
    assert expected.kind is BlockKind.MODEL
    monkeypatch.setattr(stepping, "ENCODER_PIECE", piece)
    other = OnnxRuntimeExecutor(bundle, graph=graph, threads=threads)
    assert encode_block(other, plain) == expected
    assert decode_block(other, expected) == plain


def test_raw_where_the_model_would_expand(executor: OnnxRuntimeExecutor) -> None:
    noise = np.random.default_rng(0).integers(0, 256, 1000, np.uint8).tobytes()
    block = encode_block(executor, noise)
    assert (block.kind, block.payload) == (BlockKind.RAW, noise)
    assert decode_block(None, block) == noise


def test_a_model_block_needs_an_executor(short_lanes: None, executor: OnnxRuntimeExecutor) -> None:
    block = encode_block(executor, likely_content(executor, 40))
    with pytest.raises(ModelError, match="needs the model"):
        decode_block(None, block)


def test_every_flipped_bit_of_a_block_is_noticed(
    short_lanes: None, executor: OnnxRuntimeExecutor
) -> None:
    block = encode_block(executor, likely_content(executor, 50))
    assert block.kind is BlockKind.MODEL
    for bit in range(8 * len(block.payload)):
        payload = bytearray(block.payload)
        payload[bit // 8] ^= 1 << bit % 8
        with pytest.raises(DamagedError):
            decode_block(executor, dataclasses.replace(block, payload=bytes(payload)))


def test_a_wrong_checksum_is_noticed(executor: OnnxRuntimeExecutor) -> None:
    noise = bytes(np.random.default_rng(1).integers(0, 256, 50, np.uint8))
    block = encode_block(executor, noise)
    with pytest.raises(DamagedError, match="checksum"):
        decode_block(executor, dataclasses.replace(block, checksum=block.checksum ^ 1))


def test_symbols_that_are_no_bytes_are_refused(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A model may have more symbols than there are bytes; a file that uses them is damaged."""
    executor = OnnxRuntimeExecutor(random_bundle(tmp_path, ARCHITECTURES["wide"]))
    symbols = np.full((1, 40), 287, np.int32)
    monkeypatch.setattr(stepping, "lane_symbols", lambda plain, lane_length: symbols)
    monkeypatch.setattr(executor, "prefill", certain(executor.prefill))
    monkeypatch.setattr(executor, "step", certain(executor.step))
    block = encode_block(executor, bytes(40))
    assert block.kind is BlockKind.MODEL
    with pytest.raises(DamagedError, match="no bytes"):
        decode_block(executor, block)


def certain(feed: Callable[..., np.ndarray]) -> Callable[..., np.ndarray]:
    """Replace the weights that a call gives by near certainty of the last symbol."""

    def call(*arguments: object) -> np.ndarray:
        weights = np.zeros_like(feed(*arguments))
        weights[..., -1] = 1
        return weights

    return call


def test_lanes_depend_on_the_length_alone() -> None:
    lengths = (1, 4096, 8191, 8192, 16384, 65535, 65536, 100_000, 1 << 20)
    assert [1 << lanes_log2(n) for n in lengths] == [1, 1, 1, 2, 4, 8, 16, 16, 16]
