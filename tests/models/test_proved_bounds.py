"""Bounds of a model: checked once for each content, and again when anything is in doubt."""

from __future__ import annotations

import shutil
from pathlib import Path

import numpy as np
import pytest
from random_models import ARCHITECTURES, random_bundle
from rewritten_bundles import replace_tensors

from lmpack._models import bounds, proved_bounds
from lmpack._models.architecture import Architecture
from lmpack._models.bundle import TENSORS, Bundle, load_bundle
from lmpack._models.tensors import Tensors
from lmpack.errors import BundleError


@pytest.fixture(scope="module")
def original(tmp_path_factory: pytest.TempPathFactory) -> Bundle:
    return random_bundle(tmp_path_factory.mktemp("original"), ARCHITECTURES["plain"])


@pytest.fixture
def proofs(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """The folder of the proofs, which is not there yet."""
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "cache"))
    return tmp_path / "cache" / "lmpack" / "proofs"


@pytest.fixture
def checked(monkeypatch: pytest.MonkeyPatch) -> list[Architecture]:
    """Shapes of the models that were checked."""
    found: list[Architecture] = []
    check = bounds.check_bounds

    def watched(architecture: Architecture, tensors: Tensors) -> None:
        found.append(architecture)
        check(architecture, tensors)

    monkeypatch.setattr(bounds, "check_bounds", watched)
    return found


def copy_of(bundle: Bundle, folder: Path) -> Path:
    """The same bundle elsewhere, of which nothing is remembered in this process."""
    return Path(shutil.copytree(bundle.path, folder))


def test_each_content_is_checked_once(
    original: Bundle, tmp_path: Path, proofs: Path, checked: list[Architecture]
) -> None:
    load_bundle(copy_of(original, tmp_path / "one"))
    load_bundle(copy_of(original, tmp_path / "two"))
    assert len(checked) == 1
    other = copy_of(original, tmp_path / "three")
    embedding = original.tensors()["embedding"].copy()
    embedding[0, 0] ^= 1
    replace_tensors(other, {"embedding": embedding})
    load_bundle(other)
    assert len(checked) == 2


def test_what_is_out_of_bounds_is_refused_each_time(
    original: Bundle, tmp_path: Path, proofs: Path, checked: list[Architecture]
) -> None:
    load_bundle(copy_of(original, tmp_path / "good"))
    bad = copy_of(original, tmp_path / "bad")
    replace_tensors(bad, {"score_scale": np.zeros(1, np.float32)})
    for _ in range(2):
        with pytest.raises(BundleError, match="score_scale has values that are not above 0"):
            load_bundle(bad)
    assert len(checked) == 3


def test_what_is_proved_is_still_compared_with_the_fingerprint(
    original: Bundle, tmp_path: Path, proofs: Path, checked: list[Architecture]
) -> None:
    folder = copy_of(original, tmp_path / "copy")
    load_bundle(folder)
    content = bytearray((folder / TENSORS).read_bytes())
    content[-1] ^= 1
    (folder / TENSORS).write_bytes(content)
    with pytest.raises(BundleError, match="is damaged or was changed"):
        load_bundle(folder)


def test_other_rules_check_anew(
    original: Bundle,
    tmp_path: Path,
    proofs: Path,
    checked: list[Architecture],
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    load_bundle(copy_of(original, tmp_path / "one"))
    monkeypatch.setattr(proved_bounds, "_RULES", ("bounds.py",))
    load_bundle(copy_of(original, tmp_path / "two"))
    assert len(checked) == 2
    monkeypatch.setattr(proved_bounds, "_RULES", ("not there.py",))
    for name in ("three", "four"):
        load_bundle(copy_of(original, tmp_path / name))
    assert len(checked) == 4


def test_a_forged_proof_is_none(
    original: Bundle, tmp_path: Path, proofs: Path, checked: list[Architecture]
) -> None:
    load_bundle(copy_of(original, tmp_path / "one"))
    (proof,) = proofs.iterdir()
    proof.write_bytes(b"lmpack: proved something else")
    load_bundle(copy_of(original, tmp_path / "two"))
    assert len(checked) == 2


def test_without_a_folder_for_proofs_each_use_checks(
    original: Bundle, tmp_path: Path, proofs: Path, checked: list[Architecture]
) -> None:
    proofs.parent.parent.write_bytes(b"a file in the place of the folder")
    for name in ("one", "two"):
        load_bundle(copy_of(original, tmp_path / name))
    assert len(checked) == 2
