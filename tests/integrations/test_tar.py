"""Archives `.tar.lmp` with tarfile and shutil."""

from __future__ import annotations

import io
import os
import shutil
import tarfile
from collections.abc import Iterator
from pathlib import Path
from typing import Any, cast

import pytest

import lmpack


@pytest.fixture(autouse=True, scope="module")
def registered() -> Iterator[None]:
    before = tarfile.TarFile.OPEN_METH
    lmpack.register()
    yield
    tarfile.TarFile.OPEN_METH = before


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    folder = tmp_path / "folder"
    (folder / "inner").mkdir(parents=True)
    (folder / "notes.txt").write_text("Some notes.\n" * 30)
    (folder / "inner" / "empty").touch()
    return folder


def files(folder: Path) -> dict[str, bytes]:
    return {
        path.relative_to(folder).as_posix(): path.read_bytes()
        for path in sorted(folder.rglob("*"))
        if path.is_file()
    }


def opened(*arguments: Any, **keywords: Any) -> tarfile.TarFile:
    """tarfile.open, whose types know no further modes."""
    archive: tarfile.TarFile = cast(Any, tarfile.open)(*arguments, **keywords)
    return archive


def pack(path: Path, folder: Path, mode: Any = "w:lmp") -> None:
    with opened(path, mode, level=1) as archive:
        archive.add(folder, ".")


@pytest.mark.parametrize("mode", ["w:lmp", "x:lmp"])
@pytest.mark.parametrize("reading", ["r", "r:*", "r:lmp"])
def test_an_archive_comes_back(tmp_path: Path, folder: Path, mode: str, reading: Any) -> None:
    pack(tmp_path / "a.tar.lmp", folder, mode)
    with opened(tmp_path / "a.tar.lmp", reading) as archive:
        archive.extractall(tmp_path / "out", filter="data")
    assert files(tmp_path / "out") == files(folder)
    assert tarfile.is_tarfile(tmp_path / "a.tar.lmp")


def test_open_files_are_taken_and_stay_open(folder: Path) -> None:
    packed = io.BytesIO()
    with opened(fileobj=packed, mode="w:lmp", options=lmpack.Options(level=1)) as archive:
        archive.add(folder, ".")
    packed.seek(0)
    with opened(fileobj=packed) as archive:
        assert "./notes.txt" in archive.getnames()
    assert not packed.closed
    packed.seek(3)
    with pytest.raises(tarfile.ReadError, match="from its start"):
        opened(fileobj=packed, mode="r:lmp")


def test_other_archives_open_as_before(tmp_path: Path, folder: Path) -> None:
    for mode in ("w", "w:gz"):
        path = tmp_path / mode.replace(":", "")
        with opened(path, mode) as archive:
            archive.add(folder, ".")
        with opened(path) as archive:
            assert "./notes.txt" in archive.getnames()


def test_x_makes_a_new_file_only(tmp_path: Path, folder: Path) -> None:
    pack(tmp_path / "a.tar.lmp", folder)
    with pytest.raises(FileExistsError):
        pack(tmp_path / "a.tar.lmp", folder, "x:lmp")


@pytest.mark.parametrize("mode", ["a:lmp", "r|lmp", "w|lmp"])
def test_other_modes_are_refused(tmp_path: Path, folder: Path, mode: str) -> None:
    pack(tmp_path / "a.tar.lmp", folder)
    with pytest.raises((lmpack.UsageError, tarfile.CompressionError)):
        opened(tmp_path / "a.tar.lmp", mode)
    assert files(folder)


