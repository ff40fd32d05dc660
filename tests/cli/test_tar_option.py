"""`lmpack compress --tar`: files and folders as one archive, which any tar reads."""

from __future__ import annotations

import io
import json
import os
import shutil
import socket
import subprocess
import tarfile
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from archives import snapshot
from click.testing import CliRunner, Result
from trees import CONTENTS, write_tree

import lmpack
from lmpack._files.archive.entries import Entry, collect_entries
from lmpack._files.archive.members import Headers
from lmpack.cli.main import main

pytestmark = pytest.mark.skipif(os.name == "nt", reason="needs links and permissions of POSIX")

Invoke = Callable[..., Result]


@pytest.fixture
def invoke(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Invoke:
    """Runs the program in a folder with the tree "in"."""
    write_tree(tmp_path / "in", CONTENTS)
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("LMPACK_LEVEL", "1")

    def run(*arguments: str, code: int = 0) -> Result:
        result = CliRunner().invoke(main, arguments, catch_exceptions=False)
        assert result.exit_code == code, result.output
        return result

    return run


def members(path: str | Path) -> dict[str, tarfile.TarInfo]:
    content = lmpack.decompress(Path(path).read_bytes())
    with tarfile.open(fileobj=io.BytesIO(content), mode="r:") as archive:
        found = archive.getmembers()
    assert len({one.name for one in found}) == len(found)
    assert len(content) % tarfile.RECORDSIZE == 0
    return {one.name: one for one in found}


def special_files(folder: Path) -> None:
    """One of each kind, and attributes that are not the usual ones."""
    (folder / "link").symlink_to("one")
    (folder / "astray").symlink_to("no such file")
    os.link(folder / "long", folder / "sub" / "hard")
    (folder / ("n" * 200)).mkdir()
    (folder / ("n" * 200) / ("m" * 200)).write_bytes(b"deep")
    (folder / "program").write_bytes(b"#!")
    (folder / "program").chmod(0o750)
    (folder / "none").mkdir()
    os.utime(folder / "one", (0, 1.75))
    os.utime(folder / "sub", (0, 1_000_000_000))
    for path in folder.rglob("*"):
        if not path.is_symlink() and path.name not in ("one", "sub"):
            os.utime(path, (1_500_000_000, 1_500_000_000))


def test_there_and_back(invoke: Invoke) -> None:
    special_files(Path("in"))
    os.utime("in/sub", (0, 1_000_000_000))
    invoke("compress", "--tar", "in")
    invoke("extract", "in.tar.lmp", "-o", "out")
    there, back = snapshot(Path("in")), snapshot(Path("out/in"))
    assert there.keys() == back.keys()
    for name in there:
        mode, seconds, content = back[name]
        assert (seconds, content) == there[name][1:], name
        assert mode == there[name][0] & ~0o022 or os.path.isdir(f"in/{name}"), name
    assert Path("out/in/long").samefile("out/in/sub/hard")


@pytest.mark.skipif(shutil.which("tar") is None, reason="needs tar")
def test_tar_unpacks_it(invoke: Invoke) -> None:
    special_files(Path("in"))
    Path("in/sub").chmod(0o555)
    invoke("compress", "--tar", "in", "-o", "x.tar.lmp")
    Path("x.tar").write_bytes(invoke("-dc", "x.tar.lmp").stdout_bytes)
    Path("out").mkdir()
    subprocess.run(["tar", "-xpf", "x.tar", "-C", "out"], check=True, stderr=subprocess.DEVNULL)
    assert snapshot(Path("out/in")) == snapshot(Path("in"))
    assert Path("out/in/long").samefile("out/in/sub/hard")
    Path("in/sub").chmod(0o755)
    Path("out/in/sub").chmod(0o755)


def test_a_folder_comes_before_its_files_and_those_before_its_folders(invoke: Invoke) -> None:
    shutil.rmtree("in")
    names = ("b/z.c", "b/a.h", "b/b.c", "b/inner/x.c", "a.c", "c/y", "Z.c")
    write_tree(Path("in"), dict.fromkeys(names, b""))
    invoke("compress", "--tar", "in")
    below = ("", "Z.c", "a.c", "b", "b/b.c", "b/z.c", "b/a.h", "b/inner", "b/inner/x.c", "c", "c/y")
    assert list(members("in.tar.lmp")) == [f"in/{name}".rstrip("/") for name in below]


def test_the_same_tree_gives_the_same_bytes(
    invoke: Invoke, monkeypatch: pytest.MonkeyPatch
) -> None:
    special_files(Path("in"))
    invoke("compress", "--tar", "in", "-o", "first")
    invoke("compress", "--tar", "./in/", "-o", "second")
    assert Path("first").read_bytes() == Path("second").read_bytes()
    shutil.copytree("in", "copy/in", symlinks=True)
    Path("copy/in/sub/hard").unlink()
    os.link("copy/in/long", "copy/in/sub/hard")
    for number, path in enumerate(Path("copy").rglob("*")):
        if not path.is_symlink():
            os.utime(path, (number, number))
            path.chmod(path.stat().st_mode | 0o060)
    monkeypatch.chdir("copy")
    invoke("compress", "--tar", "--reproducible", "in", "-o", "../third")
    monkeypatch.chdir("..")
    invoke("compress", "--tar", "--reproducible", "in", "-o", "fourth")
    assert Path("third").read_bytes() == Path("fourth").read_bytes() != Path("first").read_bytes()
    found = members("third")
    assert {(one.uid, one.gid, one.uname, one.gname) for one in found.values()} == {(0, 0, "", "")}
    assert {one.mtime for one in found.values()} == {0}
    assert found["in/program"].mode == found["in/sub"].mode == 0o755
    assert found["in/one"].mode == 0o644
    monkeypatch.setenv("SOURCE_DATE_EPOCH", "86400")
    invoke("compress", "--tar", "--reproducible", "in/one", "-o", "fifth")
    assert members("fifth")["in/one"].mtime == 86400
    monkeypatch.setenv("SOURCE_DATE_EPOCH", "today")
    result = invoke("compress", "--tar", "--reproducible", "in/one", "-o", "sixth", code=1)
    assert "SOURCE_DATE_EPOCH" in result.stderr
    assert not Path("sixth").exists()


def test_owners_and_kinds_are_kept(invoke: Invoke) -> None:
    special_files(Path("in"))
    os.mkfifo("in/pipe")
    with socket.socket(socket.AF_UNIX) as listening:
        listening.bind("in/socket")
        result = invoke("compress", "--tar", "-v", "in")
    assert "in/socket: skipped: it is a socket" in result.stderr
    found = members("in.tar.lmp")
    assert "in/socket" not in found
    assert found["in/pipe"].isfifo() and found["in/link"].issym() and found["in/sub"].isdir()
    links = [found[name] for name in ("in/long", "in/sub/hard")]
    assert [one.islnk() for one in links] == [False, True]
    assert found["in/one"].uid == os.getuid() and found["in/one"].gid == os.getgid()
    assert found["in/one"].mtime == 1
    assert os.fsdecode(b"in/not \xff UTF-8") in found


def test_names_have_no_way_out(
    invoke: Invoke, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir("in/sub")
    invoke("compress", "--tar", "..", "-o", "../../x")
    assert "one" in members("../../x") and "sub/short" in members("../../x")
    invoke("compress", "--tar", "../one", str(tmp_path / "in/block"), "./short", "-o", "../../y")
    outside = str(tmp_path / "in/block").lstrip("/")
    assert list(members("../../y")) == ["one", outside, "short"]
    invoke("compress", "--tar", ".", "-o", "../../z")
    assert "short" in members("../../z") and "." not in members("../../z")


def test_what_is_left_out(invoke: Invoke) -> None:
    Path("in/.lmpack-0123456789abcdef.tmp").touch()
    options = ("--exclude", "sub/*", "--exclude", "noise", "-v")
    invoke("compress", "--tar", "in", *options, "-o", "in/x.tar.lmp")
    lines = invoke("compress", "--tar", "in", *options, "-f", "-o", "in/x.tar.lmp").stderr
    assert "in/x.tar.lmp: skipped: it is what the archive replaces" in lines
    names = members("in/x.tar.lmp").keys()
    left = {f"in/{name}" for name in CONTENTS if name != "noise" and not name.startswith("sub/")}
    assert names == left | {"in", "in/sub"}


def test_a_file_twice_and_a_name_twice(invoke: Invoke, monkeypatch: pytest.MonkeyPatch) -> None:
    write_tree(Path("other"), {"in/one": b"another one", "in/new": b"new"})
    result = invoke("compress", "--tar", "in", "in/one", "other/../other/in", "-o", "x")
    assert "other/in/new" in members("x") and not result.stderr
    result = invoke("compress", "--tar", "in/one", "other/../in/one", "-o", "y", "-v")
    assert "skipped: it is in the archive already, from in/one" in result.stderr
    monkeypatch.chdir("other")
    result = invoke("compress", "--tar", "in", "../in", "-o", "../z", code=1)
    assert "in/one is in the archive already, from in/one" in result.stderr
    assert members("../z").keys() > {"in/new", "in/one", "in/long"}


def test_output(invoke: Invoke) -> None:
    stdout = invoke("compress", "--tar", "-c", "in/one").stdout_bytes
    invoke("compress", "--tar", "in/one")
    assert Path("in/one.tar.lmp").read_bytes() == stdout
    result = invoke("compress", "--tar", "in/one", code=1)
    assert "exists already" in result.stderr
    Path("list").write_bytes(b"in/one\0in/-r\0")
    result = invoke("compress", "--tar", "--files0-from", "list", "-o", "x", "--json")
    assert json.loads(result.stdout)[0]["output"] == "x" and list(members("x")) == [
        "in/one",
        "in/-r",
    ]


def test_without_a_command(invoke: Invoke) -> None:
    invoke("--tar", "in", "-2")
    assert "in/long" in members("in.tar.lmp")
    for way in ("-d", "-t", "-l"):
        assert "lmpack extract unpacks" in invoke("--tar", way, "in.tar.lmp", code=2).stderr


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (["--tar"], "needs a FILE"),
        (["--tar", "-"], "standard input has no name"),
        (["--tar", "in", "-c", "-o", "x"], "exclude each other"),
        (["--tar", "in", "--rm"], "none of --rm, --resume,"),
        (["--tar", "in", "--resume=meta"], "none of --rm, --resume,"),
        (["--tar", "in", "--shard", "1/2"], "none of --rm, --resume,"),
        (["--tar", "in", "--report", "log"], "none of --rm, --resume,"),
        (["--tar", "memory://in"], "packs files of this machine"),
        (["--tar", "in", "-o", "memory://x"], "packs files of this machine"),
        (["--tar", "in", "-c", "--json"], "--json needs an output file"),
        (["--tar", "in", "-o", "in"], "in is a folder"),
        (["--tar", "in", "in/one"], "name the archive"),
        (["--tar", ".."], "name the archive"),
        (["--reproducible", "in/one"], "--reproducible needs --tar"),
    ],
)
def test_wrong_usage(invoke: Invoke, arguments: list[str], message: str) -> None:
    before = snapshot(Path())
    assert message in invoke("compress", *arguments, code=2).stderr
    assert snapshot(Path()) == before


