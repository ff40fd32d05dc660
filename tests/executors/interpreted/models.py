"""Models in lmpack's own kernels, by Triton's interpreter: the integers and bytes of the engine."""

from __future__ import annotations

import dataclasses
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch
from random_models import ARCHITECTURES, random_bundle, random_symbols

from lmpack._executors.conformance import by_prefill, check_conformance, odds_digest
from lmpack._executors.native import NativeExecutor
from lmpack._executors.protocol import no_progress
from lmpack._executors.triton import forward, model
from lmpack._executors.triton.executor import TritonExecutor, cuda_device
from lmpack._executors.triton.model import TritonModel
from lmpack._models.bundle import Bundle
from lmpack._models.manifest import ConformanceVector
from lmpack.errors import BundleError, ConformanceError, UsageError

CPU = torch.device("cpu")


@pytest.fixture(scope="module")
def bundles(tmp_path_factory: pytest.TempPathFactory) -> dict[str, Bundle]:
    folder = tmp_path_factory.mktemp("models")
    return {name: random_bundle(folder / name, a) for name, a in ARCHITECTURES.items()}


@pytest.fixture(scope="module")
def plain(bundles: dict[str, Bundle]) -> Any:
    """The executor of a small model, with one batch of two lanes."""
    return TritonExecutor(bundles["plain"], CPU, lanes=2, batches=1)


@pytest.mark.parametrize("name", ARCHITECTURES)
def test_lanes_at_any_positions(bundles: dict[str, Bundle], name: str) -> None:
    bundle = bundles[name]
    model, native = TritonModel(bundle, CPU), NativeExecutor(bundle)
    lanes, symbols = 3, random_symbols(bundle.architecture, 3, 30)
    state, theirs = model.start(lanes), native.start(lanes)
    np.testing.assert_array_equal(model.prefill(state, symbols), native.prefill(theirs, symbols))
    model.restart(state, [1])
    alone = native.start(1)
    for number in range(2):
        fed = random_symbols(bundle.architecture, lanes, 5, seed=number + 1)[:, -1]
        odds, expected = model.step(state, fed), native.step(theirs, fed)
        np.testing.assert_array_equal(odds[[0, 2]], expected[[0, 2]])
        np.testing.assert_array_equal(odds[1:2], native.step(alone, fed[1:2]))


def test_rings_and_history_go_round(
    bundles: dict[str, Bundle], monkeypatch: pytest.MonkeyPatch
) -> None:
    """Pieces that are longer than the window, and together longer than all rings."""
    monkeypatch.setattr(forward, "PIECE", 16)
    monkeypatch.setattr(model, "PIECE", 16)
    bundle = bundles["plain"]
    ours = TritonExecutor(bundle, CPU, lanes=1, batches=1)
    symbols = random_symbols(bundle.architecture, 1, 75)
    expected = by_prefill(NativeExecutor(bundle), symbols, 75)
    np.testing.assert_array_equal(by_prefill(ours, symbols, 37), expected)


def test_a_block_is_that_of_the_engine(plain: Any, bundles: dict[str, Bundle]) -> None:
    native, text = NativeExecutor(bundles["plain"]), b"a cat and a bat"
    payload = native.encode(text, 8, None, no_progress)
    assert plain.encode(text, 8, None, no_progress) == payload
    assert plain.decode(payload, len(text), 8, None, no_progress) == text


def test_conformance_vectors(plain: Any, bundles: dict[str, Bundle]) -> None:
    symbols = random_symbols(bundles["plain"].architecture, 2, 6)
    odds = by_prefill(NativeExecutor(bundles["plain"]), symbols, 6)
    vector = ConformanceVector(symbols=symbols.tolist(), first=0, sha256=odds_digest(odds))
    check_conformance(dataclasses.replace(bundles["plain"], conformance=(vector,)), plain)
    other = vector._replace(sha256="0" * 64)
    with pytest.raises(ConformanceError, match="triton"):
        check_conformance(dataclasses.replace(bundles["plain"], conformance=(other,)), plain)


def test_the_version_names_what_compiles(plain: Any) -> None:
    import triton

    assert triton.__version__ in plain.version and torch.__version__ in plain.version
    names = {Path(file).name for file in plain.libraries}
    assert {"attention.py", "layer.py", "libtriton.so"} <= names


# What cannot be done


def test_symbols_that_are_none_are_refused(plain: Any) -> None:
    state = plain.start(1)
    for symbol in (-1, 257):
        with pytest.raises(UsageError, match="symbols must be 0 to 256"):
            plain.step(state, np.array([symbol]))


@pytest.mark.parametrize("limit", ["LARGEST_WIDTH", "LARGEST_HEAD_WIDTH", "MOST_HEADS"])
def test_models_that_are_too_large_are_refused(
    bundles: dict[str, Bundle],
    limit: str,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(forward, limit, 0)
    with pytest.raises(UsageError, match="choose the device cuda:onnxruntime or cpu"):
        TritonModel(bundles["plain"], CPU)


@pytest.mark.parametrize(
    ("error", "said"),
    [
        (torch.OutOfMemoryError("CUDA out of memory"), "not enough memory on the GPU.*device cpu"),
        (RuntimeError("no kernel image"), "cannot run on this GPU: no kernel image; choose"),
    ],
)
def test_what_the_device_raises(
    plain: Any, monkeypatch: pytest.MonkeyPatch,
    error: Exception, said: str,
) -> None:  # fmt: skip
    def broken(*arguments: Any) -> None:
        raise error

    monkeypatch.setattr(model, "new_state", broken)
    with pytest.raises(BundleError, match=said):
        plain.start(1)


def test_without_a_gpu_torch_says_so() -> None:
    if torch.cuda.is_available():
        pytest.skip("this test is about machines without a GPU")
    with pytest.raises(UsageError, match="torch finds no GPU"):
        cuda_device()
