"""Verifying: what was just made is decoded again, by another executor, before it is written."""

from __future__ import annotations

import dataclasses
import io
import random
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest
from fake_models import FakeModels, OrderZeroExecutor

import lmpack
import lmpack._blocks.coders
import lmpack._blocks.executor_cache
from lmpack import Options
from lmpack._blocks.codec import encode_block
from lmpack._container import Block

TEXT = bytes(random.Random(1).choices(b"abcdefghijklmnopqrstuvwxyz", k=1000))
VERIFIED = Options(mixing=False, verify=True)


@pytest.fixture
def opened(fake_models: FakeModels, monkeypatch: pytest.MonkeyPatch) -> list[OrderZeroExecutor]:
    """The executors that are opened, in order."""
    executors: list[OrderZeroExecutor] = []

    def open_executor(*arguments: object) -> OrderZeroExecutor:
        executors.append(fake_models.open_executor(*arguments))  # type: ignore[arg-type]
        return executors[-1]

    monkeypatch.setattr(lmpack._blocks.executor_cache, "open_executor", open_executor)
    return executors


@pytest.fixture
def unlike(opened: list[OrderZeroExecutor], monkeypatch: pytest.MonkeyPatch) -> None:
    """The executor for checks has other weights than the one that encodes."""
    cached = lmpack._blocks.executor_cache.cached_executor

    def changed(*arguments: object, for_checks: bool = False) -> OrderZeroExecutor:
        executor = cached(*arguments, for_checks=for_checks)  # type: ignore[arg-type]
        assert isinstance(executor, OrderZeroExecutor)
        if for_checks:
            executor.odds = np.full(256, 7, np.int32)
        return executor

    monkeypatch.setattr(lmpack._blocks.coders, "cached_executor", changed)


def test_the_bytes_are_the_same_and_the_weights_are_not_shared(
    opened: list[OrderZeroExecutor], fake_models: FakeModels
) -> None:
    plainly = dataclasses.replace(VERIFIED, verify=False, device="cpu:onnxruntime")
    packed = lmpack.compress(TEXT, options=plainly)
    assert len(opened) == 1
    assert lmpack.compress(TEXT, options=plainly, verify=True) == packed
    assert [device for _, device, _ in fake_models.opened] == ["cpu:onnxruntime", "cpu"]


@pytest.mark.parametrize("options", [VERIFIED, dataclasses.replace(VERIFIED, mixing=True)])
@pytest.mark.usefixtures("unlike")
def test_what_another_executor_decodes_otherwise_is_not_written(options: Options) -> None:
    sink = io.BytesIO()
    with pytest.raises(lmpack.VerifyError, match="just made does not decode to its content"):
        lmpack.compress_stream(io.BytesIO(TEXT), sink, options=options)
    assert sink.getvalue() == b""
    assert lmpack.compress(TEXT, options=options, verify=False)


@pytest.mark.usefixtures("unlike")
def test_the_source_survives_if_it_cannot_be_verified(tmp_path: Path) -> None:
    path = tmp_path / "only copy"
    path.write_bytes(TEXT)
    (result,) = lmpack.compress_files([path], remove=True, mixing=False)
    assert isinstance(result.error, lmpack.VerifyError)
    assert [file.name for file in tmp_path.iterdir()] == ["only copy"]
    assert path.read_bytes() == TEXT
    (result,) = lmpack.compress_files([path], mixing=False)
    assert result.error is None, "without deleting nothing is verified"
    (tmp_path / "only copy.lmp").unlink()
    (result,) = lmpack.compress_files([path], remove=True, mixing=False, verify=False)
    assert result.error is None
    assert [file.name for file in tmp_path.iterdir()] == ["only copy.lmp"]


def broken(encode: Callable[..., Block]) -> Callable[..., Block]:
    """Makes blocks of which a bit of the payload is wrong."""

    def encode_wrongly(*arguments: object, **keywords: object) -> Block:
        block = encode(*arguments, **keywords)
        return dataclasses.replace(block, payload=block.payload[:-1] + b"\xaa")

    return encode_wrongly


@pytest.mark.parametrize("plain", [TEXT, bytes(range(200)) * 2], ids=["adaptive", "noise"])
def test_blocks_without_a_model_are_verified_too(
    plain: bytes, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(lmpack._blocks.coders, "encode_block", broken(encode_block))
    with pytest.raises(lmpack.VerifyError):
        lmpack.compress(plain, level=1, verify=True)


def test_progress_goes_to_the_end_once() -> None:
    seen: list[int] = []
    lmpack.compress_stream(
        io.BytesIO(TEXT),
        io.BytesIO(),
        progress=lambda progress: seen.append(progress.read),
        options=Options(level=1, verify=True),
    )
    assert seen == sorted(seen)
    assert seen[-1] == len(TEXT)
