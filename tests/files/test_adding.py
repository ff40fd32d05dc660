"""Models are added to their folder whole or not at all, and removed without anything else."""

from __future__ import annotations

import os
import shutil
from pathlib import Path

import numpy as np
import pytest
from decoder_bundles import write_random_bundle
from random_decoder import random_tokens, small_shape

import lmpack
from lmpack._files import adding
from lmpack._files.disk import system
from lmpack._models.bundle import BUILT_IN, TENSORS, find_bundle
from lmpack._models.listing import BUNDLE_FILES
from lmpack._models.manifest import MANIFEST
from lmpack.errors import BundleError, ModelError, UsageError

TOKENS = random_tokens(270, np.random.default_rng(0))


@pytest.fixture
def bundle(tmp_path: Path) -> Path:
    return write_random_bundle(tmp_path / "bundle", small_shape("llama", TOKENS), TOKENS).path


def contents(folder: Path) -> dict[str, bytes]:
    return {path.name: path.read_bytes() for path in folder.iterdir()}


def test_a_bundle_is_copied_under_its_name(bundle: Path, models_folder: Path) -> None:
    before = contents(bundle)
    added = lmpack.add_model(bundle)
    assert (added.name, added.path, added.problem) == ("bundle", models_folder / "bundle", None)
    assert contents(models_folder / "bundle") == before
    assert os.listdir(models_folder) == ["bundle"]
    shutil.rmtree(bundle)
    assert added.fingerprint is not None
    assert find_bundle(added.fingerprint[:8]).path == models_folder / "bundle"


def test_only_files_of_the_bundle_are_copied_and_of_links_what_they_lead_to(
    bundle: Path, models_folder: Path
) -> None:
    (bundle / "diary.txt").write_text("private")
    (bundle / TENSORS).rename(bundle.with_name("elsewhere"))
    (bundle / TENSORS).symlink_to(bundle.with_name("elsewhere"))
    lmpack.add_model(bundle, name="mine")
    assert set(os.listdir(models_folder / "mine")) == {MANIFEST, TENSORS, "tokenizer.json"}
    assert not (models_folder / "mine" / TENSORS).is_symlink()


def test_models_of_bytes_can_be_added_too(models_folder: Path) -> None:
    added = lmpack.add_model(BUILT_IN / "tiny", name="other")
    assert (added.family, added.calls_itself) == ("bytes", "tiny")
    assert contents(models_folder / "other") == contents(BUILT_IN / "tiny")


@pytest.mark.parametrize(
    "name", ["", ".", "..", ".x", "a/b", "a\\b", "-x", "a b", "a\n", "ä", "x" * 101, "\0"]
)
def test_not_every_text_can_be_a_name(bundle: Path, models_folder: Path, name: str) -> None:
    with pytest.raises(UsageError, match="cannot be the name of a model"):
        lmpack.add_model(bundle, name=name)
    assert not models_folder.exists()


def test_a_folder_without_a_usable_name_needs_another_one(
    bundle: Path, models_folder: Path
) -> None:
    named = bundle.rename(bundle.with_name("Gemma 3"))
    with pytest.raises(UsageError, match="'Gemma 3' cannot be the name of a model"):
        lmpack.add_model(named)
    (bundle.parent / "link").symlink_to(named)
    assert lmpack.add_model(bundle.parent / "link").name == "link"
    assert lmpack.add_model(named, name="gemma").calls_itself == "random"


def test_names_are_given_once(bundle: Path, models_folder: Path) -> None:
    with pytest.raises(UsageError, match="small is the name of a built-in model"):
        lmpack.add_model(bundle, name="small")
    lmpack.add_model(bundle, name="mine")
    (models_folder / "link").symlink_to("nowhere")
    for name in ("mine", "link"):
        with pytest.raises(UsageError, match=f"there is a model '{name}' .* remove it first"):
            lmpack.add_model(bundle, name=name)
    assert sorted(os.listdir(models_folder)) == ["link", "mine"]


def test_what_is_damaged_is_not_added(bundle: Path, models_folder: Path) -> None:
    with pytest.raises(ModelError, match="is no bundle"):
        lmpack.add_model(bundle.parent)
    content = (bundle / TENSORS).read_bytes()
    (bundle / TENSORS).write_bytes(content[:-1] + b"?")
    with pytest.raises(BundleError, match="is damaged"):
        lmpack.add_model(bundle)
    assert not models_folder.exists()


