"""Adaptive mixing through the bindings: every executor gives the same bytes."""

from __future__ import annotations

import inputs
import numpy as np
import pytest
import reference_mixing
from random_models import ARCHITECTURES, random_bundle

from lmpack._executors.native import NativeExecutor
from lmpack._executors.onnxruntime import OnnxRuntimeExecutor
from lmpack._models.bundle import Bundle
from lmpack._native import (
    MixedDecoder,
    MixedEncoder,
    decode_adaptive,
    encode_adaptive,
    likely_stride,
)
from lmpack.errors import DamagedError, UsageError

PLAIN = (inputs.TEXT * 4)[:700]
LANE = 240


def ignore(step: int) -> None:
    pass


@pytest.fixture(scope="module")
def bundle(tmp_path_factory: pytest.TempPathFactory) -> Bundle:
    return random_bundle(tmp_path_factory.mktemp("model"), ARCHITECTURES["tables"])


@pytest.mark.parametrize("stride", [0, 24])
def test_executors_give_the_same_payload_and_read_each_others(bundle: Bundle, stride: int) -> None:
    native, reference = NativeExecutor(bundle, threads=2), OnnxRuntimeExecutor(bundle, threads=1)
    payload = native.encode(PLAIN, LANE, stride, ignore)
    assert reference.encode(PLAIN, LANE, stride, ignore) == payload
    for executor in (native, reference):
        assert executor.decode(payload, len(PLAIN), LANE, stride, ignore) == PLAIN
    assert payload != native.encode(PLAIN, LANE, 2, ignore)


CASES = {
    "text": (PLAIN, LANE, 0),
    "one lane": (inputs.TEXT, len(inputs.TEXT), 0),
    "records": (bytes((i % 24) * 37 % 256 + i // 96 for i in range(600)), 300, 24),
    "noise": (np.random.default_rng(3).bytes(300), 64, 0),
    "high bytes": ("Größe, Äpfel, ÄPFEL; ".encode() * 12, 90, 0),
    "zeros": (bytes(300), 100, 1),
    "a stride of 1": (bytes(i * i // 50 % 256 for i in range(400)), 150, 1),
}


@pytest.mark.slow
@pytest.mark.parametrize("case", CASES)
def test_payloads_are_those_of_the_specification(case: str) -> None:
    plain, lane_length, stride = CASES[case]
    expected = reference_mixing.encode(plain, lane_length, stride)
    assert encode_adaptive(plain, lane_length, stride, ignore) == expected


def test_payloads_with_a_model_are_those_of_the_specification() -> None:
    plain, lane_length = PLAIN[:300], 100
    weights = np.random.default_rng(5).integers(0, 2**24, (3, lane_length, 256), np.int32)
    weights[:, ::7] //= 1 << 20
    weights[:, ::11] = 0
    expected = reference_mixing.encode(
        plain, lane_length, 0, lambda lane, past: weights[lane, len(past)].tolist()
    )
    coder = MixedEncoder(plain, lane_length, 0)
    coder.encode(weights)
    assert coder.finish() == expected


def test_weights_that_say_nothing_are_as_good_as_no_model() -> None:
    coder = MixedEncoder(PLAIN, LANE, 0)
    coder.encode(np.ones((3, LANE, 256), np.int32))
    assert coder.finish() == encode_adaptive(PLAIN, LANE, 0, ignore)


def test_progress_is_told_and_may_end_the_call() -> None:
    steps: list[int] = []
    payload = encode_adaptive(PLAIN, len(PLAIN), 0, steps.append)
    assert steps[-1] == len(PLAIN)
    steps.clear()
    assert decode_adaptive(payload, len(PLAIN), len(PLAIN), 0, steps.append) == PLAIN
    assert len(steps) > 5

    def stop(step: int) -> None:
        raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        encode_adaptive(PLAIN, LANE, 0, stop)
    with pytest.raises(KeyboardInterrupt):
        decode_adaptive(payload, len(PLAIN), len(PLAIN), 0, stop)


def test_strides_are_found() -> None:
    random = np.random.default_rng(1)
    rows = np.cumsum(random.integers(-2, 3, (300, 36)), axis=0).astype(np.uint8)
    assert likely_stride(rows.tobytes()) == 36
    rows[1::2] += 2  # rows are more like those two before them than like their neighbours
    assert likely_stride(rows.tobytes()) == 36
    assert likely_stride(b"") == likely_stride(bytes(5000)) == 0


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        ((b"", 1, 0), "1 to 2147483647 symbols"),
        ((PLAIN, 0, 0), "a lane of this block"),
        ((PLAIN, LANE, -1), "stride must be 0 to 65535"),
        ((PLAIN, LANE, 65536), "stride must be 0 to 65535"),
    ],
)
def test_bad_arguments_are_refused(arguments: tuple[bytes, int, int], message: str) -> None:
    with pytest.raises(UsageError, match=message):
        encode_adaptive(*arguments, ignore)
    with pytest.raises(UsageError, match=message):
        MixedEncoder(*arguments)


@pytest.mark.parametrize(
    ("weights", "message"),
    [
        (np.ones((3, 2, 224), np.int32), "at least 256"),
        (np.ones((2, 2, 256), np.int32), "odds"),
        (np.ones((3, 2, 256), np.int64), "int32"),
        (np.full((3, 2, 256), -1, np.int32), "0 to 16777215, not -1"),
        (np.full((3, 2, 256), 1 << 24, np.int32), "0 to 16777215, not 16777216"),
        (np.ones((3, LANE + 1, 256), np.int32), "240 steps left"),
    ],
)
def test_bad_weights_are_refused(weights: np.ndarray, message: str) -> None:
    with pytest.raises(UsageError, match=message):
        MixedEncoder(PLAIN, LANE, 0).encode(weights)
    if weights.shape[1] == 2:
        with pytest.raises(UsageError, match=message):
            MixedDecoder(b"abc", len(PLAIN), LANE, 0).decode(np.ascontiguousarray(weights[:, 0]))


def test_calls_out_of_turn_are_refused() -> None:
    with pytest.raises(UsageError, match="can be finished after 240 steps, not after 0"):
        MixedEncoder(PLAIN, LANE, 0).finish()
    decoder = MixedDecoder(b"", 1, 1, 0)
    with pytest.raises(UsageError, match="can be finished after 1 steps, not after 0"):
        decoder.finish()
    decoder.decode(np.ones((1, 256), np.int32))
    with pytest.raises(UsageError, match="the block has 0 steps left, not 1"):
        decoder.decode(np.ones((1, 256), np.int32))


def test_payloads_that_no_encoder_writes_are_damaged() -> None:
    payload = encode_adaptive(PLAIN, LANE, 0, ignore)
    with pytest.raises(DamagedError):
        decode_adaptive(payload + b"x", len(PLAIN), LANE, 0, ignore)
