"""The GPU's way of running a model, on ONNX Runtime's CPU provider: the same integers."""

from __future__ import annotations

import threading
from collections.abc import Callable
from typing import Any

import numpy as np
import onnxruntime
import pytest
from random_models import ARCHITECTURES, random_bundle, random_symbols

from lmpack._executors import provider
from lmpack._executors.block_batch import BlockBatch
from lmpack._executors.conformance import check_conformance
from lmpack._executors.continuous_batch import ContinuousBatch
from lmpack._executors.cuda import CudaExecutor
from lmpack._executors.graph_session import GraphSession
from lmpack._executors.host_lanes import HostLanes
from lmpack._executors.native import NativeExecutor
from lmpack._executors.onnx_device import DeviceModel
from lmpack._executors.protocol import no_progress
from lmpack._executors.provider import Provider
from lmpack._models.bundle import Bundle, Graph, load_byte_model
from lmpack.errors import BundleError, ConformanceError, UsageError

CPU = Provider("CPUExecutionProvider", "cpu")


@pytest.fixture(scope="module", params=ARCHITECTURES)
def bundle(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Bundle:
    return random_bundle(tmp_path_factory.mktemp("model"), ARCHITECTURES[request.param])


@pytest.mark.slow
def test_it_gives_the_conformance_vectors(bundle: Bundle) -> None:
    check_conformance(bundle, CudaExecutor(bundle, CPU, lanes=2, batches=1))


@pytest.mark.slow
def test_a_shipped_model_gives_its_conformance_vectors() -> None:
    bundle = load_byte_model("tiny")
    check_conformance(bundle, CudaExecutor(bundle, CPU, lanes=2, batches=1))


@pytest.mark.slow
def test_each_lane_has_a_position_of_its_own(bundle: Bundle) -> None:
    model, native = DeviceModel(bundle, CPU), NativeExecutor(bundle)
    lanes = 4
    state, alone = model.start(lanes), [native.start(1) for _ in range(lanes)]
    random = np.random.default_rng(0)
    for step in range(150):
        if step % 7 == 3:
            lane = int(random.integers(lanes))
            model.restart(state, [lane])
            alone[lane] = native.start(1)
        symbols = random.integers(0, bundle.architecture.vocabulary, lanes)
        odds = model.step(state, symbols)
        for lane in range(lanes):
            expected = native.step(alone[lane], symbols[lane : lane + 1])[0]
            np.testing.assert_array_equal(odds[lane], expected)
    with pytest.raises(UsageError, match="same position"):
        model.prefill(state, np.zeros((lanes, 3), int))


def test_vocabularies_of_any_size(bundle: Bundle) -> None:
    symbols = random_symbols(bundle.architecture, 3, 60)
    device, native = CudaExecutor(bundle, CPU, lanes=2, batches=1), NativeExecutor(bundle)
    ours, theirs = device.start(3), native.start(3)
    np.testing.assert_array_equal(device.prefill(ours, symbols), native.prefill(theirs, symbols))
    np.testing.assert_array_equal(
        device.step(ours, symbols[:, 0]), native.step(theirs, symbols[:, 0])
    )


# Runs and captures


class Sessions:
    """Records what is done with ONNX Runtime.

    Attributes:
        captured: for each session that captures, the thread that made it and its graph.
        runs: number of runs of all sessions.
    """

    def __init__(self, monkeypatch: pytest.MonkeyPatch) -> None:
        self.captured: list[tuple[int, str]] = []
        self.runs = 0
        run = GraphSession.run_with_iobinding

        def opened(graph: Graph, options: Any, providers: list[tuple[str, dict[str, str]]]) -> Any:
            if providers[0][1].get("enable_cuda_graph") == "1":
                self.captured.append((threading.get_ident(), graph.path.name))
            return GraphSession(graph, options, providers)

        def counted(*arguments: Any) -> None:
            self.runs += 1
            run(*arguments)

        monkeypatch.setattr(GraphSession, "run_with_iobinding", counted)
        monkeypatch.setattr(provider, "GraphSession", opened)


@pytest.fixture
def sessions(monkeypatch: pytest.MonkeyPatch) -> Sessions:
    return Sessions(monkeypatch)


CAPTURING = Provider("CPUExecutionProvider", "cpu", capture=True)


def test_a_step_is_two_runs(sessions: Sessions) -> None:
    model = DeviceModel(load_byte_model("tiny"), CPU)
    state = model.start(2)
    for steps in (1, 2, 3):
        model.step(state, np.zeros(2, int))
        assert sessions.runs == 2 * steps


def test_each_batch_captures_on_its_own_thread(sessions: Sessions) -> None:
    executor = CudaExecutor(load_byte_model("tiny"), CAPTURING, lanes=2, batches=3)
    assert len(sessions.captured) == 4  # before anything else goes on
    executor.step(executor.start(3), np.zeros(3, int))  # a state apart
    payload = executor.encode(b"ab", 1, None, no_progress)
    for _ in range(2):
        executor._batch_for(2)
    for _ in range(2):
        assert executor.decode(payload, 2, 1, None, no_progress) == b"ab"
    assert len(sessions.captured) == 6
    with executor.lanes_for(1) as lanes:
        lanes.step(lanes.start(1), np.zeros(1, int))
    threads = [thread for thread, _ in sessions.captured]
    assert [name for _, name in sessions.captured] == ["cuda.onnx", "cuda_rings.onnx"] * 4
    assert threads[::2] == threads[1::2] and len(set(threads)) == 4
    assert threading.get_ident() not in threads


def test_without_memory_for_another_batch_the_first_one_does_all(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    executor = CudaExecutor(load_byte_model("tiny"), CPU, lanes=2, batches=9)

    def full() -> BlockBatch:
        raise BundleError("there is not enough memory on the GPU")

    monkeypatch.setattr(executor, "_new_batch", full)
    found = {executor._batch_for(2) for _ in range(5)}
    assert found == set(executor._batches) and len(found) == 2


@pytest.mark.slow
def test_the_proof_is_of_the_steps_that_decode(monkeypatch: pytest.MonkeyPatch) -> None:
    bundle = load_byte_model("tiny")
    executor = CudaExecutor(bundle, CPU, lanes=2, batches=1)
    begin_step = ContinuousBatch.begin_step

    def wrong(*arguments: Any) -> Callable[[], np.ndarray]:
        odds = begin_step(*arguments)
        return lambda: odds() + 1

    with monkeypatch.context() as patch, pytest.raises(ConformanceError, match="steps"):
        patch.setattr(ContinuousBatch, "begin_step", wrong)
        check_conformance(bundle, executor)
    monkeypatch.setattr(HostLanes, "finish", lambda lanes, first: b"?")
    with pytest.raises(ConformanceError, match="vector 0, decoding"):
        check_conformance(bundle, executor)


@pytest.mark.parametrize("what", ["CUDA error: out of memory", "Failed to allocate memory for 9"])
def test_a_full_device_says_what_to_do(monkeypatch: pytest.MonkeyPatch, what: str) -> None:
    model = DeviceModel(load_byte_model("tiny"), CPU)
    state = model.start(1)

    def full(*arguments: Any) -> None:
        raise RuntimeError(what)

    monkeypatch.setattr(GraphSession, "run_with_iobinding", full, raising=False)
    with pytest.raises(BundleError, match=r"not enough memory on the device.*device cpu"):
        model.step(state, np.zeros(1, int))
    monkeypatch.setattr(onnxruntime.OrtValue, "ortvalue_from_numpy", full)
    with pytest.raises(BundleError, match=r"not enough memory on the device.*device cpu"):
        model.start(1)
