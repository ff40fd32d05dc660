"""What fails in a batch ends neither the batch nor what lies there already."""

from __future__ import annotations

import os
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from fake_models import FakeModels
from trees import BLOCK, CONTENTS, errors, packed_tree, read_tree

import lmpack
from lmpack._files import replacement as _replacement

pytestmark = pytest.mark.usefixtures("fake_models", "small_blocks")


def test_a_bad_file_does_not_end_the_batch(tree: Path) -> None:
    out = tree.parent / "out"
    list(lmpack.compress_files([tree], out, recursive=True))
    damaged = bytearray((out / "long.lmp").read_bytes())
    damaged[BLOCK // 2] ^= 1
    (out / "long.lmp").write_bytes(damaged)
    (out / "one.lmp").write_bytes(b"nothing of ours")
    results = list(lmpack.decompress_files([out], tree.parent / "back", recursive=True))
    assert errors(results).keys() == {"long.lmp", "one.lmp"}
    assert read_tree(tree.parent / "back") == {
        name: content for name, content in CONTENTS.items() if name not in ("long", "one")
    }


def test_unreadable_vanishing_and_impossible_inputs(tree: Path) -> None:
    def paths() -> Iterator[Path]:
        yield tree / "one"
        yield tree / "vanishing"
        yield tree / "nowhere"
        yield tree / "sub"
        yield tree / "one"
        yield tree / "block"
        yield tree / "ends.lmp"

    (tree / "vanishing").write_bytes(b"soon gone")
    (tree / "ends.lmp").write_bytes(b"already")
    results = lmpack.compress_files(paths(), tree.parent / "out")
    (tree / "vanishing").unlink()
    got = list(results)
    assert [result.error is None for result in got] == [
        True, False, False, False, True, True, False
    ]  # fmt: skip
    messages = [str(result.error) for result in got]
    assert "No such file" in messages[1]
    assert "No such file" in messages[2]
    assert "it is a folder: use the option recursive, or lmpack compress --tar" in messages[3]
    assert "same file" in str(got[4].skipped)
    assert "ends in .lmp already" in messages[6]


def test_two_inputs_with_one_output(tree: Path) -> None:
    (tree / "sub" / "one").write_bytes(b"another")
    results = list(lmpack.compress_files([tree / "one", tree / "sub" / "one"], tree.parent / "o"))
    assert results[0].error is None
    assert "is already what is made of" in str(results[1].error)
    assert read_tree(tree.parent / "o") == {"one.lmp": lmpack.compress(b"x")}


@pytest.mark.parametrize("threads", [1, 2])
def test_an_output_in_the_place_of_an_input_is_refused(tree: Path, threads: int) -> None:
    list(lmpack.compress_files([tree / "one", tree / "block"]))
    (tree / "one").write_bytes(b"a newer content, of which there is no other copy")
    results = list(
        lmpack.compress_files([tree], recursive=True, force=True, remove=True, threads=threads)
    )
    assert errors(results).keys() == {"one", "block"}
    assert "is to be read, too" in errors(results)["one"]
    assert (tree / "one").read_bytes().startswith(b"a newer")
    assert lmpack.decompress((tree / "one.lmp.lmp").read_bytes()) == lmpack.compress(b"x")
    results = list(lmpack.decompress_files([tree], recursive=True, force=True, remove=True))
    assert not errors(results)


def test_a_source_that_changes_is_not_deleted(tree: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    commit = _replacement.Replacement.commit

    def changed_meanwhile(new: _replacement.Replacement) -> tuple[str, ...]:
        lost = commit(new)
        (tree / "new").write_bytes(b"another file")
        (tree / "new").replace(tree / "one")
        return lost

    monkeypatch.setattr(_replacement.Replacement, "commit", changed_meanwhile)
    results = list(lmpack.compress_files([tree / "one"], remove=True))
    assert "it is kept" in errors(results)["one"]
    assert (tree / "one").read_bytes() == b"another file"
    assert (tree / "one.lmp").exists()


def test_existing_outputs_stay_without_force(tree: Path) -> None:
    (tree / "one.lmp").write_bytes(b"precious")
    (result,) = lmpack.compress_files([tree / "one"])
    assert "exists already" in str(result.error)
    assert (tree / "one.lmp").read_bytes() == b"precious"
    (result,) = lmpack.compress_files([tree / "one"], force=True)
    assert (tree / "one.lmp").read_bytes() == lmpack.compress(b"x")


@pytest.mark.parametrize("force", [False, True])
def test_a_folder_in_the_place_of_an_output_is_noticed_first(
    tree: Path, fake_models: FakeModels, force: bool
) -> None:
    (tree / "long.lmp").mkdir()
    (result,) = lmpack.compress_files([tree / "long"], force=force)
    assert str(result.error) == f"{tree / 'long.lmp'} is a folder: name another output"
    assert fake_models.opened == []


@pytest.mark.parametrize("room", [0, 100, 700])
def test_a_full_disk(tree: Path, monkeypatch: pytest.MonkeyPatch, room: int) -> None:
    left = room
    write = _replacement.NamedSink.write

    def limited(sink: _replacement.NamedSink, data: memoryview) -> int | None:
        nonlocal left
        if len(data) > left:
            raise OSError(28, "No space left on device")
        left -= len(data)
        return write(sink, data)

    monkeypatch.setattr(_replacement.NamedSink, "write", limited)
    out = tree.parent / "out"
    results = list(lmpack.compress_files([tree], out, recursive=True, remove=True))
    assert "No space left" in errors(results)["noise"]
    assert read_tree(out).items() <= packed_tree(CONTENTS).items()
    # What was not written whole is still there.
    done = {Path(result.source) for result in results if result.error is None}
    for name in CONTENTS:
        assert (tree / name).exists() != (tree / name in done)


def test_links_and_special_files(tree: Path) -> None:
    (tree / "link").symlink_to(tree / "one")
    (tree / "loop").symlink_to(tree)
    (tree / "dangling").symlink_to("nowhere")
    os.mkfifo(tree / "pipe")
    (tree / ".lmpack-0123456789abcdef.tmp").write_bytes(b"of another process")
    (tree / "done.lmp").write_bytes(b"x")
    results = list(lmpack.compress_files([tree], tree / "out", recursive=True))
    skipped = {Path(r.source).name: r.skipped for r in results if r.skipped}
    temporary = ".lmpack-0123456789abcdef.tmp"
    assert skipped.keys() == {"link", "loop", "dangling", "pipe", "done.lmp", temporary}
    assert skipped[temporary] == "it is named like a temporary file of lmpack"
    assert skipped["link"] == skipped["loop"] == "it is a symbolic link"
    assert read_tree(tree / "out") == packed_tree(CONTENTS)
    # Again: the folder of the outputs lies in the tree and is no input.
    again = list(lmpack.compress_files([tree], tree / "out", recursive=True, resume=True))
    assert all(result.skipped for result in again)
    (result,) = lmpack.compress_files([tree / "link"], tree.parent / "o")
    assert result.error is None
    assert read_tree(tree.parent / "o") == {"link.lmp": lmpack.compress(b"x")}


@pytest.mark.parametrize("paths", [None, 5, [b"one"], ["one", None], [3]])
def test_what_is_no_path_is_refused(tree: Path, paths: Any) -> None:
    for function in (lmpack.compress_files, lmpack.decompress_files):
        with pytest.raises(lmpack.UsageError, match=r"no path: give a str|several, in a list"):
            function(paths)
    output: Any
    for output in (b"out", 5):
        with pytest.raises(lmpack.UsageError, match="no path: give a str"):
            lmpack.compress_files([tree / "one"], output)
        with pytest.raises(lmpack.UsageError, match="no path: give a str"):
            lmpack.compress_files([tree / "one"], output_file=output)


def test_a_file_that_is_named_twice_is_done_once(tree: Path) -> None:
    one = tree / "one"
    around = tree / "sub" / ".." / "one"
    first, *others = lmpack.compress_files([one, one, around], tree.parent / "o", force=True)
    assert first.sizes is not None
    for other in others:
        assert (other.sizes, other.error) == (None, None)
        assert other.skipped == f"it is the same file as {one}"


def test_arguments(tree: Path) -> None:
    with pytest.raises(lmpack.UsageError, match="several, in a list"):
        lmpack.compress_files(str(tree))
    with pytest.raises(lmpack.UsageError, match="memory must be an integer, at least 1"):
        lmpack.compress_files([tree], memory=0)
    with pytest.raises(lmpack.UsageError, match="memory must be an integer"):
        lmpack.compress_files([tree], memory="1")  # type: ignore[arg-type]
    with pytest.raises(lmpack.ModelError, match="no model 'gigantic'"):
        lmpack.compress_files([tree], model="gigantic")
    with pytest.raises(lmpack.UsageError, match="number of threads"):
        lmpack.decompress_files([tree], threads=0)
    assert list(lmpack.compress_files([])) == []


def test_a_folder_that_cannot_be_entered_ends_nothing(
    tree: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    out = tree.parent / "out"
    out.mkdir()

    def refuse(self: Path, other: object) -> bool:
        raise PermissionError(13, "Permission denied", str(self))

    monkeypatch.setattr(Path, "samefile", refuse)
    results = list(lmpack.compress_files([tree], out, recursive=True))
    assert not errors(results)
    assert read_tree(out) == packed_tree(CONTENTS)


@pytest.mark.parametrize("threads", [1, 2])
def test_progress_counts_all_that_was_written(tree: Path, threads: int) -> None:
    seen: list[lmpack.Progress] = []
    results = list(
        lmpack.compress_files(
            [tree], tree.parent / "out", recursive=True, threads=threads, progress=seen.append
        )
    )
    assert seen[-1].written == sum(result.sizes.written for result in results if result.sizes)
