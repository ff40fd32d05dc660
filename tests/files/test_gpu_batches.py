"""Many small files on a GPU, for which a model stands in that counts lanes: few, full batches."""

from __future__ import annotations

import dataclasses
import random
import threading
import time
from collections.abc import Callable, Sequence
from pathlib import Path

import numpy as np
import pytest

import lmpack
from lmpack._blocks import executor_cache
from lmpack._executors import opening
from lmpack._executors.batched import BatchedExecutor
from lmpack._executors.native import NativeExecutor
from lmpack._files.batch import DEFAULT_MEMORY, batch_encoder
from lmpack._files.batch_file import Handling
from lmpack._files.planned import Planned
from lmpack._models.bundle import Bundle, load_byte_model
from lmpack.errors import ConformanceError, UsageError

FILES, SIZE = 200, 3000


class Counting:
    """A model that always says the same, and counts the lanes of its calls.

    Attributes:
        prefills: how many lanes each prefill had.
        restarted: lanes that were given to blocks.
        steps: of decoding.
        threads: that made them.
        started: lanes of all states.
        before_step: called before each of them.
        before_prefill: called before each prefill for places of symbols.
    """

    architecture = load_byte_model("tiny").architecture

    def __init__(self) -> None:
        self.prefills: list[int] = []
        self.restarted: list[int] = []
        self.started = self.steps = 0
        self.threads: set[int] = set()
        self.before_step: Callable[[], None] = lambda: None
        self.before_prefill: Callable[[], None] = lambda: None
        self._odds = np.ones(256, np.int32)
        self._odds[list(b"abcd")] = 10_000
        self._of_step = np.tile(self._odds, (512, 1))

    def start(self, lanes: int) -> int:
        self.started += lanes
        return lanes

    def warm_up(self, state: int) -> None:
        pass

    def restart(self, state: int, lanes: Sequence[int]) -> None:
        self.restarted += lanes

    def step(self, state: int, symbols: np.ndarray) -> np.ndarray:
        self.before_step()
        self.steps += 1
        self.threads.add(threading.get_ident())
        return self._of_step[:state]

    def prefill(self, state: int, symbols: np.ndarray) -> np.ndarray:
        self.prefills.append(len(symbols))
        return np.tile(self._odds, (*symbols.shape, 1))

    def prefill_intervals(
        self, state: int, symbols: np.ndarray, following: np.ndarray
    ) -> np.ndarray:
        from lmpack._native import odds_to_frequencies

        self.before_prefill()
        self.prefills.append(len(symbols))
        table = odds_to_frequencies(self._odds[None])[0].astype(np.int64)
        below = np.cumsum(table) - table
        return np.stack([below[following], table[following]], axis=-1).astype(np.int32)


class CountingExecutor(BatchedExecutor):
    """Shares lanes as the executors of GPUs do."""

    name, version = "counting", ""

    def __init__(self, lanes: int, batches: int) -> None:
        self.model = Counting()
        super().__init__(self.model, lanes, batches, group_lanes=256)


@pytest.fixture
def files(tmp_path: Path) -> Path:
    folder = tmp_path / "files"
    folder.mkdir()
    source = random.Random(0)
    for number in range(FILES):
        (folder / f"{number}").write_bytes(bytes(source.choices(b"abcd", k=SIZE + number % 40)))
    return folder


@pytest.fixture
def gpu(monkeypatch: pytest.MonkeyPatch) -> CountingExecutor:
    """What every model runs on where the GPU is asked for."""
    executor = CountingExecutor(512, 2)

    def opened(bundle: Bundle, device: str, threads: int | None) -> object:
        return executor if device == "cuda" else NativeExecutor(bundle, threads=threads)

    monkeypatch.setattr(executor_cache, "open_executor", opened)
    monkeypatch.setattr(executor_cache, "_executors", {})
    return executor


few_lanes = pytest.mark.filterwarnings("ignore:a GPU is faster than a CPU")