def test_a_bundle_that_changes_meanwhile_is_not_added(
    bundle: Path, models_folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    copy = adding._copy

    def copy_and_change(*arguments: object) -> None:
        copy(*arguments)  # type: ignore[arg-type]
        write_random_bundle(bundle, small_shape("llama", TOKENS), TOKENS, seed=1)

    monkeypatch.setattr(adding, "_copy", copy_and_change)
    with pytest.raises(BundleError, match="changed while it was copied"):
        lmpack.add_model(bundle)
    assert os.listdir(models_folder) == []


def test_an_interrupted_copy_leaves_nothing(
    bundle: Path, models_folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def interrupt(descriptor: int) -> None:
        raise KeyboardInterrupt

    monkeypatch.setattr("lmpack._files.adding.system.sync", interrupt)
    models_folder.mkdir()
    with pytest.raises(KeyboardInterrupt):
        lmpack.add_model(bundle)
    assert os.listdir(models_folder) == []


def test_leftovers_of_killed_processes_are_deleted_when_nobody_holds_them(
    bundle: Path, models_folder: Path
) -> None:
    names = [f".lmpack-{digit * 16}.tmp" for digit in "abc"]
    for name in names:
        shutil.copytree(bundle, models_folder / name)
    (models_folder / names[2] / "diary.txt").write_text("private")
    held = os.open(models_folder / names[1], os.O_RDONLY)
    system.lock(held)
    lmpack.add_model(bundle)
    os.close(held)
    assert sorted(os.listdir(models_folder)) == [names[1], names[2], "bundle"]
    assert len(os.listdir(models_folder / names[2])) == 4


def test_removing(bundle: Path, models_folder: Path) -> None:
    lmpack.add_model(bundle)
    (models_folder / "link").symlink_to(bundle)
    lmpack.remove_model("link")
    assert os.listdir(models_folder) == ["bundle"]
    lmpack.remove_model("bundle")
    assert os.listdir(models_folder) == []
    assert (bundle / MANIFEST).exists()
    for name in ("bundle", "small", "..", "", "../bundle", ".hidden", "a\0"):
        with pytest.raises(ModelError, match="there is no model"):
            lmpack.remove_model(name)


def test_a_damaged_model_can_be_removed(bundle: Path, models_folder: Path) -> None:
    lmpack.add_model(bundle)
    (models_folder / "bundle" / MANIFEST).write_text("?")
    (models_folder / "bundle" / TENSORS).unlink()
    lmpack.remove_model("bundle")
    (models_folder / "empty").mkdir()
    lmpack.remove_model("empty")
    assert os.listdir(models_folder) == []


def test_nothing_but_a_bundle_is_removed(bundle: Path, models_folder: Path) -> None:
    lmpack.add_model(bundle)
    (models_folder / "bundle" / "diary.txt").write_text("private")
    (models_folder / "file").write_text("private")
    (models_folder / "folder" / MANIFEST).mkdir(parents=True)
    for name in ("bundle", "file", "folder"):
        with pytest.raises(UsageError, match=r"nothing was deleted|delete it yourself"):
            lmpack.remove_model(name)
    assert sorted(os.listdir(models_folder)) == ["bundle", "file", "folder"]
    assert len(os.listdir(models_folder / "bundle")) == 4


def test_the_files_of_a_bundle_are_known(bundle: Path) -> None:
    for folder in (bundle, *BUILT_IN.glob("*/")):
        assert set(os.listdir(folder)) <= set(BUNDLE_FILES), folder


@pytest.mark.parametrize("of", ["bytes", "decoder"])
def test_no_file_of_the_user_is_taken_for_a_tokenizer(
    bundle: Path, models_folder: Path, tmp_path: Path, of: str
) -> None:
    if of == "bytes":
        bundle = shutil.copytree(BUILT_IN / "tiny", tmp_path / "tiny")
    secret = tmp_path / "secret"
    secret.write_text("PRIVATE KEY")
    (bundle / "tokenizer.json").unlink(missing_ok=True)
    (bundle / "tokenizer.json").symlink_to(secret)
    if of == "bytes":
        lmpack.add_model(bundle, name="mine")
    else:
        with pytest.raises(BundleError, match="is damaged or was changed"):
            lmpack.add_model(bundle, name="mine")
    assert not (models_folder / "mine" / "tokenizer.json").exists()


def test_verifying_looks_at_the_tokenizer(bundle: Path, models_folder: Path) -> None:
    lmpack.add_model(bundle, name="mine")
    (models_folder / "mine" / "tokenizer.json").write_text("{}")
    (found,) = lmpack.added_models(verify=True)
    assert "tokenizer.json is damaged or was changed" in str(found.problem)
    (models_folder / "mine" / "tokenizer.json").unlink()
    (found,) = lmpack.added_models(verify=True)
    assert found.problem is not None
