"""The command `lmpack models`, and what the other commands make of the folder of models."""

from __future__ import annotations

import json
import os
import shutil
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest
from click.testing import CliRunner, Result
from decoder_bundles import write_random_bundle
from random_decoder import random_tokens, small_shape
from rewritten_bundles import edit_manifest

from lmpack._models.bundle import BUILT_IN, CLASSICAL_RATES, TENSORS, Bundle, load_byte_model
from lmpack.cli.main import main

WORDS = b"What a model finds probable takes little room in the end.\n" * 20
TOKENS = random_tokens(270, np.random.default_rng(0))

Invoke = Callable[..., Result]


@pytest.fixture
def original() -> Bundle:
    return load_byte_model("tiny")


@pytest.fixture
def bundle(original: Bundle, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """The bundle of "tiny", which is not built in here."""
    built_in = tmp_path / "built-in"
    built_in.mkdir()
    (built_in / "small").symlink_to(BUILT_IN / "small")
    (built_in / CLASSICAL_RATES).symlink_to(BUILT_IN / CLASSICAL_RATES)
    monkeypatch.setattr("lmpack._models.bundle.BUILT_IN", built_in)
    return Path(shutil.copytree(original.path, tmp_path / "bundle"))


@pytest.fixture
def invoke(tmp_path: Path, models_folder: Path, monkeypatch: pytest.MonkeyPatch) -> Invoke:
    """Runs the program in a folder with a file, words.txt."""
    monkeypatch.chdir(tmp_path)
    Path("words.txt").write_bytes(WORDS)

    def run(*arguments: str, code: int = 0) -> Result:
        result = CliRunner().invoke(main, arguments)
        assert result.exit_code == code, result.output
        return result

    return run


def test_models_are_added_listed_and_removed(
    invoke: Invoke, bundle: Path, original: Bundle, models_folder: Path
) -> None:
    assert f"in {models_folder}: none" in invoke("models").stdout
    assert invoke("models", "--add", "bundle").stdout == "added: bundle\n"
    lines = invoke("models", "--list").stdout.splitlines()
    assert lines[-2].startswith(f"in {models_folder}  ")
    parameters = f"{original.architecture.parameters:,}"
    assert lines[-1].split()[:3] == ["bundle", "bytes", parameters]
    assert lines[-1].split()[-2:] == [original.fingerprint[:8].hex(), "-"]
    assert lines[1].startswith("small")
    assert invoke("models", "--remove", "bundle").stdout == "removed: bundle\n"
    assert f"in {models_folder}: none" in invoke("models").stdout


def test_json(invoke: Invoke, bundle: Path, original: Bundle, models_folder: Path) -> None:
    added = json.loads(invoke("models", "--json", "--add", "bundle", "--name", "mine").stdout)
    report = json.loads(invoke("models", "--json").stdout)
    assert report["added"] == [added["added"]]
    assert report["folder"] == str(models_folder)
    assert report["models"][0]["name"] == "small"
    assert added["added"] == {
        "name": "mine",
        "path": str(models_folder / "mine"),
        "calls_itself": "tiny",
        "family": "bytes",
        "fingerprint": original.fingerprint.hex(),
        "parameters": original.architecture.parameters,
        "products_per_symbol": original.architecture.products_per_symbol,
        "bundle_bytes": original.size,
        "source": None,
        "problem": None,
    }
    removed = json.loads(invoke("models", "--json", "--remove", "mine").stdout)
    assert removed == {"removed": {"name": "mine"}}


def test_damaged_models_are_listed_as_such(
    invoke: Invoke, bundle: Path, models_folder: Path
) -> None:
    invoke("models", "--add", "bundle")
    (models_folder / "e\x1b[31m").mkdir()
    edit_manifest(models_folder / "bundle", lambda manifest: manifest.update(source={"name": "\n"}))
    text = invoke("models").stdout
    assert r"e\x1b[31m cannot be used: " in text
    assert "bundle cannot be used" not in text
    (models_folder / "bundle" / TENSORS).write_bytes(b"?")
    assert "bundle cannot be used: " in invoke("models", "--verify").stdout


def test_a_folder_that_cannot_be_read_is_an_error(invoke: Invoke, models_folder: Path) -> None:
    models_folder.write_text("?")
    assert "cannot be read: Not a directory" in invoke("models", code=1).stderr
    assert "Not a directory" in invoke("models", "--remove", "x", code=1).stderr
    invoke("compress", "words.txt")
    invoke("test", "words.txt.lmp")


def test_errors(invoke: Invoke, bundle: Path, models_folder: Path) -> None:
    assert "there is no model 'nowhere'" in invoke("models", "--add", "nowhere", code=1).stderr
    assert "there is no model 'small'" in invoke("models", "--remove", "small", code=1).stderr
    long_way = ("models", "--add", "bundle", "--name", "a/b")
    assert "cannot be the name of a model" in invoke(*long_way, code=1).stderr
    for arguments in (
        ("--add", "x", "--remove", "y"),
        ("--list", "--add", "x"),
        ("--verify", "--remove", "x"),
        ("--name", "x"),
    ):
        assert "Usage" in invoke("models", *arguments, code=2).stderr
    assert not models_folder.exists()


def test_weights_that_are_no_bundle_are_said_to_be_none(
    invoke: Invoke, models_folder: Path
) -> None:
    Path("model.gguf").write_bytes(b"GGUF")
    for arguments in (("models", "--add"), ("compress", "words.txt", "--model")):
        result = invoke(*arguments, "model.gguf", code=1)
        assert "model.gguf is no bundle" in result.stderr
        assert "lmpack import" in result.stderr


def test_files_open_with_the_folder_alone(
    invoke: Invoke, bundle: Path, original: Bundle, models_folder: Path
) -> None:
    invoke("models", "--add", "bundle", "--name", "mine")
    invoke("compress", "--no-mixing", "--model", "mine", "words.txt")
    shutil.rmtree(bundle)
    (container,) = json.loads(invoke("info", "--json", "words.txt.lmp").stdout)[0]["containers"]
    assert container["models"] == ["tiny"]
    assert container["fingerprints"] == [original.fingerprint[:8].hex()]
    invoke("test", "words.txt.lmp")
    os.remove("words.txt")
    invoke("decompress", "words.txt.lmp")
    assert Path("words.txt").read_bytes() == WORDS


def test_a_missing_model_is_said_with_its_fingerprint(
    invoke: Invoke, bundle: Path, original: Bundle, models_folder: Path
) -> None:
    invoke("compress", "--no-mixing", "--model", "bundle", "words.txt")
    os.remove("words.txt")
    (container,) = json.loads(invoke("info", "--json", "words.txt.lmp").stdout)[0]["containers"]
    assert (container["models"], container["memory"]) == ([None], None)
    for command in ("test", "decompress"):
        result = invoke(command, "words.txt.lmp", code=1)
        assert original.fingerprint[:8].hex() in result.stderr
        assert "lmpack models --add" in result.stderr
        assert "the option --model" in result.stderr
    invoke("test", "--model", "bundle", "words.txt.lmp")
    invoke("models", "--add", "bundle")
    (models_folder / "bundle" / TENSORS).write_bytes(b"?")
    assert "bundle cannot be used" in invoke("test", "words.txt.lmp", code=1).stderr


def test_imported_models_are_listed_too(
    invoke: Invoke, models_folder: Path, tmp_path: Path
) -> None:
    write_random_bundle(tmp_path / "decoder", small_shape("gemma3", TOKENS), TOKENS)
    edit_manifest(tmp_path / "decoder", lambda manifest: manifest.update(source={"name": "a/b"}))
    invoke("models", "--add", "decoder", "--name", "gemma")
    last = invoke("models").stdout.splitlines()[-1]
    assert last.split()[:2] == ["gemma", "decoder"]
    assert last.endswith("  a/b")
