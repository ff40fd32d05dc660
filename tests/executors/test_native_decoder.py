"""Decoders in the C++ engine give the integers of docs/decoder_model.md, on every kernel."""

from __future__ import annotations

import json
from pathlib import Path

import numpy as np
import pytest
from decoder_cases import Case, case_of, in_pieces, in_steps
from random_decoder import FAMILIES

from lmpack._executors import open_executor
from lmpack._executors.decoder_onnxruntime import OnnxRuntimeDecoderExecutor
from lmpack._executors.mixing import Mixing, Predictor
from lmpack._executors.native import ISA_VARIABLE
from lmpack._executors.native_decoder import NativeDecoderExecutor
from lmpack._executors.protocol import no_progress
from lmpack._models.decoder.bundle import DecoderBundle
from lmpack._native import DecoderEngine, DecoderState, ThreadTeam, kernel_names
from lmpack.errors import BundleError, DamagedError, UsageError

KERNELS = kernel_names()
PLAIN = b"abc abba\n" * 9 + bytes(range(256))


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp("decoder")


@pytest.fixture(scope="module", params=FAMILIES)
def case(request: pytest.FixtureRequest) -> Case:
    return case_of(request.param)


@pytest.fixture(scope="module")
def bundle(folder: Path) -> DecoderBundle:
    return case_of("gemma3").bundle(folder / "gemma3", proved=True)


class Engine:
    """An engine without a bundle, called as executors are."""

    def __init__(self, case: Case, kernel: str, threads: int) -> None:
        self.engine = DecoderEngine(case.shape.to_json(), case.tensors, kernel)
        self.team = ThreadTeam(threads)
        self.start = self.engine.start

    def prefill(self, state: DecoderState, symbols: np.ndarray) -> np.ndarray:
        return self.engine.feed(state, np.ascontiguousarray(symbols, np.int32), self.team)

    def step(self, state: DecoderState, symbols: np.ndarray) -> np.ndarray:
        return self.prefill(state, symbols[:, None])[:, 0]


@pytest.mark.parametrize("kernel", KERNELS)
@pytest.mark.parametrize("threads", [1, 2, 3])
def test_engine_gives_the_integers_of_the_page(case: Case, kernel: str, threads: int) -> None:
    engine = Engine(case, kernel, threads)
    for ends in ((), (37,), (1, 2, 9, 10, 39)):
        assert np.array_equal(in_pieces(engine, case.symbols, *ends), case.weights)
    assert np.array_equal(in_steps(engine, case.symbols), case.weights)


@pytest.mark.parametrize("kernel", KERNELS)
@pytest.mark.parametrize("threads", [1, 3])
def test_many_lanes_share_a_pass(case: Case, kernel: str, threads: int) -> None:
    """So many that threads take lanes of their own, in passes that end anywhere."""
    engine = Engine(case, kernel, threads)
    lanes = np.concatenate([case.symbols, case.symbols[:, ::-1]] * 4)
    weights = in_pieces(engine, lanes, 29)
    for first in range(0, len(lanes), 4):
        assert np.array_equal(weights[first : first + 2], case.weights)
        assert np.array_equal(weights[first + 2 : first + 4], weights[2:4])
    assert np.array_equal(in_pieces(engine, lanes[2:4]), weights[2:4])


@pytest.mark.parametrize(
    "changes",
    [
        {"width": 32, "head_width": 160, "hidden": 32, "windows": (1, 33), "context": 33},
        {"heads": 9, "kv_heads": 1, "hidden": 256, "windows": (2, 30), "context": 30},
        {"heads": 3, "kv_heads": 3, "width": 128, "residual_bits": -3, "context": 20}
        | {"windows": (20, 5)},
    ],
)
def test_other_shapes(changes: dict[str, object]) -> None:
    """One slot, more query heads than a kernel takes at once, a head of keys for each query."""
    case = Case("gemma3", **changes)
    for kernel in KERNELS:
        engine = Engine(case, kernel, 2)
        assert np.array_equal(in_pieces(engine, case.symbols, 17), case.weights)


def test_extreme_models() -> None:
    """Streams and products that run into their limits, rows of zeros, ties everywhere."""
    case = Case("llama", context=20, windows=(20, 7))
    case.tensors["embedding.weight"][:] = 64 * np.sign(case.tensors["embedding.weight"])
    case.tensors["embedding.weight"][0] = 0  # of tokens 0 to 15
    case.tensors["layers.0.out.multiplier"][:] = 2.0**30
    case.tensors["layers.1.down.multiplier"][:] = 2.0**-39
    case.tensors["layers.1.qkv.weight"][:] = -64
    case.symbols[0, :16] = np.arange(16)
    for kernel in KERNELS:
        assert np.array_equal(in_pieces(Engine(case, kernel, 1), case.symbols, 3), case.weights)


def test_a_context_has_an_end(bundle: DecoderBundle) -> None:
    executor, symbols = NativeDecoderExecutor(bundle), case_of("gemma3").symbols
    state = executor.start(len(symbols))
    executor.prefill(state, symbols)
    with pytest.raises(UsageError, match="at most 40 symbols"):
        executor.step(state, symbols[:, 0])


