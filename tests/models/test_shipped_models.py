"""What every built-in model has to be: within its budget, proven, and better the larger it is."""

from __future__ import annotations

import itertools
import zlib

import pytest

from lmpack._executors.conformance import check_conformance
from lmpack._executors.native import NativeExecutor
from lmpack._executors.onnxruntime import OnnxRuntimeExecutor
from lmpack._models.bundle import BUILT_IN, Bundle, classical_rates, list_models
from lmpack._native import kernel_names
from lmpack.training.presets import PRESETS

BUNDLES = list_models()

MOST_PRODUCTS = {"tiny": 300_000, "small": 1_000_000, "base": 4_000_000, "large": 8_000_000}
LEAST_TRAINING = {"tiny": 178_000_000, "small": 108_000_000, "base": 102_000_000}

MOST_BYTES = 24_000_000
"""Of all bundles as they are packed into the wheel."""


@pytest.fixture(params=BUNDLES, ids=lambda bundle: bundle.name)
def bundle(request: pytest.FixtureRequest) -> Bundle:
    shipped: Bundle = request.param
    return shipped


@pytest.mark.slow
@pytest.mark.parametrize("kernel", kernel_names())
def test_the_engine_gives_the_conformance_vectors(bundle: Bundle, kernel: str) -> None:
    check_conformance(bundle, NativeExecutor(bundle, kernel=kernel))


@pytest.mark.slow
@pytest.mark.parametrize("graph", ["cpu.onnx", "cuda.onnx"])
def test_onnx_runtime_gives_the_conformance_vectors(bundle: Bundle, graph: str) -> None:
    check_conformance(bundle, OnnxRuntimeExecutor(bundle, graph=graph))


def test_it_keeps_its_budget(bundle: Bundle) -> None:
    assert bundle.architecture == PRESETS[bundle.name]
    assert bundle.architecture.products_per_symbol <= MOST_PRODUCTS[bundle.name]
    assert bundle.manifest["training"]["symbols"] >= LEAST_TRAINING[bundle.name]
    assert bundle.manifest["licence"] == "Apache-2.0"


def test_rounding_costs_next_to_nothing(bundle: Bundle) -> None:
    exact = bundle.manifest["evaluation"]
    unrounded = bundle.manifest["evaluation_without_rounding"]
    assert exact.keys() == unrounded.keys() == classical_rates().keys()
    for source, rate in exact.items():
        assert rate <= 1.005 * unrounded[source], source


def test_presets_keep_their_budgets() -> None:
    assert PRESETS.keys() == MOST_PRODUCTS.keys()
    for name, architecture in PRESETS.items():
        assert architecture.products_per_symbol <= MOST_PRODUCTS[name]


def test_all_together_fit_into_the_wheel() -> None:
    files = [path for path in BUILT_IN.rglob("*") if path.is_file()]
    assert sum(len(zlib.compress(path.read_bytes())) for path in files) <= MOST_BYTES


def test_a_larger_model_is_better_on_everything() -> None:
    for smaller, larger in itertools.pairwise(BUNDLES):
        for source, rate in smaller.manifest["evaluation"].items():
            assert larger.manifest["evaluation"][source] < rate, source
