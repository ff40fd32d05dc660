"""The C++ engine gives the integers of torch and ONNX Runtime, on every kernel of this machine."""

from __future__ import annotations

from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
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

from lmpack._blocks.codec import encode_block
from lmpack._executors import open_executor
from lmpack._executors.conformance import by_prefill, by_steps, check_conformance
from lmpack._executors.native import ISA_VARIABLE, NativeExecutor
from lmpack._executors.onnxruntime import OnnxRuntimeExecutor
from lmpack._executors.protocol import no_progress
from lmpack._models.architecture import WORD, Architecture, ContextTable
from lmpack._models.bundle import Bundle, list_models, load_byte_model
from lmpack._native import Engine, ThreadTeam, kernel_names
from lmpack.errors import UsageError
from lmpack.training.export import write_bundle
from lmpack.training.model import ExactTransformer, Linear

KERNELS = kernel_names()


@pytest.fixture(scope="module", params=ARCHITECTURES)
def bundle(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Bundle:
    folder = tmp_path_factory.mktemp(request.param)
    return random_bundle(folder, ARCHITECTURES[request.param])


@pytest.mark.slow
@pytest.mark.parametrize("kernel", KERNELS)
@pytest.mark.parametrize("threads", [1, 2, 3])
def test_engine_gives_the_integers_of_torch(bundle: Bundle, kernel: str, threads: int) -> None:
    executor = NativeExecutor(bundle, threads=threads, kernel=kernel)
    symbols = random_symbols(bundle.architecture, 5, 2 * max(bundle.architecture.windows) + 5)
    expected = torch_odds(random_model(bundle.architecture), symbols)
    for piece in (1, 3, 64, 65, symbols.shape[1]):
        np.testing.assert_array_equal(by_prefill(executor, symbols, piece), expected)
    np.testing.assert_array_equal(by_steps(executor, symbols), expected)


@pytest.mark.parametrize("kernel", KERNELS)
@pytest.mark.parametrize("seed", range(6))
def test_engine_and_onnx_runtime_agree_on_random_shapes(
    tmp_path: Path, kernel: str, seed: int
) -> None:
    random = np.random.default_rng(seed)
    width = 32 * int(random.integers(1, 5))
    tables = (
        ContextTable(2, 194, 0, width),
        ContextTable(4, 388, width - 32, 32),
        ContextTable(WORD, 200, 0, 32),
    )
    architecture = Architecture(
        vocabulary=32 * int(random.integers(1, 10)),
        width=width,
        heads=int(random.integers(1, 5)),
        head_width=32 * int(random.integers(1, 3)),
        hidden=32 * int(random.integers(1, 9)),
        windows=tuple(random.integers(1, 90, random.integers(1, 4)).tolist()),
        activation=str(random.choice(["relu", "relu2"])),
        tables=tables[: random.integers(0, 4)],
    )
    bundle = random_bundle(tmp_path, architecture, seed)
    symbols = random_symbols(architecture, 70, 20, seed)
    ours = NativeExecutor(bundle, kernel=kernel)
    expected = by_prefill(OnnxRuntimeExecutor(bundle), symbols, 20)
    np.testing.assert_array_equal(by_prefill(ours, symbols, 7), expected)
    np.testing.assert_array_equal(by_steps(ours, symbols), expected)


def make_all_scores_equal(model: ExactTransformer) -> None:
    """No query, no bias: every visible position gets the largest weight."""
    for layer in model.blocks():
        queries = layer.architecture.heads * layer.architecture.head_width
        layer.qkv.weight[:queries] = 0
        layer.bias.zero_()


def make_weights_extreme(model: ExactTransformer) -> None:
    """Every integer weight is 64 or -64, and activations run into their limits."""
    for module in model.modules():
        if isinstance(module, Linear):
            module.weight.copy_(torch.sign(module.weight) * 0.5)


def make_one_score_stand_out(model: ExactTransformer) -> None:
    """All weight on one position: the others round to 0."""
    for layer in model.blocks():
        layer.bias.fill_(-100)
        layer.bias[:, -1] = 0


@pytest.mark.parametrize("kernel", KERNELS)
@pytest.mark.parametrize("name", ARCHITECTURES)
@pytest.mark.parametrize(
    "change", [make_all_scores_equal, make_weights_extreme, make_one_score_stand_out]
)
def test_executors_agree_on_extreme_models(
    tmp_path: Path, change: Callable[[ExactTransformer], None], name: str, kernel: str
) -> None:
    architecture = ARCHITECTURES[name]
    model = random_model(architecture)
    with torch.no_grad():
        change(model)
    write_bundle(model, tmp_path, name="extreme", facts={})
    symbols = random_symbols(architecture, 3, 2 * max(architecture.windows) + 3)
    expected = torch_odds(model, symbols)
    bundle = load_byte_model(tmp_path)
    np.testing.assert_array_equal(by_prefill(OnnxRuntimeExecutor(bundle), symbols, 40), expected)
    np.testing.assert_array_equal(
        by_prefill(NativeExecutor(bundle, kernel=kernel), symbols, 13), expected
    )


@pytest.mark.parametrize("kernel", KERNELS)
def test_pieces_of_every_size_give_the_same(tmp_path: Path, kernel: str) -> None:
    bundle = random_bundle(tmp_path, ARCHITECTURES["tables"])
    executor = NativeExecutor(bundle, kernel=kernel, threads=2)
    symbols = random_symbols(bundle.architecture, 2, 70)
    expected = by_prefill(executor, symbols, symbols.shape[1])
    for piece in range(1, symbols.shape[1]):
        np.testing.assert_array_equal(by_prefill(executor, symbols, piece), expected)


def test_callers_on_several_threads_share_an_executor(tmp_path: Path) -> None:
    executor = NativeExecutor(random_bundle(tmp_path, ARCHITECTURES["plain"]), threads=2)
    random = np.random.default_rng(0)
    contents = [random.integers(0, 256, 3000 + n, np.uint8).tobytes() for n in range(6)]
    expected = [executor.encode(plain, 200, None, no_progress) for plain in contents]
    with ThreadPoolExecutor(3) as pool:
        payloads = list(pool.map(lambda p: executor.encode(p, 200, None, no_progress), contents))
        back = list(
            pool.map(
                lambda payload, length: executor.decode(payload, length, 200, None, no_progress),
                payloads,
                map(len, contents),
            )
        )
    assert payloads == expected
    assert back == contents


def test_what_steps_done_raises_ends_the_call(tmp_path: Path) -> None:
    executor = NativeExecutor(random_bundle(tmp_path, ARCHITECTURES["plain"]))

    def stop(steps: int) -> None:
        raise KeyboardInterrupt

    payload = executor.encode(bytes(500), 500, None, no_progress)
    with pytest.raises(KeyboardInterrupt):
        executor.encode(bytes(500), 500, None, stop)
    with pytest.raises(KeyboardInterrupt):
        executor.decode(payload, 500, 500, None, stop)
    assert executor.decode(payload, 500, 500, None, no_progress) == bytes(500)


@pytest.mark.slow
@pytest.mark.parametrize("name", [bundle.name for bundle in list_models()])
@pytest.mark.parametrize("kernel", KERNELS)
def test_built_in_bundle_conforms(name: str, kernel: str) -> None:
    bundle = load_byte_model(name)
    check_conformance(bundle, NativeExecutor(bundle, kernel=kernel))


@pytest.mark.slow
def test_both_executors_write_the_same_bytes() -> None:
    plain = b"The same bytes, whoever computes them. " * 500
    blocks = [encode_block(open_executor(load_byte_model("small"), name), plain)
              for name in ("cpu", "cpu:onnxruntime")]  # fmt: skip
    assert blocks[0] == blocks[1]


def test_the_environment_forces_a_kernel(bundle: Bundle, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv(ISA_VARIABLE, "portable")
    assert NativeExecutor(bundle).version == "portable"
    monkeypatch.setenv(ISA_VARIABLE, "abacus")
    with pytest.raises(UsageError, match=r"LMPACK_ISA may be one of .*portable"):
        NativeExecutor(bundle)


@pytest.mark.parametrize("symbol", [-1, 257, 2**31 - 1])
def test_symbols_out_of_range_are_refused(symbol: int, tmp_path: Path) -> None:
    executor = NativeExecutor(random_bundle(tmp_path, ARCHITECTURES["plain"]))
    state = executor.start(2)
    with pytest.raises(UsageError, match="a symbol must be 0 to 256"):
        executor.prefill(state, np.array([[1], [symbol]]))
    assert executor.prefill(state, np.array([[1], [2]])).shape == (2, 1, 256)


def test_misuse_is_refused(bundle: Bundle) -> None:
    shape, tensors = bundle.architecture.to_json(), bundle.tensors()
    engine, team = Engine(shape, tensors, "portable"), ThreadTeam(1)
    with pytest.raises(UsageError, match="at least 1 lane"):
        engine.start(0)
    state = engine.start(2)
    with pytest.raises(UsageError, match="shape"):
        engine.feed(state, np.zeros((3, 1), np.int32), team)
    with pytest.raises(UsageError, match="int32"):
        engine.feed(state, np.zeros((2, 1), np.int64), team)
    with pytest.raises(UsageError, match="threads"):
        ThreadTeam(0)
    assert engine.feed(state, np.zeros((2, 0), np.int32), team).size == 0
    with pytest.raises(UsageError, match="no kernel abacus"):
        Engine(shape, tensors, "abacus")


def test_a_state_of_another_engine_is_refused(bundle: Bundle) -> None:
    state = NativeExecutor(bundle).start(2)
    with pytest.raises(UsageError, match="another engine"):
        NativeExecutor(bundle).prefill(state, np.zeros((2, 1), np.int32))


@pytest.mark.parametrize("change", ["missing", "size", "type", "range"])
def test_tensors_that_do_not_fit_are_refused(bundle: Bundle, change: str) -> None:
    tensors = bundle.tensors()
    name = "layers.0.out.weight"
    tensor = tensors.pop(name)
    if change != "missing":
        tensors[name] = {
            "size": tensor[:-1].copy(),
            "type": tensor.astype(np.float32),
            "range": np.full_like(tensor, 65),
        }[change]
    with pytest.raises(UsageError, match=r"layers\.0\.out"):
        Engine(bundle.architecture.to_json(), tensors, "portable")


@pytest.mark.parametrize("value", [np.nan, np.inf])
@pytest.mark.parametrize("name", ["score_scale", "layers.0.bias", "head.multiplier"])
def test_values_that_are_not_finite_are_refused(bundle: Bundle, name: str, value: float) -> None:
    tensors = bundle.tensors()
    tensors[name] = np.full_like(tensors[name], value)
    with pytest.raises(UsageError, match="not finite"):
        Engine(bundle.architecture.to_json(), tensors, "portable")
