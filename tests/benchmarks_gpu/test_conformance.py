"""The comparison of all executors says what differs, what fails and what was not run."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from benchmarks.gpu import conformance
from benchmarks.gpu.ways import Open
from lmpack._executors import Executor
from lmpack._executors.native import NativeExecutor
from lmpack._executors.onnxruntime import OnnxRuntimeExecutor
from lmpack._models.bundle import Bundle
from lmpack.errors import UsageError


class LaneOff(OnnxRuntimeExecutor):
    """One lane of many is wrong."""

    def step(self, state: Any, symbols: np.ndarray) -> np.ndarray:
        odds = super().step(state, symbols)
        if len(odds) > 6:
            odds[6, 0] += 1
        return odds


class Broken(OnnxRuntimeExecutor):
    """Fails at its first step, as a captured session would."""

    def step(self, state: Any, symbols: np.ndarray) -> np.ndarray:
        raise RuntimeError("CUDA error 900")


def missing(bundle: Bundle) -> Executor:
    raise UsageError("there is no card")


def run(
    monkeypatch: pytest.MonkeyPatch, result: Path, ways: dict[str, Open], *arguments: str
) -> tuple[int, dict[str, str]]:
    """Exit code and rows of the command for these ways alone."""

    def only() -> Iterator[tuple[str, Open]]:
        yield from ways.items()

    monkeypatch.setattr(conformance, "executors", only)
    monkeypatch.setattr(conformance, "FULL_BATCHES", ())
    status = conformance.main(["--models", "tiny", "--short", "--result", str(result), *arguments])
    rows = json.loads(result.read_text())["rows"]
    return status, rows[0]["executors"]


def test_what_is_equal(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    status, rows = run(monkeypatch, tmp_path / "r", {"engine": NativeExecutor})
    assert (status, rows) == (0, {"engine": "equal"})


def test_a_row_that_fails_does_not_hide_the_next(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    ways: dict[str, Open] = {"CUDA": Broken, "engine": NativeExecutor}
    status, rows = run(monkeypatch, tmp_path / "r", ways)
    assert status == 1
    assert "FAILED: RuntimeError('CUDA error 900')" in rows["CUDA"]
    assert rows["engine"] == "equal"


def test_every_lane_is_compared(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    status, rows = run(monkeypatch, tmp_path / "r", {"one lane off": LaneOff})
    assert (status, rows) == (1, {"one lane off": "DIFFERENT"})


def test_a_missing_gpu_may_be_a_failure(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    ways: dict[str, Open] = {"ONNX Runtime, CUDA": missing}
    assert run(monkeypatch, tmp_path / "r", ways)[0] == 0
    status, rows = run(monkeypatch, tmp_path / "r", ways, "--require-cuda")
    assert status == 1
    assert rows == {"ONNX Runtime, CUDA": "not run: there is no card"}


def test_a_card_need_not_wait_for_cpus(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    ways: dict[str, Open] = {"engine": NativeExecutor, "lmpack's kernels, CUDA": NativeExecutor}
    status, rows = run(monkeypatch, tmp_path / "r", ways, "--only-cuda")
    assert (status, rows) == (0, {"lmpack's kernels, CUDA": "equal"})
