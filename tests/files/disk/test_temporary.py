"""Temporary files: which ones are leftovers, and what only looks like one."""

from __future__ import annotations

import errno
import os
from pathlib import Path
from typing import Any

import pytest
from interrupting import background

import lmpack
from lmpack._files.disk import system
from lmpack._files.disk.folder import Folder
from lmpack._files.disk.temporary import (
    TemporaryFile,
    discard_unfinished,
    is_temporary,
    remove_leftovers,
)

pytestmark = pytest.mark.usefixtures("fake_models", "small_blocks")

OURS = ".lmpack-0123456789abcdef.tmp"
SECONDS = 30
"""After which something that should not wait counts as hanging."""


def test_only_our_own_names_are_ours() -> None:
    assert is_temporary(OURS)
    for name in (
        ".lmpack-notes.tmp",
        ".lmpack-.tmp",
        ".lmpack-0123456789ABCDEF.tmp",
        ".lmpack-0123456789abcdef0.tmp",
        "x" + OURS,
        OURS + "\n",
        OURS + ".lmp",
    ):
        assert not is_temporary(name)


def test_a_file_of_the_user_with_a_similar_name_is_one_like_all_others(tree: Path) -> None:
    (tree / ".lmpack-notes.tmp").write_bytes(b"x")
    results = list(lmpack.compress_files([tree], recursive=True, resume=True))
    assert str(tree / ".lmpack-notes.tmp") in [r.source for r in results if r.sizes is not None]
    assert (tree / ".lmpack-notes.tmp").read_bytes() == b"x"
    assert (tree / ".lmpack-notes.tmp.lmp").exists()


def test_what_is_no_regular_file_is_neither_opened_nor_deleted(tmp_path: Path) -> None:
    names = [f".lmpack-{number:016x}.tmp" for number in range(4)]
    victim = tmp_path / "victim"
    victim.write_bytes(b"precious")
    os.mkfifo(tmp_path / names[0])
    (tmp_path / names[1]).symlink_to(victim)
    (tmp_path / names[2]).symlink_to("/dev/zero")
    (tmp_path / names[3]).mkdir()
    background(lambda: remove_leftovers(tmp_path)).result(timeout=SECONDS)
    assert sorted(path.name for path in tmp_path.iterdir()) == [*names, "victim"]
    (tmp_path / "one").write_bytes(b"x")
    call = background(lambda: list(lmpack.compress_files([tmp_path / "one"], resume=True)))
    (result,) = call.result(timeout=SECONDS)
    assert result.error is None


@pytest.mark.parametrize("resume", [False, True])
@pytest.mark.parametrize("into_folder", [False, True])
def test_leftovers_go_when_a_file_is_written_beside_them(
    tree: Path, resume: bool, into_folder: bool
) -> None:
    out = tree.parent / "out"
    out.mkdir()
    folder = out if into_folder else tree
    (folder / OURS).write_bytes(b"a fragment")
    list(lmpack.compress_files([tree / "one"], out if into_folder else None, resume=resume))
    assert not (folder / OURS).exists()


def test_a_folder_is_looked_through_once(tree: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    listed = []
    names = Folder.names

    def counted(folder: Folder) -> list[str]:
        listed.append(folder.path)
        return names(folder)

    monkeypatch.setattr(Folder, "names", counted)
    list(lmpack.compress_files([tree / "one", tree / "long", tree / "block"]))
    assert listed == [tree]


def test_without_locks_files_are_written_and_leftovers_stay(
    tree: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    fcntl = pytest.importorskip("fcntl")

    def no_locks(*arguments: Any) -> None:
        raise OSError(errno.ENOLCK, os.strerror(errno.ENOLCK))

    (tree / OURS).write_bytes(b"of whom?")
    monkeypatch.setattr(fcntl, "flock", no_locks)
    (result,) = lmpack.compress_files([tree / "one"])
    assert (result.error, result.warnings) == (None, ())
    assert (tree / OURS).exists()


def test_a_file_that_was_taken_for_a_leftover_is_made_again(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Between the making of a file and its locking another process may sweep it."""
    lock = system.lock
    stolen: list[str] = []

    def late(descriptor: int) -> bool | None:
        if not stolen:
            (name,) = os.listdir(tmp_path)
            stolen.append(name)
            os.unlink(tmp_path / name)
        return lock(descriptor)

    monkeypatch.setattr(system, "lock", late)
    with Folder(tmp_path) as folder:
        file = TemporaryFile(folder, 0o600)
        assert stolen != [file.name] == os.listdir(tmp_path)
        file.discard()
        assert os.listdir(tmp_path) == []


def test_a_file_that_somebody_else_locks_is_not_waited_for(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(system, "lock", lambda descriptor: False)
    with Folder(tmp_path) as folder, pytest.raises(OSError, match="takes away each temporary"):
        TemporaryFile(folder, 0o600)
    assert os.listdir(tmp_path) == []


@pytest.mark.skipif(os.geteuid() != 0, reason="only root can have files of somebody else")
def test_leftovers_of_other_users_stay(tmp_path: Path) -> None:
    (tmp_path / OURS).touch()
    os.chown(tmp_path / OURS, 65534, 65534)
    remove_leftovers(tmp_path)
    assert (tmp_path / OURS).exists()


def test_what_a_signal_came_between_is_discarded_at_the_end(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    with Folder(tmp_path) as folder:
        kept = TemporaryFile(folder, 0o600)
        os.rename(tmp_path / kept.name, tmp_path / "whole")
        unseen = TemporaryFile(folder, 0o600)
        assert (tmp_path / unseen.name).exists()
        discard_unfinished()
        assert os.listdir(tmp_path) == ["whole"]

    def interrupted(descriptor: int) -> os.stat_result:
        raise KeyboardInterrupt

    with Folder(tmp_path) as folder, monkeypatch.context() as patch:
        patch.setattr(os, "fstat", interrupted)
        with pytest.raises(KeyboardInterrupt):
            TemporaryFile(folder, 0o600)
    assert os.listdir(tmp_path) == ["whole"]
