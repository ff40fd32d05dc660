"""What all tests share: hypothesis profiles, shared data, fake models."""

from __future__ import annotations

import os
from pathlib import Path

import hypothesis
import pytest
from block_sizes import set_block_size
from fake_models import FakeModels
from trees import BLOCK, CONTENTS, write_tree

from benchmarks.data import HOW_TO_GET, SHARED

# Read when torch is imported, which is later. On tensors this small a second thread only waits for
# the first one, and there may be a process of tests for each core.
os.environ.setdefault("OMP_NUM_THREADS", "1")

# The models that whoever runs the tests has added are not looked at.
os.environ["LMPACK_MODELS"] = str(Path(__file__).with_name("no-models"))

hypothesis.settings.register_profile("default", max_examples=50, deadline=None, derandomize=True)
hypothesis.settings.register_profile("ci", max_examples=200, deadline=None, derandomize=True)
hypothesis.settings.register_profile("thorough", max_examples=2000, deadline=None)
hypothesis.settings.load_profile(os.environ.get("HYPOTHESIS_PROFILE", "default"))


LONGEST_BYTES_IN_A_NAME = 32
"""Bytes of a parameter that stand in the name of its test; longer ones are numbered."""


def pytest_make_parametrize_id(val: object, argname: str) -> str | None:
    """Names of tests hold no compressed content: it may hold the time, and all processes that run
    the tests have to find the same names."""
    if isinstance(val, bytes) and len(val) > LONGEST_BYTES_IN_A_NAME:
        return argname
    return None


@pytest.fixture
def shared_data() -> Path:
    """The folder with real data, which is no part of the repository."""
    if not SHARED.is_dir():
        pytest.skip(f"there is no folder {SHARED}: {HOW_TO_GET}")
    return SHARED


@pytest.fixture
def fake_models(monkeypatch: pytest.MonkeyPatch) -> FakeModels:
    """Models "tiny", "small" and "base" that cost no time, with real containers and coder."""
    models = FakeModels()
    models.install(monkeypatch.setattr)
    return models


@pytest.fixture
def models_folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A folder of models for one test, which is not there yet."""
    folder = tmp_path / "models"
    monkeypatch.setenv("LMPACK_MODELS", str(folder))
    return folder


@pytest.fixture
def small_blocks(monkeypatch: pytest.MonkeyPatch) -> None:
    """Blocks of so few bytes that files of a few kilobytes have several."""
    set_block_size(monkeypatch, BLOCK)


@pytest.fixture
def tree(tmp_path: Path) -> Path:
    """A folder "in" with files of all kinds of sizes and names: trees.CONTENTS."""
    return write_tree(tmp_path / "in", CONTENTS)
