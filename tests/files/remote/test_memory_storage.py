"""URLs as inputs and outputs of batches, with the storage that fsspec has in memory."""

from __future__ import annotations

import datetime
import itertools
from collections.abc import Iterator
from pathlib import Path, PurePath
from typing import Any

import pytest
from trees import CONTENTS, errors, packed_tree, read_tree, write_tree

import lmpack
from lmpack._files.remote.storage import errors_of
from lmpack._files.remote.url import Url, checked_below

fsspec = pytest.importorskip("fsspec", reason="fsspec is missing: pip install 'lmpack[remote]'")

pytestmark = pytest.mark.usefixtures("fake_models", "small_blocks")

# In a storage / separates folders and an empty file may be none, as in an object store.
NAMES = {name: content for name, content in CONTENTS.items() if "\udcff" not in name}
_folders = itertools.count()


@pytest.fixture
def top() -> Iterator[str]:
    """The URL of a folder of its own, which is emptied afterwards."""
    storage = fsspec.filesystem("memory")
    yield f"memory://test{next(_folders)}"
    storage.store.clear()
    storage.pseudo_dirs[:] = [""]


def put(top: str, contents: dict[str, bytes]) -> None:
    for name, content in contents.items():
        with fsspec.open(f"{top}/{name}", "wb") as file:
            file.write(content)


def stored(top: str) -> dict[str, bytes]:
    """Contents by their paths below a folder, leftovers included."""
    storage, path = fsspec.core.url_to_fs(top)
    found = storage.find(path)
    return {name.removeprefix(f"{path}/"): storage.cat_file(name) for name in found}


def test_a_tree_goes_there_and_back(top: str, tmp_path: Path) -> None:
    tree = write_tree(tmp_path / "in", NAMES)
    results = list(lmpack.compress_files([tree], f"{top}/out", recursive=True))
    assert not errors(results)
    assert stored(f"{top}/out") == packed_tree(NAMES)
    # From one storage into the same one, and from there to the disk.
    assert not errors(list(lmpack.decompress_files([f"{top}/out"], f"{top}/back", recursive=True)))
    assert stored(f"{top}/back") == NAMES
    back = tmp_path / "back"
    results = list(lmpack.decompress_files([f"{top}/out"], back, recursive=True))
    assert not errors(results)
    assert read_tree(back) == NAMES
    assert results[0].source.startswith(top)


@pytest.mark.parametrize("is_there", [True, False])
def test_folders_are_made_but_no_buckets(
    top: str, monkeypatch: pytest.MonkeyPatch, is_there: bool
) -> None:
    put(f"{top}/in", {"a": b"x", "b": b"y"})
    bucket = top if is_there else f"{top}new"
    made: list[str] = []
    storage = type(fsspec.filesystem("memory"))
    monkeypatch.setattr(storage, "makedirs", lambda self, path, exist_ok: made.append(path))
    list(lmpack.compress_files([f"{top}/in"], f"{bucket}/out", recursive=True))
    path = bucket.partition("//")[2]
    assert made == ([f"/{path}/out"] if is_there else [])


def test_single_files_and_outputs_beside_them(top: str, tmp_path: Path) -> None:
    put(top, {"a[1]": b"content", "sub/b": b"more"})
    results = list(lmpack.compress_files([f"{top}/a[1]", f"{top}/sub/b"]))
    assert [result.output for result in results] == [f"{top}/a[1].lmp", f"{top}/sub/b.lmp"]
    assert stored(top).keys() == {"a[1]", "a[1].lmp", "sub/b", "sub/b.lmp"}
    (only,) = lmpack.decompress_files([f"{top}/a[1].lmp"], output_file=tmp_path / "x")
    assert (tmp_path / "x").read_bytes() == b"content"
    assert only.sizes == (len(stored(top)["a[1].lmp"]), 7)
    assert lmpack.describe(f"{top}/sub/b.lmp")[0].content_length == 4


def test_an_output_that_exists_is_kept(top: str) -> None:
    put(top, {"a": b"content", "a.lmp": b"precious"})
    (result,) = lmpack.compress_files([f"{top}/a"])
    assert "exists already" in str(result.error)
    assert stored(top)["a.lmp"] == b"precious"
    (result,) = lmpack.compress_files([f"{top}/a"], force=True)
    assert result.error is None
    assert stored(top)["a.lmp"] == lmpack.compress(b"content")


