"""The ways to code a block: all come back, and the one that is chosen suits the bytes."""

from __future__ import annotations

import dataclasses
import itertools
import zlib
from collections.abc import Sequence

import inputs
import numpy as np
import pytest
import reference_decoder
from random_models import ARCHITECTURES, random_bundle

from lmpack._blocks import choice
from lmpack._blocks import likely_filters as filters_to_try
from lmpack._blocks.choice import mixed_lanes_log2
from lmpack._blocks.codec import decode_block, encode_block, encode_with_mixing
from lmpack._blocks.coders import Encoder
from lmpack._blocks.coding import Coding, no_progress
from lmpack._blocks.filters import Filter
from lmpack._blocks.options import Options
from lmpack._blocks.speed import manual_text
from lmpack._container import Block, BlockKind
from lmpack._executors import Executor, open_executor
from lmpack._executors.mixing import Predictor
from lmpack._executors.native import NativeExecutor
from lmpack._models.bundle import Bundle, load_byte_model
from lmpack.errors import DamagedError, ModelError

TEXT = (inputs.TEXT * 4)[:500]


@pytest.fixture(scope="module")
def trained() -> Executor:
    return open_executor(load_byte_model("small"), threads=1)


@pytest.fixture(scope="module")
def bundle(tmp_path_factory: pytest.TempPathFactory) -> Bundle:
    return random_bundle(tmp_path_factory.mktemp("model"), ARCHITECTURES["wide"])


@pytest.fixture(scope="module")
def untrained(bundle: Bundle) -> NativeExecutor:
    return NativeExecutor(bundle, threads=1)


def rows(count: int) -> bytes:
    random = np.random.default_rng(1)
    return np.cumsum(random.integers(-2, 3, (count, 36)), axis=0).astype(np.uint8).tobytes()


def coded(way: Coding, executor: Executor | None, plain: bytes) -> Block:
    payload = way.encode(executor, plain, no_progress)
    return Block(way.kind, way.lanes_log2, len(plain), zlib.crc32(plain), payload)


# Without mixing there is neither a stride nor a predictor.
WAYS = [
    (BlockKind.MODEL, 0, Predictor.LIGHT),
    *itertools.product((BlockKind.MIXED, BlockKind.ADAPTIVE), (0, 36), Predictor),
]


@pytest.mark.slow
@pytest.mark.parametrize("lanes_log2", [0, 2])
@pytest.mark.parametrize(("kind", "stride", "predictor"), WAYS)
def test_every_way_comes_back_and_is_read_by_the_reference_decoder(
    trained: Executor, kind: BlockKind, lanes_log2: int, stride: int, predictor: Predictor
) -> None:
    plain = TEXT[:120]
    block = coded(Coding(kind, lanes_log2, stride, predictor=predictor), trained, plain)
    executor = trained if kind.needs_model else None
    assert decode_block(executor, block) == plain

    def predict(lanes: Sequence[bytes]) -> list[list[int]]:
        start = trained.architecture.start_symbol
        fed = [np.array([[start, *lane]], np.int64) for lane in lanes]
        return [trained.prefill(trained.start(1), one)[0, -1].tolist() for one in fed]

    cursor = reference_decoder.Cursor(block.to_bytes())
    assert reference_decoder.decode_block(cursor, predict)[0] == plain


def choose_mixing(executor: Executor | None, plain: bytes) -> Coding:
    return encode_with_mixing(executor, plain, 2, no_progress)[0]


def test_the_model_is_used_where_it_helps(trained: Executor, untrained: NativeExecutor) -> None:
    prose = inputs.SENTENCES[:3000]
    assert choose_mixing(trained, prose).kind is BlockKind.MIXED
    assert choose_mixing(untrained, prose).kind is BlockKind.ADAPTIVE
    assert choose_mixing(None, prose).kind is BlockKind.ADAPTIVE


def test_the_stride_of_records_is_used(trained: Executor) -> None:
    assert choose_mixing(None, rows(300)).stride == 36
    assert choose_mixing(None, manual_text(5000)).stride == 0
    assert choose_mixing(trained, rows(300)).stride == 36


def waves(samples: int, channels: int) -> bytes:
    """Sums of tones with a little noise, 16 bits, little-endian, channels alike but not equal."""
    t = np.arange(samples)
    tones = [9000 * np.sin(t / 7.3), 4000 * np.sin(t / 2.9 + 1), 2000 * np.sin(t / 40)]
    noise = np.random.default_rng(1).normal(0, 30, (channels, samples))
    mixed = [(1 - 0.2 * c) * sum(tones) + noise[0] + 0.3 * noise[c] for c in range(channels)]
    return np.stack(mixed, axis=1).astype("<i2").tobytes()


@pytest.mark.slow
@pytest.mark.parametrize("channels", [1, 2])
def test_samples_are_predicted_first(
    trained: Executor, monkeypatch: pytest.MonkeyPatch, channels: int
) -> None:
    plain = waves(20_000, channels)
    for executor in (None, trained):
        way, payload = encode_with_mixing(executor, plain, 2, no_progress)
        assert way == Coding(BlockKind.ADAPTIVE, 0, 2 * channels, Filter.samples(2, channels))
    as_bytes = Coding(BlockKind.ADAPTIVE, 0, 2 * channels).encode(None, plain, no_progress)
    assert len(payload) < 0.8 * len(as_bytes)


def no_model(lanes: Sequence[bytes]) -> Sequence[Sequence[int]]:
    raise AssertionError("an adaptive block needs no model")


