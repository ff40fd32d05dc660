"""A file gets its name when it is whole, and who writes to its folder cannot lead it elsewhere."""

from __future__ import annotations

import errno
import os
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from fake_models import FakeModels

import lmpack
from lmpack._blocks.coders import Encoder
from lmpack._container import Block
from lmpack._files.disk.folder import Folder

pytestmark = pytest.mark.usefixtures("fake_models", "small_blocks")

as_root = pytest.mark.skipif(os.geteuid() != 0, reason="only root may give files away")


# Who may write to the folder


def while_encoding(monkeypatch: pytest.MonkeyPatch, change: Callable[[], object]) -> None:
    """Calls `change` at each block."""
    encode = Encoder.encode

    def changing(encoder: Encoder, plain: bytes, share_done: object = None) -> Block:
        change()
        return encode(encoder, plain)

    monkeypatch.setattr(Encoder, "encode", changing)


def put_link_in_place_of_temporary(folder: Path, victim: Path) -> None:
    (temporary,) = folder.glob(".lmpack-*.tmp")
    temporary.unlink()
    temporary.symlink_to(victim)


@pytest.mark.parametrize("force", [False, True])
@pytest.mark.parametrize("remove", [False, True])
@pytest.mark.parametrize("owned", [False, pytest.param(True, marks=as_root)])
def test_a_link_in_the_place_of_the_temporary_file(
    tree: Path, monkeypatch: pytest.MonkeyPatch, force: bool, remove: bool, owned: bool
) -> None:
    victim = tree / "victim"
    victim.write_bytes(b"secret")
    victim.chmod(0o600)
    before = victim.stat()
    source = tree / "one"
    source.chmod(0o666)
    if owned:
        os.chown(source, 65534, 65534)
    while_encoding(monkeypatch, lambda: put_link_in_place_of_temporary(tree, victim))
    (result,) = lmpack.compress_files([source], force=force, remove=remove)
    assert "another process has put a file in the place of this one" in str(result.error)
    assert str(tree / "one.lmp") in str(result.error)
    assert source.exists()
    assert not os.path.lexists(tree / "one.lmp")
    assert victim.read_bytes() == b"secret"
    after = victim.stat()
    for field in ("st_mode", "st_uid", "st_gid", "st_mtime_ns", "st_nlink"):
        assert getattr(after, field) == getattr(before, field)


@pytest.mark.parametrize("force", [False, True])
def test_a_file_swapped_at_the_last_moment_does_not_cost_the_source(
    tree: Path, monkeypatch: pytest.MonkeyPatch, force: bool
) -> None:
    """Between the last look at a name and its renaming there is always a moment."""
    call = Folder.rename if force else Folder.link

    def swapped(folder: Folder, name: str, new: str) -> None:
        os.unlink(tree / name)
        (tree / name).write_bytes(b"of the attacker")
        call(folder, name, new)

    monkeypatch.setattr(Folder, call.__name__, swapped)
    (result,) = lmpack.compress_files([tree / "one"], force=force, remove=True)
    assert "another process has put a file" in str(result.error)
    assert (tree / "one").read_bytes() == b"x"


# The order on the disk


@pytest.mark.parametrize("force", [False, True])
def test_content_then_name_then_folder_then_the_source_goes(
    tree: Path, monkeypatch: pytest.MonkeyPatch, force: bool
) -> None:
    """After a power cut at any moment one of the two files is whole and has its name."""
    calls: list[str] = []

    def watch(function: str, name: Callable[..., str]) -> None:
        real = getattr(os, function)

        def watched(*arguments: Any, **more: Any) -> Any:
            calls.append(name(*arguments))
            return real(*arguments, **more)

        monkeypatch.setattr(os, function, watched)

    def synced(descriptor: int) -> str:
        return "sync " + ("folder" if os.path.isdir(f"/dev/fd/{descriptor}") else "file")

    watch("fsync", synced)
    watch("link", lambda old, new: f"name {new}")
    watch("replace", lambda old, new: f"name {new}")
    watch("unlink", lambda name, **more: "delete temporary" if "tmp" in name else f"delete {name}")
    (result,) = lmpack.compress_files([tree / "one"], force=force, remove=True)
    assert result.error is None
    expected = ["sync file", "name one.lmp", "sync folder", "delete one", "sync folder"]
    assert [call for call in calls if call != "delete temporary"] == expected


