"""Two models side by side: every pair of executors gives the same bytes and reads the others'."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor, wait
from pathlib import Path

import inputs
import numpy as np
import pytest
import reference_mixing
from random_models import ARCHITECTURES, random_bundle

from lmpack._executors.continuous_batch import ContinuousBatch
from lmpack._executors.cuda import CudaExecutor
from lmpack._executors.mixing import Mixing, Predictor
from lmpack._executors.native import NativeExecutor
from lmpack._executors.onnxruntime import OnnxRuntimeExecutor
from lmpack._executors.pair import ExecutorPair
from lmpack._executors.protocol import BlockCoder, Executor, no_progress
from lmpack._executors.provider import Provider
from lmpack._models.bundle import Bundle
from lmpack._native import MixedDecoder, MixedEncoder, encode_adaptive
from lmpack.errors import UsageError

CPU = Provider("CPUExecutionProvider", "cpu")
PLAIN = (inputs.TEXT * 2)[:400]
LANE = 150


@pytest.fixture(scope="module")
def bundles(tmp_path_factory: pytest.TempPathFactory) -> tuple[Bundle, Bundle]:
    """Models of other windows and vocabularies."""
    folder: Path = tmp_path_factory.mktemp("models")
    return (
        random_bundle(folder / "tables", ARCHITECTURES["tables"]),
        random_bundle(folder / "wide", ARCHITECTURES["wide"], seed=1),
    )


def native(bundle: Bundle, threads: int = 1) -> Executor:
    return NativeExecutor(bundle, threads=threads)


def onnx(bundle: Bundle) -> Executor:
    return OnnxRuntimeExecutor(bundle, threads=1)


def device(bundle: Bundle) -> Executor:
    return CudaExecutor(bundle, CPU, lanes=4, batches=2)


def test_all_pairs_of_executors_give_the_same_payload_and_read_it(
    bundles: tuple[Bundle, Bundle],
) -> None:
    first, second = bundles
    pairs = {
        "native": ExecutorPair(native(first), native(second)),
        "two threads": ExecutorPair(native(first, 2), native(second, 2)),
        "onnxruntime": ExecutorPair(onnx(first), onnx(second)),
        "native and onnxruntime": ExecutorPair(native(first), onnx(second)),
        "device": ExecutorPair(device(first), device(second)),
        "device and native": ExecutorPair(device(first), native(second)),
    }
    for mixing in (Mixing(), Mixing(24, Predictor.FULL), Mixing(0, Predictor.STRONG)):
        payloads = {
            name: pair.encode(PLAIN, LANE, mixing, no_progress) for name, pair in pairs.items()
        }
        payload = payloads["native"]
        assert payloads == dict.fromkeys(pairs, payload)
        for pair in pairs.values():
            assert pair.decode(payload, len(PLAIN), LANE, mixing, no_progress) == PLAIN


def test_the_order_matters_and_both_take_part(bundles: tuple[Bundle, Bundle]) -> None:
    first, second = map(native, bundles)
    coders: list[BlockCoder] = [
        ExecutorPair(first, second), ExecutorPair(second, first), first, second
    ]  # fmt: skip
    payloads = [coder.encode(PLAIN, LANE, Mixing(), no_progress) for coder in coders]
    assert len(set(payloads)) == len(coders)


@pytest.mark.parametrize("predictor", list(Predictor))
def test_payloads_are_those_of_the_specification(predictor: Predictor) -> None:
    plain, lane_length = PLAIN[:250], 90
    random = np.random.default_rng(5)
    shapes = [(3, lane_length, 256), (3, lane_length, 288)]
    models = [random.integers(0, 2**24, shape, np.int32) for shape in shapes]
    models[1][:, ::7] //= 1 << 20
    expected = reference_mixing.encode(
        plain,
        lane_length,
        0,
        predictor,
        *(
            lambda lane, past, model=model: model[lane, len(past)][:256].tolist()
            for model in models
        ),
    )
    coder = MixedEncoder(plain, lane_length, Mixing(0, predictor), 2)
    with pytest.raises(UsageError, match="odds of 2 models, not of 1"):
        coder.encode(models[0])
    coder.encode(*models)
    assert coder.finish() == expected


def test_more_models_are_refused() -> None:
    with pytest.raises(UsageError, match="at most two models can be mixed, not 3"):
        MixedEncoder(b"abc", 3, Mixing(), 3)


def test_no_model_is_mixing_alone() -> None:
    mixing = Mixing(0, Predictor.FULL)
    coder = MixedEncoder(PLAIN, LANE, mixing, 0)
    coder.encode()
    payload = coder.finish()
    assert payload == encode_adaptive(PLAIN, LANE, mixing, no_progress)
    decoder = MixedDecoder(payload, len(PLAIN), LANE, mixing, 0)
    for _ in range(LANE):
        decoder.decode()
    assert decoder.finish() == PLAIN


def test_two_models_need_mixing(bundles: tuple[Bundle, Bundle]) -> None:
    pair = ExecutorPair(*map(native, bundles))
    with pytest.raises(UsageError, match="two models need mixing"):
        pair.encode(PLAIN, LANE, None, no_progress)
    with pytest.raises(UsageError, match="two models need mixing"):
        pair.decode(b"", len(PLAIN), LANE, None, no_progress)


def test_blocks_share_batches_of_both_models_whatever_their_order(
    bundles: tuple[Bundle, Bundle],
) -> None:
    """More blocks than there are lanes, of pairs in both orders and of one model alone."""
    first, second = (CudaExecutor(bundle, CPU, lanes=3, batches=2) for bundle in bundles)
    coders: list[BlockCoder] = [
        ExecutorPair(first, second), ExecutorPair(second, first), first, second
    ] * 4  # fmt: skip
    plains = [PLAIN[: 40 + 9 * number] for number in range(len(coders))]
    payloads = [
        coder.encode(plain, 35, Mixing(), no_progress)
        for coder, plain in zip(coders, plains, strict=True)
    ]

    def decoded(number: int) -> bytes:
        plain = plains[number]
        return coders[number].decode(payloads[number], len(plain), 35, Mixing(), no_progress)

    with ThreadPoolExecutor(len(coders)) as pool:
        results = [pool.submit(decoded, number) for number in range(len(coders))]
        assert not wait(results, 60).not_done, "the blocks wait for one another"
        assert [result.result() for result in results] == plains


def test_lanes_that_have_not_started_hold_up_nobody(bundles: tuple[Bundle, Bundle]) -> None:
    executor = CudaExecutor(bundles[0], CPU, lanes=4, batches=1)
    with executor.lanes_for(1):
        batch = executor._leasing
    assert isinstance(batch, ContinuousBatch)
    symbol = np.full(1, executor.architecture.start_symbol)
    with batch.lease(1), batch.lease(1) as lanes, ThreadPoolExecutor(1) as pool:
        lanes.start(1)
        assert pool.submit(lanes.step, None, symbol).result(30).shape == (1, 256)
