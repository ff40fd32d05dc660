"""Models over tokens: trained, exported, coded exactly, and refused where files have bytes."""

from __future__ import annotations

import dataclasses
import json
import os
from pathlib import Path

import numpy as np
import pytest
from click.testing import CliRunner
from random_models import ARCHITECTURES, random_bundle

import lmpack
from lmpack._blocks.ideal import ideal_bits
from lmpack._executors import open_executor
from lmpack._executors.onnxruntime import OnnxRuntimeExecutor
from lmpack._executors.stepping import decode_symbols, encode_by_prefill
from lmpack._models.architecture import Architecture
from lmpack._models.bundle import MANIFEST, TOKENIZER, load_bundle
from lmpack._models.tokenization import ByteTokenizer
from lmpack.cli.main import main
from lmpack.errors import BundleError, DamagedError, ModelError, TrainingError, UsageError
from lmpack.evaluation import table2
from lmpack.evaluation.compressors import find_compressor
from lmpack.evaluation.data_sets import DataSet
from lmpack.evaluation.model_compressors import Transformer
from lmpack.evaluation.token_compressor import TokenTransformer
from lmpack.training.config import Source, TrainingConfig, read_recipe
from lmpack.training.presets import PAPER_PRESETS
from lmpack.training.run_export import export_run
from lmpack.training.train import Trainer

TEXT = b"".join(b"Line %d of a text that a small model learns soon.\n" % i for i in range(400))
KINDS = {"ascii": 128, "bpe:320": 320}


def trained(kind: str, folder: Path) -> Path:
    """The bundle of a model over the symbols of a kind of tokenizer."""
    (folder / "text.txt").write_bytes(TEXT)
    config = TrainingConfig(
        architecture=Architecture(
            vocabulary=KINDS[kind], width=32, heads=1, head_width=32, hidden=64, windows=(32,)
        ),
        train=(Source("text.txt"),),
        valid=(Source("text.txt"),),
        tokenizer=kind,
        symbols=30 * 4 * 64,
        batch=4,
        length=64,
        warmup=4,
        valid_bytes=4096,
    )
    Trainer(config, folder, folder / "run", compile_model=False).run()
    bundle = folder / "bundle"
    export_run(folder / "run", bundle, name=f"over {kind}", data=folder, licence="MIT")
    return bundle