@few_lanes
def test_many_small_files_are_few_batches(files: Path, gpu: CountingExecutor) -> None:
    """Each file is one lane; one after another they would take 200 times as many steps."""
    options = lmpack.Options(model="tiny", device="cuda", mixing=False)
    plain = {path.name: path.read_bytes() for path in files.iterdir()}
    packed, back = files.parent / "packed", files.parent / "back"
    gpu.model.started = 0

    def until_all_wait() -> None:
        """A call of a card takes longer than reading a file; those of this model do not."""
        while gpu.model.started + len(gpu._groups._queue) < FILES:
            time.sleep(0.001)

    gpu.model.before_prefill = until_all_wait
    results = list(lmpack.compress_files([files], packed, recursive=True, options=options))
    assert [result.error for result in results] == [None] * FILES
    # One by one: a call for 256 positions of each file.
    calls = FILES * -(-SIZE // 256)
    assert len(gpu.model.prefills) < calls / 40
    assert max(gpu.model.prefills) > FILES / 4

    def until_all_are_there() -> None:
        """As before."""
        while sum(gpu._load.values()) < FILES and not gpu.model.steps:
            time.sleep(0.001)

    gpu.model.before_step = until_all_are_there
    options = lmpack.Options(device="cuda")
    results = list(lmpack.decompress_files([packed], back, recursive=True, options=options))
    assert [result.error for result in results] == [None] * FILES
    assert {path.name: path.read_bytes() for path in back.rglob("*") if path.is_file()} == plain
    assert len(gpu.model.restarted) == FILES
    assert gpu.model.steps < 3 * SIZE  # of two batches, which have half of the files each
    assert len(gpu.model.threads) == 2


@few_lanes
def test_with_mixing_too(files: Path, gpu: CountingExecutor) -> None:
    options = lmpack.Options(model="tiny", device="cuda", level=3)
    for path in sorted(files.iterdir())[30:]:
        path.unlink()
    packed = files.parent / "packed"
    encoded = lmpack.compress_files([files], packed, recursive=True, options=options)
    assert not [it.error for it in encoded if it.error]
    back = files.parent / "back"
    options = lmpack.Options(device="cuda")
    decoded = lmpack.decompress_files([packed], back, recursive=True, options=options)
    assert not [it.error for it in decoded if it.error]
    found = {path.name: path.read_bytes() for path in back.rglob("*") if path.is_file()}
    assert found == {path.name: path.read_bytes() for path in files.iterdir()}


@pytest.mark.parametrize(("count", "device"), [(39, "cpu"), (40, "cuda")])
def test_auto_takes_the_gpu_for_enough_short_files(
    tmp_path: Path, gpu: CountingExecutor, monkeypatch: pytest.MonkeyPatch, count: int, device: str
) -> None:
    monkeypatch.setattr(opening, "_cuda_works", lambda: True)
    monkeypatch.setattr(opening, "LANES_WORTH_A_GPU", 40)
    folder = tmp_path / "files"
    folder.mkdir()
    for number in range(count):
        (folder / f"{number}").write_bytes(b"abcd" * 8)
    options = lmpack.Options(model="tiny", mixing=False)
    output = tmp_path / "out"
    results = list(lmpack.compress_files([folder], output, recursive=True, options=options))
    assert {result.device for result in results} == {device}
    assert bool(gpu.model.prefills) == (device == "cuda")
    results = list(lmpack.decompress_files([output], tmp_path / "back", recursive=True))
    assert {result.device for result in results} == {device}


@pytest.mark.parametrize("error", [UsageError, ConformanceError])
def test_auto_leaves_a_gpu_that_cannot_run_the_model(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, error: type[Exception]
) -> None:
    """It works with the smallest model. It is asked once, not for each block."""
    asked: list[str] = []

    def opened(bundle: Bundle, device: str, threads: int | None) -> NativeExecutor:
        asked.append(device)
        if device != "cpu":
            raise error("it gives other integers")
        return NativeExecutor(bundle, threads=threads)

    monkeypatch.setattr(executor_cache, "open_executor", opened)
    monkeypatch.setattr(executor_cache, "_executors", {})
    monkeypatch.setattr(executor_cache, "_refused", set())
    monkeypatch.setattr(opening, "_cuda_works", lambda: True)
    monkeypatch.setattr(opening, "LANES_WORTH_A_GPU", 4)
    folder = tmp_path / "files"
    folder.mkdir()
    for number in range(8):
        (folder / f"{number}").write_bytes(b"abcd" * 8)
    options = lmpack.Options(model="tiny", mixing=False)
    output, back = tmp_path / "out", tmp_path / "back"
    with pytest.warns(UserWarning, match="the GPU is not used: it gives other integers"):
        results = list(lmpack.compress_files([folder], output, recursive=True, options=options))
    assert [result.error for result in results] == [None] * 8
    assert results[-1].device == "cpu"
    assert asked == ["cuda", "cpu"]
    results = list(lmpack.decompress_files([output], back, recursive=True))
    assert [result.error for result in results] == [None] * 8
    assert asked == ["cuda", "cpu"]
    options = lmpack.Options(model="tiny", mixing=False, device="cuda")
    again = lmpack.compress_files([folder], tmp_path / "two", recursive=True, options=options)
    assert {type(result.error) for result in again} == {error}


def test_what_would_fill_a_gpu_is_said(tmp_path: Path, gpu: CountingExecutor) -> None:
    """256 lanes are fewer than a GPU is worth; with small blocks they would be enough."""
    (tmp_path / "large").write_bytes(b"abcd" * (1 << 15))
    output = tmp_path / "large.lmp"
    options = lmpack.Options(model="tiny", mixing=False, device="cuda")

    def encoder_of(size: int, chosen: lmpack.Options) -> None:
        handling = Handling(None, False, False, False, DEFAULT_MEMORY, None)
        batch_encoder([Planned("large", "out", size)], handling, chosen)

    with pytest.warns(UserWarning, match="about 256 lanes .* of 256 KiB gives 8,192"):
        encoder_of(1 << 30, options)
    encoder_of(1 << 20, options)  # nothing would make them enough
    for other in ({"block_size": 1 << 18}, {"device": "cpu"}, {"device": "auto"}):
        encoder_of(1 << 30, dataclasses.replace(options, **other))
    results = list(lmpack.compress_files([tmp_path / "large"], options=options))
    assert [result.error for result in results] == [None]
    (tmp_path / "large").unlink()
    with pytest.warns(UserWarning, match="have about 16: choose the device cpu"):
        assert not [it.error for it in lmpack.decompress_files([output], device="cuda") if it.error]
