"""Graphs of decoders in ONNX Runtime give the integers of docs/decoder_model.md."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import numpy as np
import pytest
from decoder_cases import CONTEXT, WINDOW, Case, case_of, in_pieces, in_steps
from random_decoder import FAMILIES

from lmpack._executors import cuda_libraries, decoder_onnxruntime, open_executor
from lmpack._executors.conformance import check_conformance
from lmpack._executors.decoder_onnxruntime import CPU_PROVIDER, OnnxRuntimeDecoderExecutor
from lmpack._executors.mixing import Mixing, Predictor
from lmpack._executors.protocol import no_progress
from lmpack._executors.provider import Provider
from lmpack._models.decoder.bounds import LARGEST_FLOAT, SMALLEST_FLOAT
from lmpack._models.decoder.bundle import DecoderBundle
from lmpack.errors import ConformanceError, UsageError
from lmpack.importing import graph_lowering

GRAPHS = ("cpu.onnx", "cuda.onnx")


@pytest.fixture(scope="module", params=FAMILIES)
def case(request: pytest.FixtureRequest) -> Case:
    return case_of(request.param)


@pytest.fixture(scope="module")
def bundle(case: Case, tmp_path_factory: pytest.TempPathFactory) -> DecoderBundle:
    with pytest.MonkeyPatch.context() as patch:
        # So that the values of 40 positions are added in four products.
        patch.setattr(graph_lowering, "EXACT_POSITIONS", 12)
        return case.bundle(tmp_path_factory.mktemp("model"), proved=True)


@pytest.fixture(scope="module", params=GRAPHS)
def executor(
    request: pytest.FixtureRequest, bundle: DecoderBundle
) -> Iterator[OnnxRuntimeDecoderExecutor]:
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(decoder_onnxruntime, "SLOTS", 16)  # so that the buffers grow
        yield OnnxRuntimeDecoderExecutor(bundle, graph=request.param, threads=1)


def test_all_positions_at_once(case: Case, executor: OnnxRuntimeDecoderExecutor) -> None:
    assert np.array_equal(in_pieces(executor, case.symbols), case.weights)


def test_steps(case: Case, executor: OnnxRuntimeDecoderExecutor) -> None:
    assert np.array_equal(in_steps(executor, case.symbols), case.weights)


def test_pieces(case: Case, executor: OnnxRuntimeDecoderExecutor) -> None:
    assert np.array_equal(in_pieces(executor, case.symbols, 1, 8, 9, 31), case.weights)


def test_lanes_alone(case: Case, executor: OnnxRuntimeDecoderExecutor) -> None:
    alone = [in_pieces(executor, lane[None], 20) for lane in case.symbols]
    assert np.array_equal(np.concatenate(alone), case.weights)


def test_a_few_lanes_in_a_call(
    case: Case, executor: OnnxRuntimeDecoderExecutor, monkeypatch: pytest.MonkeyPatch
) -> None:
    vocabulary = case.shape.vocabulary
    monkeypatch.setattr(decoder_onnxruntime, "CALL_WEIGHTS", 5 * vocabulary)
    lanes = np.concatenate([case.symbols, case.symbols[:, ::-1], case.symbols, case.symbols])
    weights = in_pieces(executor, lanes[:, :12], 5)
    assert np.array_equal(weights[:2], case.weights[:, :12])
    assert np.array_equal(weights[4:6], weights[:2])
    assert np.array_equal(weights[6:], weights[:2])
    assert np.array_equal(in_pieces(executor, lanes[2:4, :12]), weights[2:4])


def test_two_threads(case: Case, bundle: DecoderBundle) -> None:
    executor = OnnxRuntimeDecoderExecutor(bundle, threads=2)
    assert np.array_equal(in_pieces(executor, case.symbols, 33), case.weights)


def test_a_context_has_an_end(case: Case, executor: OnnxRuntimeDecoderExecutor) -> None:
    state = executor.start(len(case.symbols))
    executor.prefill(state, case.symbols)
    with pytest.raises(UsageError, match="40 positions"):
        executor.step(state, case.symbols[:, 0])


def test_conformance_vectors(bundle: DecoderBundle, executor: OnnxRuntimeDecoderExecutor) -> None:
    short, long = bundle.conformance
    assert (len(short.symbols), len(short.symbols[0]), short.first) == (4, CONTEXT, 0)
    # Eight positions after the shorter window has moved on.
    assert (len(long.symbols), len(long.symbols[0]), long.first) == (1, WINDOW + 8, WINDOW)
    check_conformance(bundle, executor)


def test_a_wrong_weight_is_found(case: Case, bundle: DecoderBundle, tmp_path: Path) -> None:
    """A key of the last layer, which changes little."""
    other = Case(next(name for name in FAMILIES if case is case_of(name)))
    keys = other.tensors["layers.1.qkv.weight"]
    keys[other.shape.queries // 16] *= -1
    wrong = OnnxRuntimeDecoderExecutor(other.bundle(tmp_path))
    with pytest.raises(ConformanceError, match="does not reproduce"):
        check_conformance(bundle, wrong)


@pytest.mark.parametrize("extreme", [SMALLEST_FLOAT, LARGEST_FLOAT])
@pytest.mark.parametrize("family", FAMILIES)
def test_extreme_numbers_stay_finite(family: str, extreme: float, tmp_path: Path) -> None:
    """numpy warns of what becomes infinite or nan, and warnings are errors."""
    case = Case(family, context=12, windows=(5, 12))
    for name, tensor in case.tensors.items():
        if name.endswith(("gain", "multiplier", "score_scale", "norm_epsilon")):
            tensor[tensor > 0] = extreme
        elif name.endswith("bias"):
            tensor[:] = np.copysign(extreme, tensor)
    executor = OnnxRuntimeDecoderExecutor(case.bundle(tmp_path))
    assert np.array_equal(in_pieces(executor, case.symbols), case.weights)


def test_device_cuda(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """The CPU provider stands in for the one that the device wants."""
    wanted = []

    def stand_in(*, capture: bool) -> Provider:
        wanted.append(capture)
        return CPU_PROVIDER

    monkeypatch.setattr(cuda_libraries, "cuda_provider", stand_in)
    case = case_of("gpt2")
    executor = open_executor(case.bundle(tmp_path, proved=True), "cuda")
    assert wanted == [False]
    assert np.array_equal(in_pieces(executor, case.symbols), case.weights)


@pytest.mark.parametrize("mixing", [None, Mixing(0, Predictor.FULL)])
def test_blocks_of_one_graph_open_with_the_other(mixing: Mixing | None, tmp_path: Path) -> None:
    bundle = case_of("gemma3").bundle(tmp_path)
    cpu, cuda = (OnnxRuntimeDecoderExecutor(bundle, graph=graph) for graph in GRAPHS)
    plain = b"abc abba\n" * 9 + bytes(range(40))
    payload = cpu.encode(plain, 50, mixing, no_progress)
    assert cuda.encode(plain, 50, mixing, no_progress) == payload
    assert cuda.decode(payload, len(plain), 50, mixing, no_progress) == plain