@pytest.mark.parametrize("device", ["cpu", "cpu:onnxruntime"])
def test_devices_prove_themselves(
    bundle: DecoderBundle, device: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path))
    executor = open_executor(bundle, device, threads=1)
    assert np.array_equal(in_pieces(executor, case_of("gemma3").symbols), case_of("gemma3").weights)


@pytest.mark.parametrize("mixing", [None, Mixing(0, Predictor.FULL)])
def test_blocks_of_one_executor_open_with_the_other(
    bundle: DecoderBundle, mixing: Mixing | None
) -> None:
    """Lanes of several contexts, the last one short; other threads, another kernel."""
    native = NativeDecoderExecutor(bundle, threads=2)
    other = NativeDecoderExecutor(bundle, threads=1, kernel=KERNELS[-1])
    onnx = OnnxRuntimeDecoderExecutor(bundle, threads=1)
    payload = native.encode(PLAIN, 90, mixing, no_progress)
    assert onnx.encode(PLAIN, 90, mixing, no_progress) == payload
    for executor in (native, other, onnx):
        assert executor.decode(payload, len(PLAIN), 90, mixing, no_progress) == PLAIN


def test_damage_is_noticed(bundle: DecoderBundle) -> None:
    executor = NativeDecoderExecutor(bundle, threads=1)
    payload = executor.encode(PLAIN, 90, None, no_progress)
    with pytest.raises(DamagedError):
        executor.decode(payload + b"\0", len(PLAIN), 90, None, no_progress)
    with pytest.raises(DamagedError):
        executor.decode(payload[:-1], len(PLAIN), 90, None, no_progress)


def test_progress_may_end_a_block(bundle: DecoderBundle) -> None:
    def stop(steps: int) -> None:
        raise KeyboardInterrupt

    executor = NativeDecoderExecutor(bundle, threads=2)
    payload = executor.encode(PLAIN, 90, Mixing(), no_progress)
    with pytest.raises(KeyboardInterrupt):
        executor.encode(PLAIN, 90, Mixing(), stop)
    with pytest.raises(KeyboardInterrupt):
        executor.decode(payload, len(PLAIN), 90, Mixing(), stop)
    assert executor.encode(PLAIN, 90, Mixing(), no_progress) == payload


def test_an_unknown_kernel_is_refused(
    bundle: DecoderBundle, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv(ISA_VARIABLE, "abacus")
    with pytest.raises(UsageError, match="abacus"):
        NativeDecoderExecutor(bundle)


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("layers.0.up.weight", np.int8(65)),
        ("final_norm.gain", np.float32(np.inf)),
        ("exp2", np.float32(0.5)),
    ],
)
def test_tensors_out_of_bounds_are_refused(name: str, value: np.generic) -> None:
    case = Case("llama")
    case.tensors[name].flat[-1] = value
    with pytest.raises(UsageError, match=name.removesuffix(".weight")):
        Engine(case, KERNELS[0], 1)


def test_wrong_tensors_are_refused() -> None:
    case = case_of("llama")
    for name, tensor in (
        ("rope.1.cos", None),
        ("exp2", case.tensors["exp2"][:-1]),
        ("layers.0.up.weight", case.tensors["layers.0.up.weight"].astype(np.int16)),
    ):
        tensors = {key: value for key, value in case.tensors.items() if key != name}
        if tensor is not None:
            tensors[name] = tensor
        with pytest.raises(UsageError, match=name):
            DecoderEngine(case.shape.to_json(), tensors, KERNELS[0])


def test_arrays_live_as_long_as_the_engine() -> None:
    case = Case("qwen2")
    engine = Engine(case, KERNELS[0], 1)
    expected = case.weights
    for name in list(case.tensors):
        del case.tensors[name]
    assert np.array_equal(in_pieces(engine, case.symbols), expected)


def test_a_bundle_that_does_not_fit_is_named(
    bundle: DecoderBundle, monkeypatch: pytest.MonkeyPatch
) -> None:
    tensors = bundle.tensors()
    del tensors["exp2"]
    monkeypatch.setattr(DecoderBundle, "tensors", lambda self: tensors)
    with pytest.raises(BundleError, match="cannot be used"):
        NativeDecoderExecutor(bundle)


def test_a_file_that_changes_under_the_engine_keeps_its_scales(tmp_path: Path) -> None:
    """Scales that are not finite could lead out of a table."""
    case = case_of("gemma3")
    executor = NativeDecoderExecutor(case.bundle(tmp_path / "bundle"), threads=1)
    with (tmp_path / "bundle" / "model.safetensors").open("r+b") as file:
        size = int.from_bytes(file.read(8), "little")
        for name, entry in json.loads(file.read(size)).items():
            if name != "__metadata__" and entry["dtype"] == "F32":
                first, end = entry["data_offsets"]
                file.seek(8 + size + first)
                file.write(b"\xff" * (end - first))
    assert np.array_equal(in_pieces(executor, case.symbols), case.weights)
