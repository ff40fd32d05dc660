"""Which device runs a model, and what is said if one cannot."""

from __future__ import annotations

import sys
import types
import warnings
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from click.testing import CliRunner

import lmpack
from lmpack._executors import blocks_side_by_side, hardware, open_executor, opening, resolve_device
from lmpack._executors.cuda_libraries import cuda_provider
from lmpack._executors.devices import (
    BLOCKS_ON_CUDA,
    LANES_SHARE,
    LANES_WORTH_A_GPU,
    MOST_LANES,
    lanes_that_fit,
)
from lmpack._executors.native import NativeExecutor
from lmpack._executors.protocol import Executor
from lmpack._models.bundle import Bundle, load_byte_model
from lmpack.cli.main import main
from lmpack.errors import BundleError, ConformanceError, ModelError, UsageError


@pytest.fixture
def no_gpu() -> None:
    if hardware.cuda_seems_to_be_there():
        pytest.skip("this test is about machines without a GPU")


def test_a_missing_gpu_is_said(no_gpu: None) -> None:
    with pytest.raises(UsageError, match=r"pip install 'lmpack\[cuda\]'"):
        cuda_provider()
    with pytest.raises(UsageError, match="knows no CUDA"):
        lmpack.compress(b"text", model="tiny", device="cuda")


@pytest.mark.parametrize(
    ("device", "extra"),
    [("cpu:onnxruntime", "onnxruntime"), ("cuda", "cuda"), ("cuda:onnxruntime", "cuda")],
)
def test_a_missing_package_is_said(
    monkeypatch: pytest.MonkeyPatch, device: str, extra: str
) -> None:
    monkeypatch.setattr(opening, "onnxruntime_is_installed", lambda: False)
    with pytest.raises(UsageError, match=rf"pip install 'lmpack\[{extra}\]'"):
        open_executor(load_byte_model("tiny"), device)
    assert open_executor(load_byte_model("tiny")).name == "native"


def test_auto_is_the_engine() -> None:
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        assert open_executor(load_byte_model("tiny")).name == "native"


@pytest.fixture
def seeming_gpu(monkeypatch: pytest.MonkeyPatch) -> Iterator[list[str]]:
    """A machine that seems to have a GPU; which devices were opened, and what they raise."""
    opened: list[str] = []
    load = opening._load

    def recorded(bundle: Bundle, device: str, threads: int | None) -> Executor:
        opened.append(device)
        return load(bundle, "cpu", threads)

    opening._cuda_works.cache_clear()
    monkeypatch.setattr(opening, "cuda_seems_to_be_there", lambda: True)
    monkeypatch.setattr(opening, "_load", recorded)
    yield opened
    opening._cuda_works.cache_clear()


def test_one_file_is_never_decoded_on_a_gpu_unasked(seeming_gpu: list[str]) -> None:
    assert open_executor(load_byte_model("tiny")).name == "native"
    assert seeming_gpu == ["cpu"]


def test_auto_is_a_gpu_if_it_has_enough_to_do(seeming_gpu: list[str]) -> None:
    assert resolve_device("auto", 0) == "cpu"
    assert resolve_device("auto", LANES_WORTH_A_GPU - 1) == "cpu"
    assert seeming_gpu == []  # it was not even asked
    assert resolve_device("auto", LANES_WORTH_A_GPU) == "cuda"
    assert seeming_gpu == ["cuda"]
    assert resolve_device("cpu:onnxruntime", LANES_WORTH_A_GPU) == "cpu:onnxruntime"


@pytest.mark.parametrize(
    ("error", "raised"),
    [
        (UsageError, UsageError),
        (ConformanceError, ConformanceError),
        (RuntimeError, UsageError),  # what a driver that fails makes of a call
        (OSError, UsageError),  # a file of the compiler that is elsewhere
        (ImportError, UsageError),  # a package that is there in part
    ],
)
def test_a_gpu_that_does_not_work_is_left_alone(
    monkeypatch: pytest.MonkeyPatch,
    seeming_gpu: list[str],
    error: type[Exception],
    raised: type[Exception],
) -> None:
    def broken(bundle: Bundle, device: str, threads: int | None) -> Executor:
        raise error("it gives other integers")

    monkeypatch.setattr(opening, "_load", broken)
    with pytest.warns(UserWarning, match="the GPU is not used: .*it gives other integers"):
        assert resolve_device("auto", LANES_WORTH_A_GPU) == "cpu"
    for device in ("cuda", "cuda:triton", "cuda:onnxruntime"):
        with pytest.raises(raised, match="it gives other integers"):
            open_executor(load_byte_model("tiny"), device)


# lmpack's own kernels


@pytest.fixture
def seeming_triton(monkeypatch: pytest.MonkeyPatch) -> None:
    """A machine that seems to have a GPU and Triton, and where ONNX Runtime works."""
    monkeypatch.setattr(opening, "triton_seems_to_be_there", lambda: True)
    monkeypatch.setattr(opening, "onnxruntime_is_installed", lambda: True)
    monkeypatch.setattr(opening, "_cuda", NamedExecutor)


class NamedExecutor(NativeExecutor):
    """The engine in place of ONNX Runtime's CUDA provider."""

    name = "cuda"


class WrongExecutor(NativeExecutor):
    """Gives odds that are not those of the bundle."""

    name = "triton"

    def prefill(self, state: Any, symbols: Any) -> Any:
        return super().prefill(state, symbols) ^ 1


