"""Models in lmpack's own kernels, by Triton's interpreter: the integers and bytes of the engine."""

from __future__ import annotations

import dataclasses
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch
from random_models import ARCHITECTURES, random_bundle, random_symbols
from triton.runtime.interpreter import GridExecutor

from lmpack._executors.conformance import by_prefill, check_conformance, odds_digest
from lmpack._executors.mixing import Mixing
from lmpack._executors.native import NativeExecutor
from lmpack._executors.protocol import no_progress
from lmpack._executors.triton import blocks, forward, model
from lmpack._executors.triton.executor import TritonExecutor, cuda_device
from lmpack._executors.triton.model import TritonModel
from lmpack._models.bundle import Bundle
from lmpack._models.manifest import ConformanceVector
from lmpack.errors import BundleError, ConformanceError, DamagedError, UsageError

CPU = torch.device("cpu")


@pytest.fixture(scope="module")
def bundles(tmp_path_factory: pytest.TempPathFactory) -> dict[str, Bundle]:
    folder = tmp_path_factory.mktemp("models")
    return {name: random_bundle(folder / name, a) for name, a in ARCHITECTURES.items()}


@pytest.fixture(scope="module")
def plain(bundles: dict[str, Bundle]) -> Any:
    """The executor of a small model, with one batch of two lanes."""
    return TritonExecutor(bundles["plain"], CPU, lanes=2, batches=1, most_lanes=2)


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
    ours = TritonExecutor(bundle, CPU, lanes=1, batches=1, most_lanes=1)
    symbols = random_symbols(bundle.architecture, 1, 75)
    expected = by_prefill(NativeExecutor(bundle), symbols, 75)
    np.testing.assert_array_equal(by_prefill(ours, symbols, 37), expected)


def test_a_block_is_that_of_the_engine(plain: Any, bundles: dict[str, Bundle]) -> None:
    native, text = NativeExecutor(bundles["plain"]), b"a cat and a bat"
    payload = native.encode(text, 8, None, no_progress)
    assert plain.encode(text, 8, None, no_progress) == payload
    assert plain.decode(payload, len(text), 8, None, no_progress) == text
    # With mixing the probabilities of bits come from the device, and bytes are found on the host.
    payload = native.encode(text[:6], 3, Mixing(), no_progress)
    assert plain.encode(text[:6], 3, Mixing(), no_progress) == payload
    assert plain.decode(payload, 6, 3, Mixing(), no_progress) == text[:6]
    # Of more lanes than a batch has: the symbols are found on the host.
    payload = native.encode(text[:6], 2, None, no_progress)
    assert plain.decode(payload, 6, 2, None, no_progress) == text[:6]


def test_memory_of_a_lane(bundles: dict[str, Bundle]) -> None:
    """What the number of lanes is chosen by is what they take."""
    a = bundles["tables"].architecture
    state = forward.new_state(a, 3, CPU)
    step = forward.ForwardPass(a, TritonModel(bundles["tables"], CPU)._weights, state, 1)
    tensors = [state.positions, state.history, *state.keys, *state.values]
    tensors += [step.symbols, step.odds, step._stream, step._queries, step._means]
    assert 3 * forward.lane_memory(a) == sum(tensor.nbytes for tensor in tensors)


def test_launches_of_a_step(bundles: dict[str, Bundle], monkeypatch: pytest.MonkeyPatch) -> None:
    """As many as docs/gpu.md counts; none of them takes place."""
    step = TritonModel(bundles["wide"], CPU).decoding_lanes(1)._step
    launched: list[object] = []
    monkeypatch.setattr(GridExecutor, "__call__", lambda *given, **named: launched.append(given))
    step.run()
    assert len(launched) == step.launches == 1 + 2 * 3 + 2


def test_blocks_side_by_side(plain: Any, bundles: dict[str, Bundle]) -> None:
    """More than there are lanes for, one of them damaged."""
    native = NativeExecutor(bundles["plain"])
    shapes = [(b"abc", 2), (b"one", 3), (b"do", 2)]
    payloads = [native.encode(text, steps, None, no_progress) for text, steps in shapes]

    def decoded(number: int) -> bytes:
        text, steps = shapes[number]
        found: bytes = plain.decode(payloads[number], len(text), steps, None, no_progress)
        return found

    with ThreadPoolExecutor(4) as pool:
        bad = pool.submit(plain.decode, payloads[0] + b"?", 3, 2, None, no_progress)
        assert list(pool.map(decoded, range(3))) == [text for text, _ in shapes]
        with pytest.raises(DamagedError, match="its symbols end after"):
            bad.result()


def test_conformance_vectors(plain: Any, bundles: dict[str, Bundle]) -> None:
    symbols = random_symbols(bundles["plain"].architecture, 2, 6)
    odds = by_prefill(NativeExecutor(bundles["plain"]), symbols, 6)
    vector = ConformanceVector(symbols=symbols.tolist(), first=0, sha256=odds_digest(odds))
    check_conformance(dataclasses.replace(bundles["plain"], conformance=(vector,)), plain)
    other = vector._replace(sha256="0" * 64)
    with pytest.raises(ConformanceError, match="triton"):
        check_conformance(dataclasses.replace(bundles["plain"], conformance=(other,)), plain)


def test_the_proof_goes_through_the_range_decoder(
    plain: Any, bundles: dict[str, Bundle], monkeypatch: pytest.MonkeyPatch
) -> None:
    start = bundles["plain"].architecture.start_symbol
    odds = by_prefill(NativeExecutor(bundles["plain"]), np.array([[start]]), 1)
    vector = ConformanceVector(symbols=((start,),), first=0, sha256=odds_digest(odds))
    monkeypatch.setattr(blocks.TritonLanes, "finish", lambda lanes, first: b"?")
    with pytest.raises(ConformanceError, match="vector 0, decoding"):
        check_conformance(dataclasses.replace(bundles["plain"], conformance=(vector,)), plain)


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


@pytest.mark.parametrize("call", ["get_device_capability", "current_device"])
def test_a_cuda_that_does_not_start(monkeypatch: pytest.MonkeyPatch, call: str) -> None:
    """The card is busy, or the process is a fork of one that has used it."""

    def broken() -> None:
        raise RuntimeError("Cannot re-initialize CUDA in forked subprocess")

    monkeypatch.setattr(torch.cuda, "is_available", lambda: True)
    monkeypatch.setattr(torch.cuda, "get_device_capability", lambda: (9, 0))
    monkeypatch.setattr(torch.cuda, call, broken)
    with pytest.raises(BundleError, match=r"Cannot re-initialize CUDA.*device cuda:onnxruntime"):
        cuda_device()