@pytest.mark.parametrize("function", ["fsync", "write", "close"])
@pytest.mark.parametrize("number", [errno.EIO, errno.ENOSPC])
def test_content_that_does_not_reach_the_disk_is_an_error(
    tree: Path, monkeypatch: pytest.MonkeyPatch, function: str, number: int
) -> None:
    real = getattr(os, function)
    failed: list[int] = []

    def fail_once(descriptor: int, *arguments: Any) -> Any:
        if not failed and ".lmpack-" in os.readlink(f"/proc/self/fd/{descriptor}"):
            failed.append(descriptor)
            raise OSError(number, os.strerror(number))
        return real(descriptor, *arguments)

    if not os.path.isdir("/proc/self/fd"):
        pytest.skip("this system does not tell the names of open files")
    monkeypatch.setattr(os, function, fail_once)
    (result,) = lmpack.compress_files([tree / "one"], remove=True)
    assert isinstance(result.error, OSError)
    assert (result.error.errno, result.error.filename) == (number, str(tree / "one.lmp"))
    assert failed
    assert (tree / "one").exists()
    assert not list(tree.glob(".lmpack-*"))
    assert not (tree / "one.lmp").exists()


def test_a_file_system_that_cannot_sync_folders(
    tree: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def no_sync(descriptor: int) -> None:
        raise OSError(errno.EINVAL, "Invalid argument")

    monkeypatch.setattr(os, "fsync", no_sync)
    (result,) = lmpack.compress_files([tree / "one"], remove=True)
    assert (result.error, (tree / "one").exists()) == (None, False)


# What is known before the work


def test_a_name_that_is_too_long_is_noticed_first(tree: Path, fake_models: FakeModels) -> None:
    source = (tree / "one").rename(tree / ("n" * 252))
    for paths in ([source], [tree / "long", source]):
        assert fake_models.opened == []
        *_, result = lmpack.compress_files(paths, force=True)
        assert isinstance(result.error, OSError)
        assert result.error.errno == errno.ENAMETOOLONG
        assert result.error.filename == f"{source}.lmp"


@pytest.mark.parametrize("later", [False, True])
def test_a_file_that_may_not_be_replaced_is_noticed_first(
    tree: Path, monkeypatch: pytest.MonkeyPatch, fake_models: FakeModels, later: bool
) -> None:
    (tree / "one.lmp").write_bytes(b"of somebody else")
    tree.chmod(0o1777)
    monkeypatch.setattr(os, "geteuid", lambda: 4242)
    paths = [tree / "long", tree / "one"] if later else [tree / "one"]
    *_, result = lmpack.compress_files(paths, force=True)
    assert isinstance(result.error, PermissionError)
    assert result.error.filename == str(tree / "one.lmp")
    assert (tree / "one.lmp").read_bytes() == b"of somebody else"
    if not later:
        assert fake_models.opened == []


def test_a_folder_that_may_not_be_written_is_noticed_first(
    tree: Path, monkeypatch: pytest.MonkeyPatch, fake_models: FakeModels
) -> None:
    monkeypatch.setattr(os, "access", lambda path, mode, **more: False)
    (result,) = lmpack.compress_files([tree / "long"])
    assert isinstance(result.error, PermissionError)
    assert result.error.filename == str(tree / "long.lmp")
    assert fake_models.opened == []


@pytest.mark.parametrize("function", ["rename", "link", "open"])
def test_errors_name_the_target(tree: Path, monkeypatch: pytest.MonkeyPatch, function: str) -> None:
    def fail(folder: Folder, *arguments: Any) -> None:
        raise PermissionError(errno.EPERM, "Operation not permitted", ".lmpack-x.tmp")

    monkeypatch.setattr(Folder, function, fail)
    if function == "link":
        monkeypatch.setattr(Folder, "rename", fail)
    (result,) = lmpack.compress_files([tree / "one"], force=function == "rename")
    assert isinstance(result.error, PermissionError)
    assert result.error.filename == str(tree / "one.lmp")
    assert not list(tree.glob(".lmpack-*"))


def test_without_hard_links_files_are_renamed(tree: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def no_links(folder: Folder, name: str, new: str) -> None:
        raise OSError(errno.EPERM, "Operation not permitted")

    monkeypatch.setattr(Folder, "link", no_links)
    (result,) = lmpack.compress_files([tree / "one"])
    assert result.error is None
    assert (tree / "one.lmp").read_bytes() == lmpack.compress(b"x")
