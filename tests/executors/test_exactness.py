"""One right answer: numpy, torch, both graphs, every way of feeding, every optimisation level."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest
import torch
from random_models import (
    ARCHITECTURES,
    random_bundle,
    random_model,
    random_symbols,
    torch_odds,
)
from reference_model import reference_odds

from lmpack._executors.conformance import (
    by_prefill,
    by_steps,
    check_conformance,
    odds_digest,
)
from lmpack._executors.onnxruntime import OnnxRuntimeExecutor
from lmpack._models.architecture import OUTPUT_TOP, RESIDUAL_LIMIT
from lmpack._models.bundle import Bundle, list_models, load_byte_model
from lmpack.errors import ConformanceError
from lmpack.training import model as model_module
from lmpack.training.rounding import to_integers

GRAPHS = ("cpu.onnx", "cuda.onnx")


@pytest.fixture(scope="module", params=ARCHITECTURES)
def bundle(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Bundle:
    folder = tmp_path_factory.mktemp(request.param)
    return random_bundle(folder, ARCHITECTURES[request.param])


@pytest.mark.slow
@pytest.mark.parametrize("graph", GRAPHS)
@pytest.mark.parametrize("optimization", ["none", "basic", "extended", "all"])
def test_graph_gives_the_integers_of_the_reference(
    bundle: Bundle, graph: str, optimization: str
) -> None:
    symbols = random_symbols(bundle.architecture, 3, 2 * max(bundle.architecture.windows) + 5)
    expected = reference_odds(bundle, symbols)
    executor = OnnxRuntimeExecutor(bundle, graph=graph, optimization=optimization)
    np.testing.assert_array_equal(by_prefill(executor, symbols, symbols.shape[1]), expected)


def test_torch_gives_the_integers_of_the_reference(bundle: Bundle) -> None:
    symbols = random_symbols(bundle.architecture, 3, 2 * max(bundle.architecture.windows) + 5)
    odds = torch_odds(random_model(bundle.architecture), symbols)
    np.testing.assert_array_equal(odds, reference_odds(bundle, symbols))


def test_the_reference_gives_the_vectors_of_a_shipped_model() -> None:
    for vector in (bundle := load_byte_model("tiny")).conformance:
        assert odds_digest(reference_odds(bundle, np.array(vector.symbols))) == vector.sha256


@pytest.mark.slow
@pytest.mark.parametrize("graph", GRAPHS)
@pytest.mark.parametrize("threads", [1, 3])
def test_every_way_of_feeding_gives_the_same(bundle: Bundle, graph: str, threads: int) -> None:
    executor = OnnxRuntimeExecutor(bundle, graph=graph, threads=threads)
    symbols = random_symbols(bundle.architecture, 21, max(bundle.architecture.windows) + 40, seed=1)
    expected = by_steps(executor, symbols)
    for piece in (1, 3, 31, 32, 33, symbols.shape[1]):
        np.testing.assert_array_equal(by_prefill(executor, symbols, piece), expected)
    for lanes in ([0], [20], [5, 6], list(range(1, 18))):
        np.testing.assert_array_equal(by_prefill(executor, symbols[lanes], 16), expected[lanes])


def test_a_lane_does_not_feel_its_neighbours(bundle: Bundle) -> None:
    executor = OnnxRuntimeExecutor(bundle)
    symbols = random_symbols(bundle.architecture, 4, 30)
    other = random_symbols(bundle.architecture, 4, 30, seed=9)
    other[2] = symbols[2]
    ours, theirs = (by_steps(executor, fed) for fed in (symbols, other))
    np.testing.assert_array_equal(ours[2], theirs[2])
    assert (ours[0] != theirs[0]).any()


@pytest.mark.slow
def test_a_fresh_process_gives_the_same(bundle: Bundle) -> None:
    symbols = random_symbols(bundle.architecture, 2, 50)
    program = (
        "import sys, numpy as np\n"
        "from lmpack._models.bundle import load_byte_model\n"
        "from lmpack._executors.conformance import by_steps, odds_digest\n"
        "from lmpack._executors.onnxruntime import OnnxRuntimeExecutor\n"
        "symbols = np.array(eval(sys.argv[2]))\n"
        "print(odds_digest(by_steps(OnnxRuntimeExecutor(load_byte_model(sys.argv[1])), symbols)))\n"
    )
    command = [sys.executable, "-c", program, str(bundle.path), repr(symbols.tolist())]
    printed = subprocess.run(command, check=True, capture_output=True, text=True).stdout.strip()
    assert printed == odds_digest(by_prefill(OnnxRuntimeExecutor(bundle), symbols, 50))


def test_random_models_reach_every_clip(bundle: Bundle, monkeypatch: pytest.MonkeyPatch) -> None:
    """If the models were tame, the tests above would not show a wrong clip."""
    limits: dict[tuple[float, float], bool] = {}
    add = model_module.add_to_residual

    def watched(values: torch.Tensor, low: float, high: float, quantize: bool) -> torch.Tensor:
        beyond = bool((values > high).any()) and bool((values < low).any() or low == 0)
        limits[low, high] = limits.get((low, high), False) or beyond
        return to_integers(values, low, high, quantize)

    def watched_add(x: torch.Tensor, update: torch.Tensor, quantize: bool) -> torch.Tensor:
        result = add(x, update, quantize)
        key = -RESIDUAL_LIMIT, RESIDUAL_LIMIT
        limits[key] = limits.get(key, False) or bool((x + update).abs().max() > RESIDUAL_LIMIT)
        return result

    monkeypatch.setattr(model_module, "to_integers", watched)
    monkeypatch.setattr(model_module, "add_to_residual", watched_add)
    symbols = random_symbols(bundle.architecture, 4, 64)
    torch_odds(random_model(bundle.architecture), symbols)
    unreached = {limit for limit, reached in limits.items() if not reached}
    # The update alone never leaves twice the residual's range.
    assert unreached <= {(-2 * RESIDUAL_LIMIT, 2 * RESIDUAL_LIMIT)}


def test_random_models_give_all_kinds_of_weights(bundle: Bundle) -> None:
    symbols = random_symbols(bundle.architecture, 4, 64)
    weights = by_prefill(OnnxRuntimeExecutor(bundle), symbols, 64)
    assert weights.min() == 0
    assert abs(int(weights.max()) - OUTPUT_TOP) < 200
    assert len(np.unique(weights)) > 100


@pytest.mark.slow
@pytest.mark.parametrize("name", [bundle.name for bundle in list_models()])
@pytest.mark.parametrize("graph", GRAPHS)
@pytest.mark.parametrize("optimization", ["none", "all"])
def test_built_in_bundle_conforms(name: str, graph: str, optimization: str) -> None:
    bundle = load_byte_model(name)
    check_conformance(bundle, OnnxRuntimeExecutor(bundle, graph=graph, optimization=optimization))


def test_another_model_is_refused(tmp_path: Path) -> None:
    architecture = ARCHITECTURES["plain"]
    bundle = random_bundle(tmp_path / "a", architecture, seed=1)
    impostor = random_bundle(tmp_path / "b", architecture, seed=2)
    with pytest.raises(ConformanceError, match=r"does not reproduce.*Nothing was written"):
        check_conformance(bundle, OnnxRuntimeExecutor(impostor))
