"""The utilisation of the GPU is a by-product: without it, all else is measured."""

from __future__ import annotations

import os
import threading
import time
from pathlib import Path

import pytest

from benchmarks.gpu import clock


def sampled(monkeypatch: pytest.MonkeyPatch, folder: Path, script: str) -> list[float]:
    """What is found in half a second with a script in place of nvidia-smi."""
    program = folder / "nvidia-smi"
    program.write_text(f"#!/bin/sh\n{script}\n")
    program.chmod(0o755)
    monkeypatch.setenv("PATH", f"{folder}{os.pathsep}{os.environ['PATH']}")
    monkeypatch.setattr(clock, "SAMPLE_SECONDS", 0.05)
    monkeypatch.setattr(clock, "ANSWER_SECONDS", 0.3, raising=False)
    found: list[float] = []
    with clock.gpu_utilisation(found):
        time.sleep(0.5)
    return found


def test_the_first_card_is_sampled(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    found = sampled(monkeypatch, tmp_path, "echo 37; echo 5")
    assert found
    assert set(found) == {37.0}


@pytest.mark.slow
@pytest.mark.parametrize("script", ["exit 9", "exec sleep 60", "echo '[N/A]'", "true"])
def test_what_cannot_be_sampled_is_noted(
    monkeypatch: pytest.MonkeyPatch,
    tmp_path: Path,
    capsys: pytest.CaptureFixture[str],
    script: str,
) -> None:
    traces: list[object] = []
    monkeypatch.setattr(threading, "excepthook", traces.append)
    started = time.monotonic()
    assert sampled(monkeypatch, tmp_path, script) == []
    assert time.monotonic() - started < 30
    assert not traces
    assert capsys.readouterr().out.count("utilisation of the GPU: not known from here on") == 1