@pytest.fixture(scope="module", params=KINDS)
def bundle(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Path:
    kind: str = request.param
    return trained(kind, tmp_path_factory.mktemp("trained"))


@pytest.mark.slow
@pytest.mark.parametrize("data", [b"a", TEXT[:5000], bytes(range(256)) * 3, "Größe 日本".encode()])
def test_any_bytes_come_back_from_a_model_over_tokens(bundle: Path, data: bytes) -> None:
    compressor = find_compressor(f"model:{bundle}")
    assert isinstance(compressor, TokenTransformer)
    assert compressor.decompress(compressor.compress(data)) == data
    chunks = [data, data[:1]]
    packed = compressor.compress_chunks(chunks)
    assert compressor.decompress_chunks(packed, [len(data), 1]) == chunks


def test_training_states_bits_per_byte(bundle: Path) -> None:
    compressor = TokenTransformer(bundle)
    symbols = compressor.tokenizer.encode(TEXT)
    rate = ideal_bits(compressor.executor, symbols, 8192) / len(TEXT)
    assert load_bundle(bundle).manifest["evaluation"]["text.txt"] == pytest.approx(rate, abs=1e-4)
    assert rate < 5
    size = len(compressor.compress(TEXT))
    assert size < len(TEXT) * 5 / 8


def test_blocks_of_symbols(bundle: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("lmpack.evaluation.token_compressor.BLOCK", 700)
    compressor = TokenTransformer(bundle)
    packed = compressor.compress(TEXT[:4000])
    assert compressor.decompress(packed) == TEXT[:4000]
    with pytest.raises(DamagedError):
        compressor.decompress(packed + b"\0")


def test_files_are_not_made_with_tokens(bundle: Path) -> None:
    with pytest.raises(ModelError, match=r"one of tokens \((ascii|bpe:320)\).*a model of bytes"):
        lmpack.compress(b"text", model=bundle)


@pytest.mark.slow
def test_a_damaged_tokenizer_is_refused(tmp_path: Path) -> None:
    bundle = trained("bpe:320", tmp_path)
    before = (bundle / TOKENIZER).read_bytes()
    (bundle / TOKENIZER).write_bytes(before + b" ")
    with pytest.raises(BundleError, match=r"tokenizer\.json is damaged"):
        TokenTransformer(bundle)
    (bundle / TOKENIZER).unlink()
    with pytest.raises(BundleError, match=r"tokenizer\.json cannot be read"):
        TokenTransformer(bundle)
    if hasattr(os, "mkfifo"):
        os.mkfifo(bundle / TOKENIZER)
        with pytest.raises(BundleError, match="no regular file"):  # and nobody waits for one
            TokenTransformer(bundle)
    manifest = json.loads((bundle / MANIFEST).read_text())
    manifest["tokenizer"] = "bpe"
    (bundle / MANIFEST).write_text(json.dumps(manifest))
    with pytest.raises(BundleError, match="lacks or misstates"):
        load_bundle(bundle)


def test_executors_agree_on_large_vocabularies(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("lmpack._executors.stepping.ENCODER_ODDS", 20_000)  # several pieces
    shape = dataclasses.replace(ARCHITECTURES["plain"], vocabulary=2080)
    bundle = random_bundle(tmp_path, shape)
    symbols = np.random.default_rng(0).integers(0, 2080, 100)
    native, reference = open_executor(bundle, "cpu"), OnnxRuntimeExecutor(bundle)
    payloads = {encode_by_prefill(e, symbols, 25, lambda n: None) for e in (native, reference)}
    assert len(payloads) == 1
    for executor in (native, reference):
        back = decode_symbols(executor, next(iter(payloads)), 100, 25, lambda n: None)
        assert back.tolist() == symbols.tolist()


def test_table_2_by_tokenizer(
    bundle: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(table2, "SEQUENCES", 2)
    model, plain = find_compressor(f"model:{bundle}"), Transformer("tiny")
    data = DataSet("text", TEXT[: 4 * 2048])
    rows = table2.run([model, plain], [data], tmp_path, lambda row: None)
    assert isinstance(model, TokenTransformer)
    assert [row["tokenizer"] for row in rows] == [model.tokenizer.name, ByteTokenizer.name]
    assert rows[1]["symbols"] == rows[1]["raw_bytes"] == len(data.data)
    assert rows[0]["layer_weights"] == 32 * 2 * (32 + 32 + 64)
    page = (tmp_path / "table2.md").read_text()
    for row in rows:
        rate = 100 * row["compressed_bytes"] / row["raw_bytes"]
        assert f"| {row['tokenizer']} |" in page
        assert f" {rate:.1f} |" in page
    again = table2.run([model, plain], [data], tmp_path, lambda row: None)
    assert again == rows
    with pytest.raises(UsageError, match="gzip has no tokenizer"):
        table2.run([find_compressor("gzip")], [data], tmp_path, lambda row: None)


@pytest.mark.slow
def test_from_training_to_table_2_by_command(tmp_path: Path) -> None:
    (tmp_path / "text.txt").write_bytes(TEXT)
    recipe = tmp_path / "recipe.json"
    recipe.write_text(
        json.dumps(
            {
                "architecture": "200k",
                "train": [{"path": "text.txt"}],
                "batch": 1,
                "length": 128,
                "report_every": 2,
            }
        )
    )
    run, bundle, output = tmp_path / "run", tmp_path / "bundle", tmp_path / "output"
    for arguments in (
        ["train", recipe, "--data", tmp_path, "--output", run, "--tokenizer", "bpe:288",
         "--symbols", "256"],
        ["export", run, bundle],
        ["eval", "table2", "--compressor", f"model:{bundle}", "--limit", "1", "--output", output,
         "--data", f"text={tmp_path / 'text.txt'}"],
    ):  # fmt: skip
        result = CliRunner().invoke(main, list(map(str, arguments)))
        assert result.exit_code == 0, result.output
    assert "BPE 288" in result.output
    assert (output / "table2.json").exists()


def test_shapes_of_the_paper_have_its_sizes(tmp_path: Path) -> None:
    for name, width in (("200k", 64), ("800k", 128), ("3200k", 256)):
        shape = PAPER_PRESETS[name]
        assert table2.weights_in_layers(shape) == 4 * 12 * width**2
        assert shape.width == width
        assert sum(shape.windows) == 2048


def test_the_vocabulary_has_to_hold_the_symbols(tmp_path: Path) -> None:
    recipe = tmp_path / "recipe.json"
    recipe.write_text(json.dumps({"architecture": "200k", "tokenizer": "bpe:1000", "train": []}))
    config = read_recipe(recipe)
    assert config.architecture.vocabulary == 1024
    with pytest.raises(TrainingError, match="bpe:2000 has 2000 symbols, but the model only 1024"):
        dataclasses.replace(config, tokenizer="bpe:2000")
    with pytest.raises(TrainingError, match="no tokenizer 'words'"):
        read_recipe(recipe, tokenizer="words")
