"""The proof that an executor gives a bundle's integers: when it is made again, and when not."""

from __future__ import annotations

import os
import shutil
from pathlib import Path

import numpy as np
import pytest
from random_models import ARCHITECTURES, random_bundle
from rewritten_bundles import Manifest, edit_manifest

import lmpack._native
from lmpack._executors import Executor, conformance, open_executor
from lmpack._executors.native import NativeExecutor
from lmpack._executors.onnxruntime import OnnxRuntimeExecutor
from lmpack._executors.proofs import proof_key
from lmpack._models.bundle import Bundle, load_byte_model
from lmpack._models.proof_memory import is_proved, remember_proof

KEY = "0123456789abcdef"

needs_owners = pytest.mark.skipif(not hasattr(os, "geteuid"), reason="files have no owner here")


@pytest.fixture(scope="module")
def original(tmp_path_factory: pytest.TempPathFactory) -> Bundle:
    return random_bundle(tmp_path_factory.mktemp("original"), ARCHITECTURES["plain"])


@pytest.fixture
def proofs(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """The folder of the proofs, which is not there yet."""
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "cache"))
    return tmp_path / "cache" / "lmpack" / "proofs"


@pytest.fixture
def checked(monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """Versions of the executors that had to prove themselves."""
    found: list[str] = []
    check = conformance.check_conformance

    def watched(bundle: Bundle, executor: Executor) -> None:
        found.append(executor.version)
        check(bundle, executor)

    monkeypatch.setattr(conformance, "check_conformance", watched)
    return found


def test_each_executor_proves_itself_once_for_a_bundle(
    original: Bundle,
    tmp_path: Path,
    proofs: Path,
    checked: list[str],
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    open_executor(original)
    assert len(checked) == 1
    open_executor(original)
    assert len(checked) == 1
    open_executor(original, "cpu:onnxruntime")
    assert len(checked) == 2
    monkeypatch.setattr("lmpack._executors.onnxruntime.OnnxRuntimeExecutor.version", "another")
    open_executor(original, "cpu:onnxruntime")
    assert len(checked) == 3
    other = random_bundle(tmp_path / "other", ARCHITECTURES["plain"], seed=3)
    open_executor(other)
    assert len(checked) == 4


def test_vectors_belong_to_what_was_proven(
    original: Bundle, tmp_path: Path, proofs: Path, checked: list[str]
) -> None:
    """Weaker vectors prove nothing about the same model with better ones."""
    folder = Path(shutil.copytree(original.path, tmp_path / "copy"))
    executor = NativeExecutor(original)

    def weaken(manifest: Manifest) -> None:
        start = [[original.architecture.start_symbol]]
        digest = conformance.odds_digest(executor.prefill(executor.start(1), np.array(start)))
        manifest["conformance"] = [{"symbols": start, "sha256": digest}]

    edit_manifest(folder, weaken)
    open_executor(load_byte_model(folder))
    open_executor(original)
    assert len(checked) == 2


def copy_of(file: str, folder: Path) -> str:
    """The same bytes with the same times, at another place."""
    folder.mkdir()
    return str(shutil.copy2(file, folder))


def test_another_build_of_the_same_size_and_time_proves_itself(
    original: Bundle, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    executor = NativeExecutor(original)
    library = Path(copy_of(lmpack._native.__file__, tmp_path / "one"))
    monkeypatch.setattr(lmpack._native, "__file__", str(library))
    before, status = proof_key(original, executor), library.stat()
    assert proof_key(original, executor) == before
    with open(library, "r+b") as file:
        file.write(b"\x7f")
    os.utime(library, ns=(status.st_atime_ns, status.st_mtime_ns))
    after = library.stat()
    assert (after.st_size, after.st_mtime_ns) == (status.st_size, status.st_mtime_ns)
    assert proof_key(original, executor) != before


def test_another_build_of_onnxruntime_proves_itself(
    original: Bundle, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    executor = OnnxRuntimeExecutor(original)
    assert all(map(os.path.isfile, executor.libraries))
    keys = set()
    for name in ("one", "two"):
        (tmp_path / name).write_bytes(b"library")
        monkeypatch.setattr(executor, "libraries", (str(tmp_path / name),))
        keys.add(proof_key(original, executor))
    assert len(keys) == 2


def test_a_proof_is_a_file_of_the_user_alone(proofs: Path) -> None:
    assert not is_proved(KEY)
    remember_proof(KEY)
    assert is_proved(KEY)
    assert [path.name for path in proofs.iterdir()] == [KEY]
    if hasattr(os, "geteuid"):
        assert (proofs / KEY).stat().st_mode & 0o777 == 0o600
        assert proofs.stat().st_mode & 0o777 == 0o700


@pytest.mark.parametrize("content", [b"", b"lmpack: proved", b"\0" * 10_000])
def test_another_content_is_no_proof(proofs: Path, content: bytes) -> None:
    remember_proof(KEY)
    (proofs / KEY).write_bytes(content)
    assert not is_proved(KEY)
    remember_proof(KEY)
    assert is_proved(KEY)


def test_a_proof_for_another_combination_is_none(proofs: Path) -> None:
    remember_proof(KEY)
    shutil.copy(proofs / KEY, proofs / KEY[::-1])
    assert not is_proved(KEY[::-1])


@needs_owners
@pytest.mark.parametrize("mode", [0o770, 0o707, 0o1777])
def test_a_folder_that_others_can_write_to_is_not_believed(proofs: Path, mode: int) -> None:
    remember_proof(KEY)
    proofs.chmod(mode)
    assert not is_proved(KEY)
    remember_proof(KEY[::-1])
    assert not (proofs / KEY[::-1]).exists()
    proofs.chmod(0o700)
    (proofs / KEY).chmod(0o620)
    assert not is_proved(KEY)


@needs_owners
def test_a_folder_of_another_user_is_not_believed(
    proofs: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    remember_proof(KEY)
    another = os.geteuid() + 1
    monkeypatch.setattr(os, "geteuid", lambda: another)
    assert not is_proved(KEY)
    remember_proof(KEY[::-1])
    assert not (proofs / KEY[::-1]).exists()


@needs_owners
def test_links_and_pipes_are_not_believed(proofs: Path, tmp_path: Path) -> None:
    remember_proof(KEY)
    (proofs / KEY).rename(tmp_path / "elsewhere")
    (proofs / KEY).symlink_to(tmp_path / "elsewhere")
    assert not is_proved(KEY)
    (proofs / KEY).unlink()
    os.mkfifo(proofs / KEY)
    assert not is_proved(KEY)
    proofs.rename(tmp_path / "moved")
    proofs.symlink_to(tmp_path / "moved")
    remember_proof(KEY[::-1])
    assert not is_proved(KEY[::-1])


def test_a_failed_write_leaves_nothing(proofs: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def full(*paths: object) -> None:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(os, "replace", full)
    remember_proof(KEY)
    assert list(proofs.iterdir()) == []


def test_without_a_folder_the_check_runs_each_time(
    original: Bundle, tmp_path: Path, checked: list[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "file").touch()
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "file"))
    for _ in range(2):
        assert open_executor(original).architecture == original.architecture

    def homeless() -> Path:
        raise RuntimeError("Could not determine home directory.")

    monkeypatch.delenv("XDG_CACHE_HOME")
    monkeypatch.setattr(Path, "home", homeless)
    open_executor(original)
    assert len(checked) == 3
