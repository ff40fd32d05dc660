"""What is deleted after a conversion, and what never is."""

from __future__ import annotations

import errno
import os
from pathlib import Path

import pytest
from fake_models import FakeModels
from interrupting import background

import lmpack
from lmpack._blocks.coders import Encoder
from lmpack._container import Block
from lmpack._files.disk.folder import Folder

pytestmark = pytest.mark.usefixtures("fake_models", "small_blocks")


def while_encoding(monkeypatch: pytest.MonkeyPatch, change: object) -> None:
    """Calls `change` once, when the first block is coded."""
    encode = Encoder.encode
    todo = [change]

    def changing(encoder: Encoder, plain: bytes, share_done: object = None) -> Block:
        if todo:
            todo.pop()()  # type: ignore[operator]
        return encode(encoder, plain)

    monkeypatch.setattr(Encoder, "encode", changing)


def test_a_file_changed_in_place_with_its_time_put_back_is_kept(
    tree: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    source = tree / "one"

    def change() -> None:
        before = source.stat()
        source.write_bytes(b"y")
        os.utime(source, ns=(before.st_atime_ns, before.st_mtime_ns))

    while_encoding(monkeypatch, change)
    (result,) = lmpack.compress_files([source], remove=True)
    assert "it is kept" in str(result.error)
    assert source.read_bytes() == b"y"


@pytest.mark.parametrize("size", [0, 100, 5000])
@pytest.mark.parametrize("remove", [False, True])
def test_a_file_that_changes_its_length_is_warned_of(
    tree: Path, monkeypatch: pytest.MonkeyPatch, size: int, remove: bool
) -> None:
    while_encoding(monkeypatch, lambda: os.truncate(tree / "long", size))
    (result,) = lmpack.compress_files([tree / "long"], remove=remove, threads=1)
    (warning,) = result.warnings
    assert "changed while it was read: the output may hold old and new" in warning
    assert (result.error is None) == (not remove)
    assert (tree / "long").stat().st_size == size
    assert (tree / "long.lmp").exists()


def test_of_what_was_not_done_nothing_is_warned_of(
    tree: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tree / "long").rename(tree / "long.lmp")
    (result,) = lmpack.decompress_files([tree / "long.lmp"])
    assert result.error is not None
    assert result.warnings == ()


def test_a_file_that_cannot_be_deleted_is_named(
    tree: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    delete = Folder.delete

    def forbidden(folder: Folder, name: str) -> None:
        if name == "one":
            raise PermissionError(errno.EPERM, "Operation not permitted", name)
        delete(folder, name)

    monkeypatch.setattr(Folder, "delete", forbidden)
    (result,) = lmpack.compress_files([tree / "one"], remove=True)
    assert isinstance(result.error, PermissionError)
    assert result.error.filename == str(tree / "one")
    assert (tree / "one.lmp").exists()


def test_a_pipe_cannot_be_removed_and_is_not_waited_for(tree: Path) -> None:
    os.mkfifo(tree / "pipe")
    (result,) = background(
        lambda: list(lmpack.compress_files([tree / "pipe"], output_file=tree / "out", remove=True))
    ).result(timeout=30)
    assert "it is no regular file: it cannot be removed" in str(result.error)
    assert (tree / "pipe").is_fifo()


@pytest.mark.skipif(os.geteuid() != 0, reason="only root can make devices")
@pytest.mark.parametrize("force", [False, True])
def test_a_device_is_never_removed(tree: Path, fake_models: FakeModels, force: bool) -> None:
    device = tree / "null"
    try:
        os.mknod(device, 0o20666, os.makedev(1, 3))
    except PermissionError:
        pytest.skip("this root may not make devices")
    one, two = lmpack.compress_files([device, tree / "one"], tree / "o", remove=True, force=force)
    assert "it is a device" in str(one.error)
    (alone,) = lmpack.compress_files(
        [device], output_file=tree / "o" / "null", remove=True, force=force
    )
    assert "it is no regular file: it cannot be removed" in str(alone.error)
    assert device.exists()
    assert (two.error, (tree / "one").exists()) == (None, False)


def test_one_of_several_names_is_removed_only_with_force(
    tree: Path, fake_models: FakeModels
) -> None:
    os.link(tree / "one", tree / "other")
    (result,) = lmpack.compress_files([tree / "one"], remove=True)
    assert "one of 2 names of a file" in str(result.error)
    assert (tree / "one").exists()
    assert fake_models.opened == []
    (result,) = lmpack.compress_files([tree / "one"], remove=True, force=True)
    assert (result.error, (tree / "one").exists()) == (None, False)
    assert (tree / "other").read_bytes() == b"x"


def test_a_link_is_removed_only_with_force_and_never_what_it_leads_to(
    tree: Path, fake_models: FakeModels
) -> None:
    link = tree / "link"
    link.symlink_to("one")
    (result,) = lmpack.compress_files([link], remove=True)
    assert "it is a symbolic link" in str(result.error)
    assert link.is_symlink()
    assert fake_models.opened == []
    (result,) = lmpack.compress_files([link], remove=True, force=True)
    assert (result.error, link.is_symlink(), (tree / "one").exists()) == (None, False, True)


def test_a_link_is_no_way_to_have_a_device_removed(tree: Path) -> None:
    (tree / "link").symlink_to(os.devnull)
    (result,) = lmpack.compress_files(
        [tree / "link"], output_file=tree / "out", remove=True, force=True
    )
    assert "it is no regular file" in str(result.error)
    assert (tree / "link").is_symlink()
