"""Folders that a batch makes are like those in which its files were found."""

from __future__ import annotations

import errno
import os
from pathlib import Path
from typing import Any

import pytest
from trees import CONTENTS, errors, packed_tree, read_tree

import lmpack
from lmpack._blocks.coders import Encoder
from lmpack._container import Block
from lmpack._files.disk import system

pytestmark = pytest.mark.usefixtures("fake_models", "small_blocks")

as_root = pytest.mark.skipif(os.geteuid() != 0, reason="only root may give folders away")


def permissions(path: Path) -> int:
    return path.stat().st_mode & 0o777


@pytest.mark.parametrize("remove", [False, True])
def test_permissions_and_times_are_those_of_the_folders(tree: Path, remove: bool) -> None:
    folders = {tree: (0o700, 10**18), tree / "sub": (0o555, 2), tree / "sub" / "sub": (0o751, 3)}
    for folder, (mode, time) in sorted(folders.items(), reverse=True):
        os.utime(folder, ns=(time, time))
        folder.chmod(mode)
    out = tree.parent / "deep" / "out"
    results = list(lmpack.compress_files([tree], out, recursive=True, remove=remove))
    assert read_tree(out) == packed_tree(CONTENTS)
    for folder, (mode, time) in folders.items():
        made = out / folder.relative_to(tree)
        assert (permissions(made), made.stat().st_mtime_ns) == (mode, time), made
    assert not [warning for result in results for warning in result.warnings]


def test_nobody_may_look_into_a_private_folder_while_it_is_filled(
    tree: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    out, seen = tree.parent / "out", []
    encode = Encoder.encode

    def watched(encoder: Encoder, plain: bytes, share_done: object = None) -> Block:
        seen.append(permissions(out) if out.exists() else 0)
        return encode(encoder, plain)

    monkeypatch.setattr(Encoder, "encode", watched)
    tree.chmod(0o500)
    list(lmpack.compress_files([tree], out, recursive=True))
    assert set(seen) == {0o700}
    assert permissions(out) == 0o500


@pytest.mark.parametrize("private_first", [False, True])
def test_a_folder_for_several_has_what_all_of_them_allow(tree: Path, private_first: bool) -> None:
    other = tree.parent / "other"
    other.mkdir(mode=0o705)
    (other / "two").write_bytes(b"2")
    tree.chmod(0o750)
    tops = [other, tree] if private_first else [tree, other]
    assert not errors(list(lmpack.compress_files(tops, tree.parent / "o", recursive=True)))
    assert permissions(tree.parent / "o") == 0o700


def test_folders_that_were_there_stay_as_they_are(tree: Path) -> None:
    out = tree.parent / "out"
    (out / "sub").mkdir(parents=True)
    (out / "sub").chmod(0o711)
    tree.chmod(0o700)
    (tree / "sub").chmod(0o700)
    before = permissions(out)
    list(lmpack.compress_files([tree], out, recursive=True))
    assert (permissions(out), permissions(out / "sub")) == (before, 0o711)


def test_without_a_tree_folders_are_made_as_always(tree: Path) -> None:
    out = tree.parent / "a" / "b"
    list(lmpack.compress_files([tree / "one"], out))
    (tree.parent / "plain").mkdir()
    assert permissions(out) == permissions(tree.parent / "plain")


def test_lost_attributes_are_said(tree: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def no_times(*arguments: Any, **more: Any) -> None:
        raise OSError(errno.EPERM, "Operation not permitted")

    out = tree.parent / "out"
    # The last one of all fails: what is said of folders does not hang on it.
    (tree / "sub" / "sub" / "long").rename(tree / "sub" / "sub" / "name")
    (tree / "sub" / "sub" / "other").symlink_to("nowhere")
    (tree / "sub" / "sub" / ("x" * 252)).write_bytes(b"")
    monkeypatch.setattr(os, "utime", no_times)
    results = list(lmpack.compress_files([tree], out, recursive=True))
    assert errors(results).keys() == {"x" * 252}
    said = [warning for result in results for warning in result.warnings if str(out) in warning]
    expected = [f"the folder {path}: its times" for path in (out, out / "sub", out / "sub/sub")]
    assert sorted(warning.split(" could")[0] for warning in said) == sorted(expected)


def test_new_folders_are_on_the_disk_before_a_source_goes(
    tree: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    synced: list[tuple[Path, bool]] = []
    sync = system.sync

    def watched(descriptor: int) -> None:
        path = Path(os.path.realpath(f"/dev/fd/{descriptor}"))
        synced.append((path, (tree / "sub" / "short").exists()))
        sync(descriptor)

    monkeypatch.setattr(system, "sync", watched)
    out = tree.parent / "out"
    list(lmpack.compress_files([tree / "sub"], out, recursive=True, remove=True))
    before = {path for path, exists in synced if exists}
    assert {tree.parent, out} <= before


@as_root
def test_a_link_in_the_place_of_a_new_folder_is_not_followed(
    tree: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Who may write to the folder above could have root give away another folder."""
    victim, out = tree.parent / "victim", tree.parent / "out"
    victim.mkdir(mode=0o700)
    os.chown(tree, 65534, 65534)
    mkdir = os.mkdir

    def swapped(name: Any, mode: int = 0o777, **more: Any) -> None:
        mkdir(name, mode, **more)
        if name == "out":
            out.rmdir()
            out.symlink_to(victim)

    monkeypatch.setattr(os, "mkdir", swapped)
    results = list(lmpack.compress_files([tree], out, recursive=True))
    assert all(result.error is not None for result in results)
    assert (victim.stat().st_uid, permissions(victim)) == (0, 0o700)
    assert not list(victim.iterdir())
