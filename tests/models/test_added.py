"""The folder of models: where it is, and what is found in it whatever else lies there."""

from __future__ import annotations

import os
import shutil
from pathlib import Path

import numpy as np
import pytest
from decoder_bundles import write_random_bundle
from random_decoder import random_tokens, small_shape
from rewritten_bundles import edit_manifest

from lmpack._models.added import models_folder as folder_of_models
from lmpack._models.bundle import BUILT_IN, TENSORS, find_bundle, load_bundle
from lmpack._models.decoder.bundle import DecoderBundle
from lmpack._models.listing import AddedModel, added_models
from lmpack._models.manifest import LARGEST_MANIFEST, MANIFEST
from lmpack.errors import ModelError

TOKENS = random_tokens(270, np.random.default_rng(0))


@pytest.fixture(scope="module")
def original(tmp_path_factory: pytest.TempPathFactory) -> DecoderBundle:
    folder = tmp_path_factory.mktemp("bundle")
    return write_random_bundle(folder, small_shape("llama", TOKENS), TOKENS)


@pytest.fixture
def added(models_folder: Path, original: DecoderBundle) -> Path:
    """The folder of the one model in it, "mine"."""
    return Path(shutil.copytree(original.path, models_folder / "mine"))


def flip_a_weight(bundle: Path) -> None:
    content = bytearray((bundle / TENSORS).read_bytes())
    content[-1] ^= 1
    (bundle / TENSORS).write_bytes(content)


def only_model() -> AddedModel:
    (model,) = added_models()
    return model