def test_damage_is_an_error(tmp_path: Path, folder: Path) -> None:
    path = tmp_path / "a.tar.lmp"
    pack(path, folder)
    content = bytearray(path.read_bytes())
    content[60] ^= 1
    path.write_bytes(content)
    with pytest.raises(tarfile.ReadError, match="block"):
        opened(path, "r:lmp")
    with pytest.raises(tarfile.ReadError, match=r"method lmp.*block"):
        opened(path)
    path.write_bytes(b"no archive at all")
    with pytest.raises(tarfile.ReadError, match="no lmpack file"):
        opened(path, "r:lmp")
    path.write_bytes(lmpack.compress(b"no archive at all"))
    with pytest.raises(tarfile.ReadError):
        opened(path, "r:lmp")
    assert not tarfile.is_tarfile(path)


@pytest.mark.parametrize("root", [True, False])
def test_shutil_packs_and_unpacks(
    tmp_path: Path, folder: Path, root: bool, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(folder)
    name = str(tmp_path / "new" / "archive")
    made = shutil.make_archive(name, "lmptar", folder if root else None)
    assert made == name + ".tar.lmp"
    shutil.unpack_archive(made, tmp_path / "out")
    assert files(tmp_path / "out") == files(folder)
    assert os.listdir(tmp_path / "new") == ["archive.tar.lmp"]


def test_an_archive_in_its_own_folder_does_not_hold_itself(folder: Path) -> None:
    for _ in range(2):
        made = shutil.make_archive(str(folder / "archive"), "lmptar", folder)
    with opened(made) as archive:
        assert sorted(archive.getnames()) == [".", "./inner", "./inner/empty", "./notes.txt"]
    assert sorted(os.listdir(folder)) == ["archive.tar.lmp", "inner", "notes.txt"]


def test_members_can_belong_to_somebody_else(tmp_path: Path, folder: Path) -> None:
    made = shutil.make_archive(
        str(tmp_path / "a"), "lmptar", folder, "notes.txt", owner="root", group="root"
    )
    with opened(made) as archive:
        (member,) = archive.getmembers()
        assert (member.name, member.uname, member.uid, member.gname, member.gid) == (
            *("notes.txt", "root", 0),
            *("root", 0),
        )
    with pytest.raises(lmpack.UsageError, match="nobody at all"):
        shutil.make_archive(str(tmp_path / "b"), "lmptar", folder, owner="nobody at all")


def test_a_failure_leaves_no_archive_and_the_old_one(tmp_path: Path, folder: Path) -> None:
    made = Path(shutil.make_archive(str(tmp_path / "a"), "lmptar", folder))
    before = made.read_bytes()
    with pytest.raises(FileNotFoundError):
        shutil.make_archive(str(tmp_path / "a"), "lmptar", folder, "missing")
    with pytest.raises(FileNotFoundError):
        shutil.make_archive(str(tmp_path / "b"), "lmptar", folder, "missing")
    assert made.read_bytes() == before
    assert sorted(os.listdir(tmp_path)) == ["a.tar.lmp", "folder"]


def test_a_dry_run_writes_nothing(tmp_path: Path, folder: Path) -> None:
    shutil.make_archive(str(tmp_path / "a"), "lmptar", folder, dry_run=True)
    assert os.listdir(tmp_path) == ["folder"]


def test_unpacking_refuses_what_leaves_the_folder(tmp_path: Path) -> None:
    path = tmp_path / "a.tar.lmp"
    with opened(path, "w:lmp") as archive:
        archive.addfile(tarfile.TarInfo("../outside"))
    with pytest.raises(tarfile.OutsideDestinationError):
        shutil.unpack_archive(path, tmp_path / "out")
    path.write_bytes(b"no archive")
    with pytest.raises(shutil.ReadError, match="no lmpack file"):
        shutil.unpack_archive(path, tmp_path / "out")


def test_a_python_without_filters_unpacks_nothing(
    tmp_path: Path, folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    made = shutil.make_archive(str(tmp_path / "a"), "lmptar", folder)
    monkeypatch.delattr(tarfile, "data_filter")
    with pytest.raises(lmpack.UsageError, match=r"3\.11\.4"):
        shutil.unpack_archive(made, tmp_path / "out")
    assert not (tmp_path / "out").exists()