@pytest.mark.parametrize("resume", [True, "meta"])
def test_it_is_resumed(top: str, resume: Any) -> None:
    put(f"{top}/in", NAMES)
    list(lmpack.compress_files([f"{top}/in"], f"{top}/out", recursive=True))
    fsspec.filesystem("memory").rm_file(f"{top}/out/long.lmp")
    put(f"{top}/out", {"block.lmp": lmpack.compress(b"something else")})
    results = list(
        lmpack.compress_files([f"{top}/in"], f"{top}/out", recursive=True, resume=resume)
    )
    assert [Path(r.source).name for r in results if r.sizes] == ["long"]
    assert errors(results).keys() == {"block"}
    assert len(results) == len(NAMES)


def test_meta_does_not_trust_an_output_that_is_older(
    top: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    put(top, {"a": b"old"})
    list(lmpack.compress_files([f"{top}/a"]))
    later = datetime.datetime.now(tz=datetime.UTC) + datetime.timedelta(hours=1)
    put(top, {"a": b"new"})
    store = fsspec.filesystem("memory").store
    store[f"/{top.partition('//')[2]}/a"].modified = later
    (result,) = lmpack.compress_files([f"{top}/a"], resume="meta")
    assert "exists already" in str(result.error)


def test_what_fails_leaves_nothing(top: str, monkeypatch: pytest.MonkeyPatch) -> None:
    put(
        top, {"bad.lmp": lmpack.compress(CONTENTS["long"])[:-30], "good.lmp": lmpack.compress(b"x")}
    )
    before = stored(top)
    results = list(lmpack.decompress_files([f"{top}/bad.lmp", f"{top}/good.lmp"]))
    assert errors(results).keys() == {"bad.lmp"}
    assert stored(top) == before | {"good": b"x"}


@pytest.mark.parametrize("moment", ["write", "close", "cp_file"])
def test_a_storage_that_fails_leaves_nothing_and_can_be_asked_again(
    top: str, monkeypatch: pytest.MonkeyPatch, moment: str
) -> None:
    put(top, {"a": CONTENTS["long"]})
    storage = fsspec.filesystem("memory")

    def fail(*_: object, **__: object) -> None:
        raise RuntimeError("the storage is tired")

    with monkeypatch.context() as broken:
        from fsspec.implementations.memory import MemoryFile

        broken.setattr(type(storage) if moment == "cp_file" else MemoryFile, moment, fail)
        (result,) = lmpack.compress_files([f"{top}/a"])
    assert isinstance(result.error, OSError)
    assert "RuntimeError: the storage is tired" in str(result.error)
    assert stored(top).keys() == {"a"}
    (result,) = lmpack.compress_files([f"{top}/a"])
    assert result.error is None
    assert stored(top)["a.lmp"] == lmpack.compress(CONTENTS["long"])


def test_a_storage_that_ends_early_is_no_end_of_the_file(
    top: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    put(top, {"a": b"content"})
    storage = type(fsspec.filesystem("memory"))
    info = storage.info
    monkeypatch.setattr(storage, "info", lambda *a, **k: info(*a, **k) | {"size": 1000})
    (result,) = lmpack.compress_files([f"{top}/a"])
    assert "the server ended at byte 7 of 1000: do it again" in str(result.error)
    assert stored(top).keys() == {"a"}


def test_open_reads_and_writes(top: str, monkeypatch: pytest.MonkeyPatch) -> None:
    url = f"{top}/a.lmp"
    with lmpack.open(url, "wt") as file:
        file.write("some text")
        assert "a.lmp" not in stored(top)
    assert stored(top).keys() == {"a.lmp"}
    with lmpack.open(url) as opened:
        opened.seek(5)
        assert opened.read() == b"text"
    with pytest.raises(lmpack.UsageError, match="exists already"):
        lmpack.open(url, "x")
    with pytest.raises(lmpack.UsageError, match="cannot be appended to"):
        lmpack.open(url, "a")
    with pytest.raises(FileNotFoundError):
        lmpack.open(f"{top}/none")
    failing = lmpack.open(url, "w")
    failing.write(b"new")

    def fail(*_: object) -> None:
        raise lmpack.VerifyError("this machine is not reliable")

    monkeypatch.setattr(type(failing._writer), "finish", fail)
    with pytest.raises(lmpack.VerifyError):
        failing.close()
    assert lmpack.decompress(stored(top)["a.lmp"]) == b"some text"
    assert len(stored(top)) == 1


def test_a_batch_that_is_given_up_leaves_nothing(top: str) -> None:
    put(top, NAMES)
    results = lmpack.compress_files([top], f"{top}/out", recursive=True, threads=1, memory=1)
    next(results)
    results.close()
    assert all(name.endswith(".lmp") for name in stored(f"{top}/out"))


def test_a_storage_that_renames_is_let_do_it(top: str, monkeypatch: pytest.MonkeyPatch) -> None:
    put(top, {"a": b"content"})
    storage = fsspec.filesystem("memory")
    moved: list[str] = []

    def rename(self: Any, old: str, new: str) -> None:
        self.store[new] = self.store.pop(old)
        moved.append(new)

    monkeypatch.setattr(type(storage), "mv", rename)
    (result,) = lmpack.compress_files([f"{top}/a"])
    assert result.error is None
    assert moved == [f"/{top.partition('//')[2]}/a.lmp"]
    assert stored(top).keys() == {"a", "a.lmp"}


def test_names_that_would_leave_the_folder_are_refused(top: str, tmp_path: Path) -> None:
    packed = lmpack.compress(b"evil")
    put(top, {"../../evil.lmp": packed, "good.lmp": packed})
    out = tmp_path / "below" / "out"
    results = list(lmpack.decompress_files([top], out, recursive=True))
    assert read_tree(tmp_path) == {"below/out/good": b"evil"}
    assert all("lead out of the folder" in str(r.error) for r in results if r.error)
    assert len(results) == 2
    for name in ("a//b", "../b", "a/../b", "a/..", "./b", "/b", "", "a/"):
        with pytest.raises(lmpack.UsageError, match="lead out of the folder"):
            checked_below(name)
    assert checked_below("a/..b") == PurePath("a/..b")


def test_what_is_left_out(top: str) -> None:
    put(
        top,
        {
            "a.o": b"x",
            "sub/b.o": b"x",
            "build/c": b"x",
            "d": b"x",
            ".lmpack-0011223344556677.tmp": b"x",
        },
    )
    results = list(
        lmpack.compress_files([top], f"{top}/out", recursive=True, exclude=["*.o", "build"])
    )
    assert stored(f"{top}/out").keys() == {"d.lmp"}
    assert sum(result.skipped is not None for result in results) == 4
    with pytest.raises(lmpack.UsageError, match="exclude_compressed is for folders of this"):
        lmpack.compress_files([top], recursive=True, exclude_compressed=True)


def test_shards_of_a_storage(top: str) -> None:
    put(f"{top}/in", NAMES)
    done = []
    for number in (1, 2):
        results = lmpack.compress_files(
            [f"{top}/in/"], f"{top}/out", recursive=True, shard=(number, 2)
        )
        done += [result.source for result in results]
    assert len(done) == len({*done}) == len(NAMES)
    assert stored(f"{top}/out") == packed_tree(NAMES)


def test_an_input_that_changes_meanwhile_is_said(top: str) -> None:
    put(top, {"a": CONTENTS["long"]})

    def change(progress: lmpack.Progress) -> None:
        if len(stored(top)["a"]) == len(CONTENTS["long"]):
            put(top, {"a": b"other"})

    (result,) = lmpack.compress_files([f"{top}/a"], threads=1, progress=change)
    assert any("was changed" in sentence for sentence in result.warnings)


def test_what_cannot_be_is_said(top: str, monkeypatch: pytest.MonkeyPatch) -> None:
    put(top, {"a": b"x", "folder/b": b"x"})
    for url, options, message in (
        (f"{top}/none", {}, "No such file"),
        (f"{top}/folder", {}, "it is a folder"),
        (f"{top}/a", {"remove": True}, "only files of this machine are deleted"),
        ("nosuch://a/b", {}, "nosuch:// is nothing that fsspec can open"),
        ("http://localhost/", {"output": "out"}, "it names no file"),
        ("http://localhost/a", {}, "a web server takes no files"),
        ("http://localhost/a", {"recursive": True, "output": "out"}, "does not list its files"),
    ):
        (result,) = lmpack.compress_files([url], **options)
        assert message in str(result.error)
    (result,) = lmpack.compress_files([f"{top}/a"], output_file=f"{top}/a", force=True)
    assert "are the same file" in str(result.error)
    results = list(lmpack.compress_files([f"{top}/a", f"{top}/a"]))
    assert "same file" in str(results[1].skipped)


def test_a_missing_package_is_named(monkeypatch: pytest.MonkeyPatch, top: str) -> None:
    def no_package(url: str) -> None:
        raise ImportError("Install s3fs to access S3")

    with monkeypatch.context() as patched:
        patched.setattr(fsspec.core, "url_to_fs", no_package)
        (result,) = lmpack.compress_files(["s3://bucket/key"])
    assert str(result.error) == "s3:// needs another package: Install s3fs to access S3"
    import sys

    monkeypatch.setitem(sys.modules, "fsspec", None)
    (result,) = lmpack.compress_files(["s3://bucket/key"])
    assert "pip install 'lmpack[remote]'" in str(result.error)


def test_a_refused_connection_is_not_a_missing_file() -> None:
    url = Url("http://127.0.0.1/file")
    # As fsspec's storage of web servers does it, whatever has happened.
    said = "ConnectionRefusedError: nobody listens"
    with pytest.raises(OSError, match=said) as raised, errors_of(url):
        raise FileNotFoundError(url.text) from ConnectionRefusedError("nobody listens")
    assert not isinstance(raised.value, FileNotFoundError)
    with pytest.raises(FileNotFoundError), errors_of(url):
        raise FileNotFoundError(url.text) from FileNotFoundError(url.text)
    # Others name what the server has said of a file that is missing.
    with pytest.raises(FileNotFoundError), errors_of(Url("s3://bucket/file")):
        raise FileNotFoundError("bucket/file") from RuntimeError("404")


@pytest.mark.parametrize(
    ("url", "folder", "beside"),
    [
        ("memory://a", "memory://", "memory://x"),
        ("memory:///a", "memory:///", "memory:///x"),
        ("file:///a", "file:///", "file:///x"),
        ("file:///d/a", "file:///d", "file:///d/x"),
        ("s3://bucket/a", "s3://bucket", "s3://bucket/x"),
        ("/d/a", "/d", "/d/x"),
        ("/a", "/", "/x"),
    ],
)
def test_the_root_of_a_storage_stays_in_it(url: str, folder: str, beside: str) -> None:
    assert Url(url).parent == Url(folder)
    assert Url(url).with_name("x") == Url(beside)
    assert Url(folder) / "x" == Url(beside)


@pytest.mark.parametrize("root", ["memory://", "memory:///"])
def test_files_in_the_root_of_a_storage(top: str, tmp_path: Path, root: str) -> None:
    source = write_tree(tmp_path / "in", {"b": b"content"})
    results = list(lmpack.compress_files([source / "b"], root, remove=True, level=1))
    assert not errors(results)
    assert not list(source.iterdir())
    with fsspec.open("memory://b.lmp") as file:
        assert lmpack.decompress(file.read()) == b"content"
    (result,) = lmpack.decompress_files(["memory://b.lmp"])
    assert result.error is None
    again = list(lmpack.compress_files([root], tmp_path / "out", recursive=True, level=1))
    assert not errors(again)
    assert read_tree(tmp_path / "out").keys() == {"b.lmp"}


def test_what_is_taken_for_a_chain_of_urls_is_refused(top: str, tmp_path: Path) -> None:
    source = write_tree(tmp_path / "in", {"IO::File": b"one", "IO::Seek": b"two", "plain": b"3"})
    results = list(lmpack.compress_files([source], top, recursive=True, remove=True, level=1))
    assert errors(results).keys() == {"IO::File", "IO::Seek"}
    assert read_tree(source).keys() == {"IO::File", "IO::Seek"}
    storage = fsspec.filesystem("memory")
    assert [name.rpartition("/")[2] for name in storage.find(top)] == ["plain.lmp"]
    with pytest.raises(lmpack.UsageError, match="several URLs"):
        lmpack.open(f"{top}/a::b", "rb")


def test_a_folder_is_no_output(top: str, tmp_path: Path) -> None:
    put(top, {"e/y": b"inside"})
    source = write_tree(tmp_path / "in", {"a": b"x"})
    (result,) = lmpack.compress_files([source / "a"], output_file=f"{top}/e", force=True, level=1)
    assert "is a folder: name another output" in str(result.error)
    assert [name.rpartition("/")[2] for name in fsspec.filesystem("memory").find(top)] == ["y"]
