"""The GPU's way of running a model, on ONNX Runtime's CPU provider: the same integers."""

from __future__ import annotations

import threading
import time
import warnings
from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import inputs
import numpy as np
import pytest
from click.testing import CliRunner
from random_models import ARCHITECTURES, random_bundle, random_symbols

import lmpack
from lmpack import _executors as executors
from lmpack._blocks.codec import decode_block, encode_block
from lmpack._executors import devices, open_executor
from lmpack._executors.conformance import check_conformance
from lmpack._executors.cuda import CudaExecutor, cuda_provider
from lmpack._executors.device import GRAPHS, DeviceModel, Provider
from lmpack._executors.lane_batch import LaneBatch
from lmpack._executors.native import NativeExecutor
from lmpack._models.bundle import Bundle, load_bundle
from lmpack.cli.main import main
from lmpack.errors import ConformanceError, DamagedError, UsageError
from lmpack.training.device_graphs import device_graphs

CPU = Provider("CPUExecutionProvider", "cpu")


@pytest.fixture(scope="module", params=ARCHITECTURES)
def bundle(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Bundle:
    return random_bundle(tmp_path_factory.mktemp("model"), ARCHITECTURES[request.param])


@pytest.fixture(scope="module")
def byte_bundle(tmp_path_factory: pytest.TempPathFactory) -> Bundle:
    return random_bundle(tmp_path_factory.mktemp("model"), ARCHITECTURES["tables"])


def test_it_gives_the_conformance_vectors(bundle: Bundle) -> None:
    check_conformance(bundle, CudaExecutor(bundle, CPU))


def test_a_shipped_model_gives_its_conformance_vectors() -> None:
    bundle = load_bundle("tiny")
    check_conformance(bundle, CudaExecutor(bundle, CPU))


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
        weights = model.step(state, symbols)
        for lane in range(lanes):
            expected = native.step(alone[lane], symbols[lane : lane + 1])[0]
            np.testing.assert_array_equal(weights[lane], expected)
    with pytest.raises(UsageError, match="same position"):
        model.prefill(state, np.zeros((lanes, 3), int))


def test_the_graphs_are_those_that_the_script_makes() -> None:
    made = device_graphs()
    assert {path.name for path in GRAPHS.iterdir()} == made.keys()
    for name, content in made.items():
        assert (GRAPHS / name).read_bytes() == content


# Batches of lanes


class Recorded:
    """A model without a Transformer: a weight says which symbol its lane was fed, and when.

    Attributes:
        fed: what each step was fed, one list of all lanes for each step.
        threads: of the steps.
    """

    architecture = ARCHITECTURES["one-position"]

    def __init__(self, fail_at: int = -1) -> None:
        self.fed: list[list[int]] = []
        self.threads: set[int] = set()
        self._fail_at = fail_at

    def start(self, lanes: int) -> np.ndarray:
        return np.zeros(lanes, int)

    def restart(self, state: np.ndarray, lanes: Sequence[int]) -> None:
        state[lanes] = 0

    def step(self, state: np.ndarray, symbols: np.ndarray) -> np.ndarray:
        if len(self.fed) == self._fail_at:
            raise RuntimeError("the card is gone")
        time.sleep(0.001)  # so that threads come to their turn
        self.threads.add(threading.get_ident())
        self.fed.append(symbols.tolist())
        state += 1
        weights = np.ones((len(state), 32), np.int32)
        weights[:, 0], weights[:, 1] = symbols + 1, state
        return weights


def run_blocks(batch: LaneBatch, blocks: Sequence[tuple[int, int]]) -> list[list[int]]:
    """Feed blocks of (lanes, steps) side by side; for each the positions that its steps had."""

    def block(lanes: int, steps: int) -> list[int]:
        positions = []
        together.wait()
        with batch.lanes(lanes) as seat:
            for step in range(steps):
                weights = seat.step(None, np.full(lanes, step % 30))
                assert weights.shape == (lanes, 32)
                assert (weights[:, 0] == step % 30 + 1).all()
                assert len(set(weights[:, 1])) == 1
                positions.append(int(weights[0, 1]))
        return positions

    together = threading.Barrier(len(blocks))
    with ThreadPoolExecutor(len(blocks)) as pool:
        return list(pool.map(lambda pair: block(*pair), blocks))


def test_free_lanes_are_lent_again_while_others_go_on() -> None:
    model = Recorded()
    blocks = [(2, 40), (1, 10), (1, 10), (1, 12), (2, 5), (1, 3)]
    positions = run_blocks(LaneBatch(model, 4), blocks)
    assert positions == [list(range(1, steps + 1)) for _, steps in blocks]
    start = model.architecture.start_symbol
    busy = sum(symbol != start for symbols in model.fed for symbol in symbols)
    assert busy == sum(lanes * steps for lanes, steps in blocks)
    # One after another they would need all steps; side by side not many more than the longest.
    assert len(model.fed) < 0.8 * sum(steps for _, steps in blocks)


def test_all_steps_of_a_batch_come_from_one_thread() -> None:
    model = Recorded()
    run_blocks(LaneBatch(model, 4), [(1, 20), (1, 30), (2, 20), (1, 10)])
    assert len(model.threads) == 1


def test_who_has_waited_longest_comes_first() -> None:
    batch = LaneBatch(Recorded(), 2)
    order: list[str] = []

    def wait_for_lanes(name: str, lanes: int) -> None:
        with batch.lanes(lanes):
            order.append(name)

    with batch.lanes(1):
        large = threading.Thread(target=wait_for_lanes, args=("large", 2))
        large.start()
        while batch.load < 2:
            pass
        small = threading.Thread(target=wait_for_lanes, args=("small", 1))
        small.start()  # there is room for it, but the other one came first
        while batch.load < 3:
            pass
        assert order == []
    large.join()
    small.join()
    assert order == ["large", "small"]
    assert batch.load == 0


def test_an_error_of_a_step_reaches_all_blocks_in_it() -> None:
    batch = LaneBatch(Recorded(fail_at=3), 8)
    failed: list[str] = []

    def block() -> None:
        try:
            with batch.lanes(2) as seat:
                ready.wait()
                for _ in range(10):
                    seat.step(None, np.zeros(2, int))
        except RuntimeError as error:
            failed.append(str(error))

    ready = threading.Barrier(3)
    threads = [threading.Thread(target=block) for _ in range(3)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert failed == ["the card is gone"] * 3
    assert batch.load == 0


def test_a_block_that_gives_up_does_not_hold_up_the_others() -> None:
    batch = LaneBatch(Recorded(), 4)

    def give_up() -> None:
        with batch.lanes(2) as seat:
            seat.step(None, np.zeros(2, int))
            raise InterruptedError

    def go_on() -> int:
        with batch.lanes(2) as seat:
            return sum(int(seat.step(None, np.zeros(2, int))[0, 1]) for _ in range(20))

    with ThreadPoolExecutor(2) as pool:
        gone, done = pool.submit(give_up), pool.submit(go_on)
        assert done.result() == sum(range(1, 21))
        with pytest.raises(InterruptedError):
            gone.result()


# Blocks


@pytest.mark.parametrize(("lanes", "batches"), [(4, 1), (16, 1), (8, 2), (64, 3)])
@pytest.mark.parametrize("mixing", [False, True])
def test_blocks_are_those_of_the_engine(
    byte_bundle: Bundle, lanes: int, batches: int, mixing: bool
) -> None:
    native = NativeExecutor(byte_bundle)
    device = CudaExecutor(byte_bundle, CPU, lanes=lanes, batches=batches)
    text = inputs.SENTENCES
    plains = [text[:n] for n in (1, 50, 300, 12, 700, 9_000)] + [inputs.NOISE[:100]]

    def both_ways(plain: bytes) -> bytes:
        block = encode_block(device, plain, mixed_lanes=2 if mixing else None)
        assert block == encode_block(native, plain, mixed_lanes=2 if mixing else None)
        return decode_block(device, block)

    with ThreadPoolExecutor(5) as pool:
        assert list(pool.map(both_ways, plains)) == plains


def test_more_lanes_than_a_batch_has(byte_bundle: Bundle) -> None:
    native = NativeExecutor(byte_bundle)
    device = CudaExecutor(byte_bundle, CPU, lanes=2, batches=1)
    plain = inputs.SENTENCES[:160]
    payload = native.encode(plain, 10, lambda steps: None)
    assert device.decode(payload, len(plain), 10, lambda steps: None) == plain


def test_damage_and_cancellation_leave_the_batch_usable(byte_bundle: Bundle) -> None:
    device = CudaExecutor(byte_bundle, CPU, lanes=4, batches=1)
    plain = inputs.SENTENCES[:400]
    payload = device.encode(plain, 100, lambda steps: None)

    def interrupt(steps: int) -> None:
        raise InterruptedError

    with pytest.raises(InterruptedError):
        device.decode(payload, len(plain), 100, interrupt)
    with pytest.raises(DamagedError):
        device.decode(payload + b"?", len(plain), 100, lambda steps: None)
    assert device.decode(payload, len(plain), 100, lambda steps: None) == plain


def test_vocabularies_of_any_size(bundle: Bundle) -> None:
    symbols = random_symbols(bundle.architecture, 3, 60)
    device, native = CudaExecutor(bundle, CPU), NativeExecutor(bundle)
    ours, theirs = device.start(3), native.start(3)
    np.testing.assert_array_equal(device.prefill(ours, symbols), native.prefill(theirs, symbols))
    np.testing.assert_array_equal(
        device.step(ours, symbols[:, 0]), native.step(theirs, symbols[:, 0])
    )


# Which device


@pytest.fixture
def no_gpu() -> None:
    if devices.cuda_seems_to_be_there():
        pytest.skip("this test is about machines without a GPU")


def test_a_missing_gpu_is_said(no_gpu: None) -> None:
    with pytest.raises(UsageError, match=r"pip install 'lmpack\[cuda\]'"):
        cuda_provider()
    with pytest.raises(UsageError, match="knows no CUDA"):
        lmpack.compress(b"text", model="tiny", device="cuda")


@pytest.mark.parametrize("executor", ["onnxruntime", "cuda"])
def test_a_missing_package_is_said(monkeypatch: pytest.MonkeyPatch, executor: str) -> None:
    monkeypatch.setattr(executors, "onnxruntime_is_installed", lambda: False)
    with pytest.raises(UsageError, match=rf"pip install 'lmpack\[{executor}\]'"):
        open_executor(load_bundle("tiny"), executor)
    assert open_executor(load_bundle("tiny")).name == "native"


def test_without_a_gpu_auto_is_the_engine(no_gpu: None) -> None:
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        assert open_executor(load_bundle("tiny")).name == "native"


@pytest.mark.parametrize("error", [UsageError, ConformanceError])
def test_a_gpu_that_does_not_work_is_left_alone(
    monkeypatch: pytest.MonkeyPatch, error: Callable[[str], Exception]
) -> None:
    load = executors._load

    def broken(bundle: Bundle, name: str, threads: int | None) -> executors.Executor:
        if name == "cuda":
            raise error("it gives other integers")
        return load(bundle, name, threads)

    monkeypatch.setattr(executors, "cuda_seems_to_be_there", lambda: True)
    monkeypatch.setattr(executors, "_load", broken)
    with pytest.warns(UserWarning, match="the GPU is not used: it gives other integers"):
        assert open_executor(load_bundle("tiny")).name == "native"
    with pytest.raises(error):
        open_executor(load_bundle("tiny"), "cuda")
    assert executors.side_by_side("auto", 2) == executors.BLOCKS_ON_CUDA


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (["--device", "cuda", "--executor", "native"], "does not run on the device cuda"),
        (["--device", "cpu", "--executor", "cuda"], "does not run on the device cpu"),
        (["--device", "tpu"], "'tpu' is not one of"),
    ],
)
def test_devices_of_the_command(tmp_path: Path, arguments: list[str], message: str) -> None:
    (tmp_path / "file").write_bytes(b"text")
    result = CliRunner().invoke(main, ["compress", *arguments, str(tmp_path / "file")])
    assert result.exit_code == 2
    assert message in result.output
    result = CliRunner().invoke(main, ["compress", "--device", "cpu", str(tmp_path / "file")])
    assert result.exit_code == 0
