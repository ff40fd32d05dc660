"""Blocks coded the GPU's way, on ONNX Runtime's CPU provider: the bytes of the engine."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor

import inputs
import pytest
from random_models import ARCHITECTURES, random_bundle

from lmpack._blocks.codec import decode_block, encode_block
from lmpack._executors.cuda import CudaExecutor
from lmpack._executors.native import NativeExecutor
from lmpack._executors.protocol import no_progress
from lmpack._executors.provider import Provider
from lmpack._models.bundle import Bundle
from lmpack.errors import DamagedError

CPU = Provider("CPUExecutionProvider", "cpu")


@pytest.fixture(scope="module")
def byte_bundle(tmp_path_factory: pytest.TempPathFactory) -> Bundle:
    return random_bundle(tmp_path_factory.mktemp("model"), ARCHITECTURES["tables"])


@pytest.mark.slow
@pytest.mark.parametrize(("lanes", "batches"), [(4, 1), (16, 1), (8, 2), (64, 3)])
@pytest.mark.parametrize("mixed_lanes", [None, 2])
def test_blocks_are_those_of_the_engine(
    byte_bundle: Bundle, lanes: int, batches: int, mixed_lanes: int | None
) -> None:
    native = NativeExecutor(byte_bundle)
    device = CudaExecutor(byte_bundle, CPU, lanes=lanes, batches=batches)
    text = inputs.SENTENCES
    plains = [text[:n] for n in (1, 50, 300, 12, 700, 9_000)] + [inputs.NOISE[:100]]

    def both_ways(plain: bytes) -> bytes:
        block = encode_block(device, plain, mixed_lanes=mixed_lanes)
        assert block == encode_block(native, plain, mixed_lanes=mixed_lanes)
        return decode_block(device, block)

    with ThreadPoolExecutor(5) as pool:
        assert list(pool.map(both_ways, plains)) == plains


def test_more_lanes_than_a_batch_has(byte_bundle: Bundle) -> None:
    native = NativeExecutor(byte_bundle)
    device = CudaExecutor(byte_bundle, CPU, lanes=2, batches=1)
    plain = inputs.SENTENCES[:160]
    payload = native.encode(plain, 10, None, no_progress)
    assert device.decode(payload, len(plain), 10, None, no_progress) == plain


def test_damage_and_cancellation_leave_the_batch_usable(byte_bundle: Bundle) -> None:
    device = CudaExecutor(byte_bundle, CPU, lanes=4, batches=1)
    plain = inputs.SENTENCES[:400]
    payload = device.encode(plain, 100, None, no_progress)

    def interrupt(steps: int) -> None:
        raise InterruptedError

    with pytest.raises(InterruptedError):
        device.decode(payload, len(plain), 100, None, interrupt)
    with pytest.raises(DamagedError):
        device.decode(payload + b"?", len(plain), 100, None, no_progress)
    assert device.decode(payload, len(plain), 100, None, no_progress) == plain
