"""The models of the paper's experiments: exact on every executor, and lossless over any bytes."""

from __future__ import annotations

import random
from pathlib import Path

import inputs
import pytest

from lmpack._executors.conformance import check_conformance
from lmpack._executors.native import NativeExecutor
from lmpack._executors.onnxruntime import OnnxRuntimeExecutor
from lmpack._models.bundle import load_bundle
from lmpack.evaluation.compressors import find_compressor

MODELS = Path(__file__).parents[2] / "benchmarks" / "models"
FOLDERS = sorted(path.parent for path in MODELS.glob("*/manifest.json"))


def test_there_are_some() -> None:
    assert {"200k", "200k_ascii", "200k_bpe_20480", "800k", "3200k", "3200k_bpe_5120"} <= {
        folder.name for folder in FOLDERS
    }


@pytest.mark.parametrize("folder", FOLDERS, ids=lambda folder: folder.name)
def test_executors_agree(folder: Path) -> None:
    bundle = load_bundle(folder)
    check_conformance(bundle, NativeExecutor(bundle))
    check_conformance(bundle, OnnxRuntimeExecutor(bundle))


@pytest.mark.parametrize("folder", FOLDERS, ids=lambda folder: folder.name)
def test_anything_comes_back_and_text_gets_small(folder: Path) -> None:
    compressor = find_compressor(f"model:{folder}")
    noise = random.Random(1).randbytes(300)
    text = inputs.SENTENCES[:2000]
    for data in (noise, text):
        assert compressor.decompress(compressor.compress(data)) == data
    assert len(compressor.compress(text)) < 0.6 * len(text)
