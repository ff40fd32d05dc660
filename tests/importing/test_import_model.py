"""An import as a whole, and its command."""

from __future__ import annotations

import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from click.testing import CliRunner, Result
from random_sources import SHAPES, RandomSource

from lmpack._executors.conformance import check_conformance
from lmpack._executors.decoder_onnxruntime import OnnxRuntimeDecoderExecutor
from lmpack._models.bundle import load_bundle
from lmpack.cli import import_model as command
from lmpack.cli.main import main
from lmpack.errors import BundleError, UsageError
from lmpack.importing import import_model as module
from lmpack.importing.import_model import ImportOptions, import_model
from lmpack.importing.partial import folder_of
from lmpack.importing.source import FloatSource

Use = Callable[[str], RandomSource]
FILES = ["cpu.onnx", "cuda.onnx", "manifest.json", "model.safetensors", "tokenizer.json"]


@pytest.fixture
def source(monkeypatch: pytest.MonkeyPatch) -> RandomSource:
    """What every path leads to."""
    source = RandomSource(SHAPES["gemma3"])

    def open_source(path: Path) -> FloatSource:
        if path.name != "source":
            raise BundleError(f"{path} is neither a file nor a folder")
        return source

    monkeypatch.setattr(module, "open_source", open_source)
    return source


@pytest.fixture
def invoke(
    source: RandomSource, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> Callable[..., Result]:
    monkeypatch.chdir(tmp_path)
    return lambda *arguments: CliRunner().invoke(
        main, ["import", *arguments], catch_exceptions=False
    )


def test_a_model_becomes_a_bundle(source: RandomSource, tmp_path: Path) -> None:
    stages = []
    target = tmp_path / "new" / "bundle"
    options = ImportOptions(name="ours", context=40, texts={"mine": b"abc" * 30}, licence="CC0")
    bundle = import_model(Path("source"), target, options, lambda *how: stages.append(how))
    assert load_bundle(target) == bundle
    assert sorted(path.name for path in target.iterdir()) == FILES
    assert not folder_of(target).exists()
    assert bundle.name == "ours"
    assert bundle.architecture.context == 40
    assert bundle.architecture.windows == (9, 40)
    facts = bundle.manifest["import"]
    assert [text["text"] for text in facts["measured"]] == ["built-in sample", "mine"]
    assert facts["measured"][1]["bytes"] == 90
    assert facts["total"]["divergence_percent"] < 0.5
    assert bundle.manifest["licence"] == "CC0"
    assert bundle.manifest["source"]["name"] == "random"
    assert [stage for stage, done, total in stages if done == total] == [
        "running the float model", "converting", "measuring", "proving"
    ]  # fmt: skip
    check_conformance(bundle, OnnxRuntimeDecoderExecutor(bundle, threads=1))
    data = "any text é".encode() + bytes(range(256))
    numbers = bundle.segmenter().segment(data)
    assert b"".join(np.array(bundle.token_table(), object)[numbers]) == data


def test_a_model_that_loses_too_much_is_refused_unless_forced(
    source: RandomSource, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(module, "LARGEST_LOSS", 1e-9)
    target = tmp_path / "bundle"
    with pytest.raises(BundleError, match=r"diverges from it by 0\.\d+%.*stays in .*partial"):
        import_model(Path("source"), target)
    assert not target.exists()
    source.reads.clear()
    bundle = import_model(Path("source"), target, ImportOptions(force=True))
    assert bundle.manifest["import"]["total"]["divergence_percent"] > 0
    assert source.reads.count("layers.0.up") == 1  # by the model in floats
    assert not folder_of(target).exists()


def test_what_is_there_is_not_replaced(source: RandomSource, tmp_path: Path) -> None:
    (tmp_path / "bundle").mkdir()
    with pytest.raises(UsageError, match="is there already"):
        import_model(Path("source"), tmp_path / "bundle")
    with pytest.raises(UsageError, match="mine is empty"):
        import_model(Path("source"), tmp_path / "new", ImportOptions(texts={"mine": b""}))
    assert source.reads == []
    assert list(tmp_path.iterdir()) == [tmp_path / "bundle"]


@pytest.mark.parametrize("name", ["layers.1.down", "embedding", "final_norm", "layers.0.q"])
@pytest.mark.parametrize("value", [np.nan, np.inf])
def test_a_damaged_model_leaves_no_bundle(
    source: RandomSource, tmp_path: Path, name: str, value: float
) -> None:
    source.tensors[name] = source.tensors[name].copy()
    source.tensors[name].flat[5] = value
    with pytest.raises(BundleError, match=r"no finite numbers|not finite"):
        import_model(Path("source"), tmp_path / "bundle")
    assert not (tmp_path / "bundle").exists()


def test_the_command(invoke: Callable[..., Result], tmp_path: Path) -> None:
    (tmp_path / "text").write_bytes(b"Some text of the user.")
    result = invoke("source", "made", "--text", "text", "--context", "30")
    assert result.exit_code == 0, result.output
    assert "bits a byte on 262 bytes of text" in result.stdout
    assert load_bundle(tmp_path / "made").name == "random"
    again = invoke("source", "made")
    assert again.exit_code == 1
    assert again.stderr.count("\n") == 1
    assert "is there already" in again.stderr


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (("nothing", "made"), "nothing is neither a file nor a folder"),
        (("source", "made", "--context", "81"), "choose a context of 1 to 80"),
        (("source", "no/such\0/made"), "null"),
    ],
)
def test_errors_are_one_line(
    invoke: Callable[..., Result], tmp_path: Path, arguments: tuple[str, ...], message: str
) -> None:
    result = invoke(*arguments)
    assert result.exit_code == 1
    assert message in result.stderr
    assert result.stderr.count("\n") == 1
    assert list(tmp_path.iterdir()) == []


def test_a_missing_package_is_named(
    invoke: Callable[..., Result], monkeypatch: pytest.MonkeyPatch
) -> None:
    for name in [name for name in sys.modules if name.startswith("lmpack.importing.")]:
        monkeypatch.delitem(sys.modules, name)
    monkeypatch.setitem(sys.modules, "torch", None)
    result = invoke("source", "made")
    assert result.exit_code == 1
    assert "importing needs the package torch: pip install 'lmpack[import]'" in result.stderr


def test_an_interruption_says_what_stays(
    tmp_path: Path, capfd: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    said: list[Any] = []
    monkeypatch.setattr(command, "say_error", said.append)
    for there in (False, True):
        if there:
            folder_of(tmp_path / "made").mkdir()
        with pytest.raises(KeyboardInterrupt), command._says_what_stays(tmp_path / "made"):
            raise KeyboardInterrupt
    assert len(said) == 1
    assert "made.partial: the same command goes on" in said[0]


def test_stories_become_a_bundle(shared_data: Path, tmp_path: Path) -> None:
    """A real model, from its file to what every executor has to reproduce."""
    path = shared_data / "llm" / "stories260K.bin"
    bundle = import_model(path, tmp_path / "stories")
    total = bundle.manifest["import"]["total"]
    assert total["divergence_percent"] < 0.6
    assert abs(total["loss_percent"]) < 0.6
    assert bundle.name == "stories260K"
    check_conformance(bundle, OnnxRuntimeDecoderExecutor(bundle, threads=1))