def test_nothing_to_pack(invoke: Invoke) -> None:
    result = invoke("compress", "--tar", "nowhere", "-o", "x", code=1)
    assert result.stderr == "lmpack: nowhere: No such file or directory\n"
    assert not Path("x").exists()
    Path("list").touch()
    result = invoke("compress", "--tar", "--files0-from", "list", "-o", "x", code=2)
    assert "needs a FILE" in result.stderr


def test_what_cannot_be_read_is_left_out(invoke: Invoke, monkeypatch: pytest.MonkeyPatch) -> None:
    def collected(*arguments: Any) -> list[Entry]:
        entries = collect_entries(*arguments)
        Path("in/one").unlink()
        return entries

    monkeypatch.setattr("lmpack.cli.archiving.collect_entries", collected)
    result = invoke("compress", "--tar", "in", code=1)
    assert "lmpack: in/one: No such file or directory" in result.stderr
    assert "in/one" not in members("in.tar.lmp") and "in/sub/sub/long" in members("in.tar.lmp")


@pytest.mark.parametrize(
    ("size", "code", "message"),
    [(40, 1, "it became shorter while it was read: its last"), (900_000, 2, "it was changed")],
)
def test_a_file_that_changes_while_it_is_read(
    invoke: Invoke, monkeypatch: pytest.MonkeyPatch, size: int, code: int, message: str
) -> None:
    content = bytes(range(1, 251)) * 800
    Path("in/growing").write_bytes(content)

    class Growing(Headers):
        def header(self, entry: Entry, *arguments: Any) -> bytes:
            header = super().header(entry, *arguments)
            if entry.name == "in/growing":
                os.truncate("in/growing", size)
            return header

    monkeypatch.setattr("lmpack.cli.archiving.Headers", Growing)
    result = invoke("compress", "--tar", "in", code=code)
    assert f"in/growing: {'warning: ' * (code == 2)}{message}" in result.stderr
    plain = lmpack.decompress(Path("in.tar.lmp").read_bytes())
    kept = content[:size]
    with tarfile.open(fileobj=io.BytesIO(plain)) as archive:
        extracted = archive.extractfile("in/growing")
        assert extracted is not None
        assert extracted.read() == kept + bytes(len(content) - len(kept))
        assert "in/sub/sub/long" in archive.getnames()