def test_own_kernels_come_first(monkeypatch: pytest.MonkeyPatch, seeming_triton: None) -> None:
    bundle = load_byte_model("tiny")
    right = NativeExecutor(bundle)
    monkeypatch.setattr(opening, "_triton", lambda bundle: right)
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        assert open_executor(bundle, "cuda") is right
        assert open_executor(bundle, "cuda:triton") is right
        assert open_executor(bundle, "cuda:onnxruntime").name == "cuda"


@pytest.mark.parametrize(
    ("problem", "said"),
    [
        (UsageError("torch finds no GPU"), "torch finds no GPU"),
        (BundleError("not enough memory on the GPU"), "not enough memory"),
        (RuntimeError("CUDA-capable device(s) is/are busy"), "are busy"),
        (OSError("no file libtriton.so"), "no file libtriton.so"),
        (None, "triton .* does not reproduce model tiny"),
    ],
)
def test_onnxruntime_takes_the_place_of_kernels_that_do_not_work(
    monkeypatch: pytest.MonkeyPatch, seeming_triton: None, problem: Exception | None, said: str
) -> None:
    def broken(bundle: Bundle) -> Executor:
        if problem is not None:
            raise problem
        return WrongExecutor(bundle)

    monkeypatch.setattr(opening, "_triton", broken)
    bundle = load_byte_model("tiny")
    with pytest.warns(UserWarning, match=f"ONNX Runtime takes the place of.*{said}"):
        assert open_executor(bundle, "cuda").name == "cuda"
    with pytest.raises((UsageError, ModelError), match=said):
        open_executor(bundle, "cuda:triton")


def test_a_missing_triton_is_said(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in [name for name in sys.modules if name.startswith("lmpack._executors.triton")]:
        monkeypatch.delitem(sys.modules, name)
    monkeypatch.setitem(sys.modules, "triton", None)
    with pytest.raises(UsageError, match=r"needs torch and Triton: pip install 'lmpack\[cuda\]'"):
        open_executor(load_byte_model("tiny"), "cuda:triton")


def test_another_version_of_triton_is_said(monkeypatch: pytest.MonkeyPatch) -> None:
    """One that lacks what the kernels are written with."""
    for name in [name for name in sys.modules if name.startswith("lmpack._executors.triton")]:
        monkeypatch.delitem(sys.modules, name)
    other = types.ModuleType("triton")
    other.language = types.ModuleType("triton.language")  # type: ignore[attr-defined]
    monkeypatch.setitem(sys.modules, "triton", other)
    monkeypatch.setitem(sys.modules, "triton.language", other.language)
    with pytest.raises(UsageError, match=r"needs torch and Triton: pip install 'lmpack\[cuda\]'"):
        open_executor(load_byte_model("tiny"), "cuda:triton")


def test_a_card_without_triton(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    (tmp_path / "card").touch()
    monkeypatch.setattr(hardware, "_DEVICE_FILES", (str(tmp_path / "card"),))
    monkeypatch.setattr(hardware, "_is_installed", lambda package: package == "torch")
    assert not hardware.triton_seems_to_be_there()
    monkeypatch.setattr(hardware, "_is_installed", lambda package: True)
    assert hardware.triton_seems_to_be_there()
    monkeypatch.setattr(hardware, "_DEVICE_FILES", (str(tmp_path / "none"),))
    assert not hardware.triton_seems_to_be_there()


def test_how_many_blocks_keep_a_device_busy() -> None:
    assert blocks_side_by_side("cpu", 3) == blocks_side_by_side("auto", 3) == 3
    assert blocks_side_by_side("cpu:onnxruntime", 3) == 1
    assert blocks_side_by_side("cuda", 3) == blocks_side_by_side("cuda:onnxruntime", 3)
    assert blocks_side_by_side("cuda", None) == BLOCKS_ON_CUDA


@pytest.mark.parametrize(
    ("lane_memory", "free", "lanes"),
    [
        (143_000, 80 << 30, MOST_LANES),
        (143_000, 4 << 30, 4096),
        (2_400_000, 80 << 30, MOST_LANES),
        (2_400_000, 20 << 30, 2048),
        (1 << 20, 1 << 20, 1),
    ],
)
def test_lanes_are_as_many_as_the_memory_of_the_card_holds(
    lane_memory: int, free: int, lanes: int
) -> None:
    assert lanes_that_fit(lane_memory, free) == lanes
    assert lanes == 1 or 2 * lanes * lane_memory <= LANES_SHARE * free


def test_devices_of_the_command(tmp_path: Path) -> None:
    (tmp_path / "file").write_bytes(b"text")
    result = CliRunner().invoke(main, ["compress", "--device", "tpu", str(tmp_path / "file")])
    assert result.exit_code == 2
    assert "'tpu' is not one of" in result.output
    result = CliRunner().invoke(main, ["compress", "--device", "cpu", str(tmp_path / "file")])
    assert result.exit_code == 0


def test_paths_that_are_no_text_are_passed_over(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "maps").write_bytes(b"7f-80 r--p 0 00:00 1 /tmp/\xff\n")
    monkeypatch.setattr(hardware, "_MEMORY_MAP", tmp_path / "maps")
    assert hardware.loaded_cuda_libraries() == ""
