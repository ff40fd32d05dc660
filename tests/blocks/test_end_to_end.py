"""The built-in model on real bytes, from plain to container and back, against second decoders."""

from __future__ import annotations

import functools
import json
import lzma
import math
import zlib
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import inputs
import make_golden
import numpy as np
import pytest
from block_sizes import set_block_size
from hypothesis import given, settings
from hypothesis import strategies as st
from reference_decoder import decode

import lmpack
from lmpack._blocks.levels import DEFAULT_MODEL
from lmpack._executors import open_executor
from lmpack._models.bundle import list_models, load_byte_model

GOLDEN = make_golden.FOLDER / "containers.json"

OVERHEAD = 40
"""Bytes of a container around one block, at most."""


@pytest.mark.slow
@pytest.mark.parametrize("name", inputs.CONTAINER_INPUTS)
def test_content_comes_back(name: str) -> None:
    plain = inputs.CONTAINER_INPUTS[name]
    assert lmpack.decompress(lmpack.compress(plain)) == plain


def test_containers_are_the_golden_ones() -> None:
    assert make_golden.containers() == json.loads(GOLDEN.read_text(encoding="utf-8"))


@pytest.mark.parametrize("model", [bundle.name for bundle in list_models()])
def test_every_built_in_model_predicts_text(model: str) -> None:
    packed = lmpack.compress(inputs.TEXT, model=model)
    assert len(packed) - OVERHEAD < len(inputs.TEXT) / 3
    assert lmpack.decompress(packed) == inputs.TEXT


@settings(max_examples=25)
@given(st.binary(max_size=300) | st.text(max_size=200).map(str.encode))
def test_any_bytes_come_back(plain: bytes) -> None:
    packed = lmpack.compress(plain)
    assert len(packed) <= len(plain) + OVERHEAD
    assert lmpack.decompress(packed) == plain


@pytest.mark.slow
@pytest.mark.parametrize("options", [{}, {"level": 1}, {"level": 9}, {"mixing": False}])
def test_nothing_grows_by_more_than_a_thousandth_and_40_bytes(options: dict[str, Any]) -> None:
    random = np.random.default_rng(2)
    for plain in (random.bytes(1), random.bytes(2000), zlib.compress(random.bytes(50_000))):
        packed = lmpack.compress(plain, **options)
        second = 8 * (packed[5] == 2)  # bytes that name a second model
        assert len(packed) <= 1.001 * len(plain) + OVERHEAD + second
        assert lmpack.decompress(packed) == plain


def test_noise_of_several_blocks_hardly_grows(monkeypatch: pytest.MonkeyPatch) -> None:
    set_block_size(monkeypatch, 1 << 15)
    plain = np.random.default_rng(2).bytes((1 << 16) + 5)
    packed = lmpack.compress(plain, level=1)
    assert len(packed) <= len(plain) + OVERHEAD + 2 * 21
    assert lmpack.decompress(packed) == plain


@pytest.mark.parametrize("extra", [-1, 0, 1])
def test_lengths_around_a_block_border(monkeypatch: pytest.MonkeyPatch, extra: int) -> None:
    set_block_size(monkeypatch, 500)
    plain = (inputs.TEXT * 9)[: 1000 + extra]
    assert lmpack.decompress(lmpack.compress(plain)) == plain


@functools.cache
def compressed_sentences() -> bytes:
    return lmpack.compress(inputs.SENTENCES)


@pytest.mark.slow
@pytest.mark.parametrize("threads", [1, 2, 3])
def test_threads_make_no_difference(threads: int) -> None:
    plain = inputs.SENTENCES
    packed = lmpack.compress(plain, threads=threads)
    assert packed == compressed_sentences()
    assert lmpack.decompress(packed, threads=threads) == plain


def test_the_reference_decoder_reads_what_lmpack_writes() -> None:
    """Written from docs/format.md alone, with big integers; the model is asked lane by lane."""
    executor = open_executor(load_byte_model(DEFAULT_MODEL), threads=1)
    start = executor.architecture.start_symbol

    def predict(lanes: Sequence[bytes]) -> list[list[int]]:
        weights = []
        for lane in lanes:
            fed = np.array([[start, *lane]], np.int64)
            weights.append(executor.prefill(executor.start(1), fed)[0, -1].tolist())
        return weights

    plain = inputs.TEXT[:120]
    packed = lmpack.compress(plain) + lmpack.compress(inputs.NOISE[:50])
    assert decode(packed, predict) == plain + inputs.NOISE[:50]


def test_overhead_of_a_small_file_is_at_most_40_bytes() -> None:
    plain = (inputs.TEXT * 9)[:1024]
    executor = open_executor(load_byte_model(DEFAULT_MODEL), threads=1)
    symbols = np.frombuffer(plain, np.uint8).astype(np.int64)
    fed = np.concatenate([[executor.architecture.start_symbol], symbols[:-1]])
    weights = executor.prefill(executor.start(1), fed[None])[0].astype(np.float64)
    chosen = weights[np.arange(len(plain)), symbols]
    ideal = -np.log2(chosen / weights.sum(axis=1)).sum() / 8
    assert math.ceil(ideal) < len(lmpack.compress(plain, mixing=False)) <= ideal + OVERHEAD


@pytest.mark.slow
def test_every_truncation_and_bit_flip_is_found() -> None:
    packed = lmpack.compress(inputs.TEXT[:60])
    for size in range(len(packed)):
        with pytest.raises(lmpack.TruncatedError):
            lmpack.decompress(packed[:size])
    for bit in range(8 * len(packed)):
        damaged = bytearray(packed)
        damaged[bit // 8] ^= 1 << bit % 8
        with pytest.raises((lmpack.FormatError, lmpack.ModelError)) as caught:
            lmpack.decompress(bytes(damaged))
        assert str(caught.value)


@pytest.mark.slow
def test_smaller_than_xz_on_wikipedia(shared_data: Path) -> None:
    source = shared_data / "text" / "wikipedia_en_2014.valid.xz"
    with lzma.open(source) as file:
        plain = file.read(100_000)
    packed = lmpack.compress(plain)
    assert len(packed) < len(lzma.compress(plain, preset=9 | lzma.PRESET_EXTREME))
    assert lmpack.decompress(packed) == plain