def test_the_environment_names_the_folder(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("LMPACK_MODELS", "~/my models")
    assert folder_of_models() == Path.home() / "my models"
    monkeypatch.delenv("LMPACK_MODELS")
    monkeypatch.setenv("XDG_DATA_HOME", "/data")
    assert folder_of_models() == Path("/data/lmpack/models")
    for useless in ("", "data"):
        monkeypatch.setenv("XDG_DATA_HOME", useless)
        assert folder_of_models() == Path.home() / ".local/share/lmpack/models"
    monkeypatch.setattr("lmpack._models.added.os.name", "nt")
    monkeypatch.setenv("LOCALAPPDATA", "/local")
    monkeypatch.setattr("lmpack._models.added.Path", lambda *parts: "|".join(parts))
    assert str(folder_of_models()) == "/local|lmpack|models"


def test_without_a_folder_there_are_no_models(models_folder: Path) -> None:
    assert added_models() == []
    with pytest.raises(ModelError, match="there is no model 'mine': give a folder"):
        load_bundle("mine")


def test_a_model_is_found_by_its_name(added: Path, original: DecoderBundle) -> None:
    assert load_bundle("mine").path == added
    assert load_bundle("mine").fingerprint == original.fingerprint
    for name in ("../models/mine", "mine/", str(added), Path("mine")):
        # These are paths, of which only one leads somewhere from here.
        if name == str(added):
            assert load_bundle(name).path == added
        else:
            with pytest.raises(ModelError, match="there is no model"):
                load_bundle(name)


def test_built_in_names_come_first_and_paths_last(
    added: Path, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    added.rename(added.with_name("tiny"))
    assert load_bundle("tiny").path == BUILT_IN / "tiny"
    shutil.copytree(BUILT_IN / "tiny", tmp_path / "here" / "mine")
    shutil.copytree(added.with_name("tiny"), added)
    monkeypatch.chdir(tmp_path / "here")
    assert load_bundle("mine").path == added
    assert load_bundle("./mine").path == tmp_path / "here" / "mine"


def test_a_model_is_found_by_the_fingerprint_of_a_file(
    added: Path, original: DecoderBundle
) -> None:
    assert find_bundle(original.fingerprint[:8]).path == added
    assert find_bundle(load_bundle("base").fingerprint[:8]).path == BUILT_IN / "base"
    with pytest.raises(ModelError) as caught:
        find_bundle(b"\1" * 8)
    message = str(caught.value)
    assert "made with model 0101010101010101" in message
    assert str(added.parent) in message
    assert "lmpack models --add" in message


def test_of_two_with_one_fingerprint_the_one_that_is_whole_is_taken(
    added: Path, original: DecoderBundle
) -> None:
    other = Path(shutil.copytree(added, added.with_name("zz")))
    assert find_bundle(original.fingerprint[:8]).path == added
    flip_a_weight(added)
    assert find_bundle(original.fingerprint[:8]).path == other


def test_a_damaged_model_is_named_with_its_source(added: Path, original: DecoderBundle) -> None:
    edit_manifest(added, lambda manifest: manifest.update(source={"name": "maker/model"}))
    flip_a_weight(added)
    with pytest.raises(ModelError) as caught:
        find_bundle(original.fingerprint[:8])
    for part in (original.fingerprint[:8].hex(), "mine (imported from maker/model)", "is damaged"):
        assert part in str(caught.value)


def test_a_model_that_claims_the_fingerprint_of_another_is_not_taken(
    added: Path, original: DecoderBundle
) -> None:
    edit_manifest(added, lambda manifest: manifest.update(fingerprint="ab" * 32))
    with pytest.raises(ModelError, match=r"mine cannot be used: .* is damaged or was changed"):
        find_bundle(b"\xab" * 8)
    with pytest.raises(ModelError, match="neither built in nor"):
        find_bundle(original.fingerprint[:8])


def test_hostile_content_breaks_neither_listing_nor_finding(
    added: Path, original: DecoderBundle
) -> None:
    models = added.parent
    (models / "empty").mkdir()
    (models / "file").write_text("?")
    (models / "loop").symlink_to("loop")
    (models / "nowhere").symlink_to("/nowhere")
    (models / "device").symlink_to("/dev/zero")
    (models / "up").symlink_to("..")
    (models / ".hidden").mkdir()
    os.mkfifo(models / "pipe")
    (models / "pipe in it").mkdir()
    os.mkfifo(models / "pipe in it" / MANIFEST)
    contents = {
        "huge": b" " * (LARGEST_MANIFEST + 1),
        "deep": b"[" * 100_000,
        "list": b"[]",
        "nothing": b"{}",
        "family": b'{"family": ["decoder"], "fingerprint": 3}',
        "newer": b'{"family": "decoder", "spec_version": 99}',
        "\x1b[31m": b"\xff",
    }
    for name, content in contents.items():
        (models / name).mkdir()
        (models / name / MANIFEST).write_bytes(content)
    (models / "bare").mkdir()
    shutil.copy(added / MANIFEST, models / "bare" / MANIFEST)
    (models / "a link").symlink_to(added)
    listed = {model.name: model for model in added_models()}
    assert listed.keys() == set(os.listdir(models)) - {".hidden"}
    assert {name for name, model in listed.items() if model.problem is None} == {"mine", "a link"}
    assert "spec version 99" in str(listed["newer"].problem)
    assert "lacks model.safetensors" in str(listed["bare"].problem)
    assert "no regular file" in str(listed["pipe in it"].problem)
    assert find_bundle(original.fingerprint[:8]).fingerprint == original.fingerprint


def test_listing_tells_what_the_manifest_says(added: Path, original: DecoderBundle) -> None:
    edit_manifest(added, lambda manifest: manifest.update(source={"name": "maker/model"}))
    model = only_model()
    assert (model.name, model.path, model.family) == ("mine", added, "decoder")
    assert (model.calls_itself, model.source) == ("random", "maker/model")
    assert model.fingerprint == original.fingerprint
    assert model.parameters == original.architecture.parameters
    assert model.products_per_symbol == original.architecture.products_per_symbol
    assert model.size == load_bundle("mine").size
    edit_manifest(added, lambda manifest: manifest.update(source=[1]))
    assert only_model().source is None


def test_verifying_finds_what_a_manifest_does_not_tell(added: Path) -> None:
    assert added_models(verify=True)[0].problem is None
    flip_a_weight(added)
    assert only_model().problem is None
    assert "is damaged" in str(added_models(verify=True)[0].problem)


def test_a_folder_that_cannot_be_read_is_said(models_folder: Path) -> None:
    models_folder.write_text("no folder")
    with pytest.raises(ModelError, match=r"cannot be read: Not a directory: .* LMPACK_MODELS"):
        added_models()
    with pytest.raises(ModelError, match="cannot be read"):
        find_bundle(b"\1" * 8)
    assert find_bundle(load_bundle("tiny").fingerprint[:8]).name == "tiny"
