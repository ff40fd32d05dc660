"""The GPU's way of running a model, on ONNX Runtime's CPU provider: the same integers."""

from __future__ import annotations

import numpy as np
import pytest
from random_models import ARCHITECTURES, random_bundle, random_symbols

from lmpack._executors.conformance import check_conformance
from lmpack._executors.cuda import CudaExecutor
from lmpack._executors.native import NativeExecutor
from lmpack._executors.onnx_device import DeviceModel
from lmpack._executors.provider import Provider
from lmpack._models.bundle import Bundle, load_bundle
from lmpack.errors import UsageError

CPU = Provider("CPUExecutionProvider", "cpu")


@pytest.fixture(scope="module", params=ARCHITECTURES)
def bundle(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Bundle:
    return random_bundle(tmp_path_factory.mktemp("model"), ARCHITECTURES[request.param])


def test_it_gives_the_conformance_vectors(bundle: Bundle) -> None:
    check_conformance(bundle, CudaExecutor(bundle, CPU, lanes=2, batches=1))


def test_a_shipped_model_gives_its_conformance_vectors() -> None:
    bundle = load_bundle("tiny")
    check_conformance(bundle, CudaExecutor(bundle, CPU, lanes=2, batches=1))


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