@pytest.mark.slow
@pytest.mark.parametrize(("channels", "samples"), [(1, 100), (2, 60), (5, 30)])
@pytest.mark.parametrize("odd", [0, 1])
def test_a_block_of_samples_comes_back(channels: int, samples: int, odd: int) -> None:
    plain = waves(samples, channels)
    plain = plain[: len(plain) - odd]
    block = coded(
        Coding(BlockKind.ADAPTIVE, 0, 2 * channels, Filter.samples(2, channels)), None, plain
    )
    assert decode_block(None, block) == plain
    cursor = reference_decoder.Cursor(block.to_bytes())
    assert reference_decoder.decode_block(cursor, no_model)[0] == plain


def test_mixing_makes_blocks_smaller(trained: Executor) -> None:
    plain = inputs.SENTENCES[:6000]
    mixed = encode_block(trained, plain, mixed_lanes=2)
    assert mixed.kind is BlockKind.MIXED
    assert len(mixed.payload) < len(encode_block(trained, plain).payload)
    assert len(mixed.payload) < len(encode_block(None, plain, mixed_lanes=2).payload)
    assert decode_block(trained, mixed) == plain


@pytest.mark.parametrize(
    ("level", "predictor"),
    [
        (1, Predictor.LIGHT),
        (2, Predictor.FULL),
        (3, Predictor.LIGHT),
        (4, Predictor.FULL),
        pytest.param(7, Predictor.STRONG, marks=pytest.mark.slow),
        pytest.param(8, Predictor.STRONG, marks=pytest.mark.slow),
    ],
)
def test_a_level_has_its_predictor(level: int, predictor: Predictor) -> None:
    plain = inputs.SENTENCES[:300]
    block = Encoder(Options(level=level, threads=1, verify=True)).encode(plain)
    assert block.kind.is_mixed
    assert Coding.of(block).predictor is predictor


def test_a_block_without_the_model_of_its_level_has_the_stronger_predictor() -> None:
    plain = b"".join((i * i).to_bytes(4, "little") for i in range(500))
    block = Encoder(Options(level=3, threads=1, verify=True)).encode(plain)
    assert block.kind is BlockKind.ADAPTIVE
    assert Coding.of(block).predictor is Predictor.FULL


def test_noise_is_raw(trained: Executor) -> None:
    noise = np.random.default_rng(0).bytes(5000)
    for executor in (trained, None):
        assert encode_block(executor, noise, mixed_lanes=2).kind is BlockKind.RAW


def no_filters(plain: bytes, pieces: bytes, stride: int) -> list[Filter]:
    return []


def test_a_long_block_is_chosen_for_by_pieces_of_it(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(choice, "STRIDE_PIECE", 100)
    monkeypatch.setattr(filters_to_try, "likely_filters", no_filters)
    seen: list[bytes] = []
    encode = Coding.encode

    def watched(self: Coding, executor: object, plain: bytes, *others: object) -> bytes:
        seen.append(plain)
        return encode(self, None, plain, no_progress)

    monkeypatch.setattr(Coding, "encode", watched)
    block = rows(300)
    choose_mixing(None, block)
    *probes, whole = seen
    assert {len(probe) for probe in probes} == {2 * 96}
    room = len(block) - 96
    third, two_thirds = room // 3 // 48 * 48, room * 2 // 3 // 48 * 48
    assert seen[0] == block[third : third + 96] + block[two_thirds : two_thirds + 96]
    assert whole == block


def test_a_short_block_is_coded_once_for_each_way(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(filters_to_try, "likely_filters", no_filters)
    tried: list[Coding] = []
    encode = Coding.encode

    def watched(self: Coding, executor: object, plain: bytes, *others: object) -> bytes:
        tried.append(self)
        return encode(self, None, plain, no_progress)

    monkeypatch.setattr(Coding, "encode", watched)
    way, payload = encode_with_mixing(None, rows(100), 2, no_progress)
    assert tried == [Coding(BlockKind.ADAPTIVE, 0), Coding(BlockKind.ADAPTIVE, 0, 36)]
    assert payload == encode(way, None, rows(100), no_progress)


def test_few_long_lanes_with_mixing() -> None:
    lengths = (1, 65535, 65536, 131071, 131072, 1 << 24)
    assert [1 << mixed_lanes_log2(n, 2) for n in lengths] == [1, 1, 2, 2, 2, 2]
    assert {mixed_lanes_log2(n, 1) for n in lengths} == {0}


def test_blocks_without_a_model_need_none(untrained: NativeExecutor) -> None:
    block = coded(Coding(BlockKind.MIXED, 0), untrained, TEXT)
    with pytest.raises(ModelError, match="needs the model"):
        decode_block(None, block)
    assert not BlockKind.ADAPTIVE.needs_model


@pytest.mark.parametrize(
    ("payload", "message"),
    [
        (b"", "shorter than its head"),
        (b"\x00\x00abc", "stands for nothing"),
        (b"\x11\x00abc", "a patch, but there are no copies"),
        (b"\x21\x00abc", "stands for nothing"),
        (b"\x05\x00\x09abc", "no filter 9"),
        (b"\x05\x00\x01ab", "shorter than its head"),
    ],
)
def test_a_damaged_head_is_named(payload: bytes, message: str) -> None:
    block = Block(BlockKind.ADAPTIVE, 0, 100, 0, payload)
    with pytest.raises(DamagedError, match=message):
        decode_block(None, block)


def test_flipped_bits_are_noticed() -> None:
    block = coded(Coding(BlockKind.ADAPTIVE, 0), None, TEXT)
    for bit in range(0, 8 * len(block.payload), 3):
        payload = bytearray(block.payload)
        payload[bit // 8] ^= 1 << bit % 8
        with pytest.raises(DamagedError):
            decode_block(None, dataclasses.replace(block, payload=bytes(payload)))
