"""What becomes of owner, group, permissions and times, and of those that cannot be kept."""

from __future__ import annotations

import errno
import os
from pathlib import Path
from types import SimpleNamespace
from typing import Any, cast

import pytest

import lmpack
from lmpack._files.disk.attributes import Opened, keep_attributes

pytestmark = pytest.mark.usefixtures("fake_models", "small_blocks")

needs_root = pytest.mark.skipif(
    not hasattr(os, "geteuid") or os.geteuid() != 0, reason="only root may give files away"
)
ATTRIBUTES = {"chmod": "permissions", "utime": "times"}
SYSTEM_SAYS = [errno.EPERM, errno.ENOTSUP, errno.ENOSYS, errno.EIO]


def failing(number: int) -> Any:
    def fail(*arguments: Any, **more: Any) -> None:
        raise OSError(number, os.strerror(number))

    return fail


@pytest.mark.parametrize("function", ATTRIBUTES)
@pytest.mark.parametrize("number", SYSTEM_SAYS)
def test_a_file_system_without_an_attribute_can_be_written_to(
    tree: Path, monkeypatch: pytest.MonkeyPatch, function: str, number: int
) -> None:
    (tree / "one").chmod(0o640)
    monkeypatch.setattr(os, function, failing(number))
    (result,) = lmpack.compress_files([tree / "one"], remove=True)
    assert result.error is None
    reason = os.strerror(number)
    assert result.warnings == (f"its {ATTRIBUTES[function]} could not be kept: {reason}",)
    assert (tree / "one.lmp").read_bytes() == lmpack.compress(b"x")
    assert not (tree / "one").exists()


def test_nothing_is_said_when_all_is_kept(tree: Path) -> None:
    (result,) = lmpack.compress_files([tree / "one"])
    assert result.warnings == ()


@pytest.mark.parametrize(
    ("permissions", "left"),
    [(0o640, 0o600), (0o664, 0o644), (0o604, 0o600), (0o751, 0o711), (0o644, 0o644)],
)
def test_a_new_group_gets_only_what_all_others_have(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, permissions: int, left: int
) -> None:
    (tmp_path / "old").touch()
    (tmp_path / "old").chmod(permissions)
    old = (tmp_path / "old").stat()
    like = SimpleNamespace(
        st_mode=old.st_mode,
        st_uid=old.st_uid,
        st_gid=old.st_gid + 1,  # in which this user is not
        st_atime_ns=old.st_atime_ns,
        st_mtime_ns=old.st_mtime_ns,
    )
    (tmp_path / "new").touch(0o600)
    monkeypatch.setattr(os, "chown", failing(errno.EPERM))
    with open(tmp_path / "new", "r+b") as new:
        opened = Opened(new.fileno(), str(tmp_path / "new"))
        lost = keep_attributes(opened, cast(os.stat_result, like))
    assert (tmp_path / "new").stat().st_mode & 0o777 == left
    assert [sentence[:9] for sentence in lost] == ["its group"] * (left != permissions)


@needs_root
def test_the_group_is_kept_where_the_owner_cannot_be(
    tree: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    chown = os.chown

    def only_the_group(file: Any, owner: int, group: int) -> None:
        if owner != -1:
            raise PermissionError(errno.EPERM, "Operation not permitted")
        chown(file, owner, group)

    chown(tree / "one", 65534, 5000)
    (tree / "one").chmod(0o640)
    monkeypatch.setattr(os, "chown", only_the_group)
    monkeypatch.setattr(os, "geteuid", lambda: 1000)
    (result,) = lmpack.compress_files([tree / "one"])
    status = (tree / "one.lmp").stat()
    assert (status.st_uid, status.st_gid, status.st_mode & 0o777) == (0, 5000, 0o640)
    assert result.warnings == ()


@needs_root
def test_root_keeps_owner_and_group(tree: Path) -> None:
    os.chown(tree / "one", 65534, 5000)
    (result,) = lmpack.compress_files([tree / "one"])
    status = (tree / "one.lmp").stat()
    assert (status.st_uid, status.st_gid, result.warnings) == (65534, 5000, ())
