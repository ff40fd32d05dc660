"""The models of the paper's experiments: exact on every executor, and lossless over any bytes."""

from __future__ import annotations

import dataclasses
import random
from pathlib import Path

import click
import inputs
import pytest

from benchmarks.measure import paper_models
from benchmarks.paper_models import PaperModel, is_kept, read_list
from benchmarks.places import MODELS
from lmpack._executors.conformance import check_conformance
from lmpack._executors.native import NativeExecutor
from lmpack._executors.onnxruntime import OnnxRuntimeExecutor
from lmpack._models.architecture import Architecture
from lmpack._models.bundle import load_byte_model
from lmpack.cli.main import main
from lmpack.evaluation.compressors import find_compressor
from lmpack.training.presets import PAPER_PRESETS

FOLDERS = [MODELS / model.folder for model in read_list() if is_kept(model)]


def test_the_three_sizes_over_bytes_are_kept() -> None:
    assert [folder.name for folder in FOLDERS] == ["200k", "800k", "3200k"]
    assert set(FOLDERS) == set(MODELS.iterdir())


@pytest.mark.parametrize("model", read_list(), ids=lambda model: model.folder)
def test_the_list_states_what_the_bundles_are(model: PaperModel) -> None:
    assert model.shape == dataclasses.replace(
        PAPER_PRESETS[model.preset], vocabulary=model.shape.vocabulary
    )
    if is_kept(model):
        bundle = load_byte_model(MODELS / model.folder)
        stated, found = (dataclasses.asdict(entry) for entry in (model, model.trained_as(bundle)))
        assert Architecture.from_json(found.pop("architecture")) == model.shape
        del stated["architecture"]
        assert found == stated


def test_the_commands_that_train_one_again_are_understood(tmp_path: Path) -> None:
    model = next(model for model in read_list() if model.folder == "200k_bpe_1024")
    commands = paper_models.commands(model, tmp_path, tmp_path / "run", tmp_path / "bundle")
    (tmp_path / "run").mkdir()
    assert [name for name, *_ in commands] == ["train", "export"]
    for name, *arguments in commands:
        command = main.get_command(click.Context(main), name)
        assert command is not None
        parsed = command.make_context(name, arguments).params
        assert parsed["data"] == tmp_path
        assert "bpe:1024" in parsed.values() or "200K, BPE 1024" in parsed.values()


@pytest.mark.slow
@pytest.mark.parametrize("folder", FOLDERS, ids=lambda folder: folder.name)
def test_executors_agree(folder: Path) -> None:
    bundle = load_byte_model(folder)
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
