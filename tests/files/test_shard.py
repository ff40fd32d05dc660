"""Several processes share the files of a tree: one of them does a file, always the same."""

from __future__ import annotations

import os
from collections import Counter
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from trees import CONTENTS, packed_tree, read_tree

import lmpack
from lmpack import FileResult
from lmpack._files.shard import Shard

pytestmark = pytest.mark.usefixtures("fake_models", "small_blocks")


def test_the_path_alone_decides_and_for_ever() -> None:
    shards = {path: [n for n in range(1, 8) if Shard(n, 7).holds(path)] for path in CONTENTS}
    assert all(len(numbers) == 1 for numbers in shards.values())
    # Other versions and machines have to agree: these numbers never change.
    paths = ("one", "sub/short", os.fsdecode(b"not \xff UTF-8"), "a/ä")
    found = [n for path in paths for n in range(1, 65) if Shard(n, 64).holds(path)]
    assert found == [1, 10, 23, 18]


def test_shards_have_about_as_many_files() -> None:
    counts = Counter(n for i in range(4000) for n in range(1, 5) if Shard(n, 4).holds(f"d/{i}"))
    assert min(counts.values()) > 900


@pytest.mark.parametrize("direction", ["compress", "decompress"])
def test_all_shards_together_make_the_tree(tree: Path, direction: str) -> None:
    convert: Callable[..., Iterator[FileResult]] = lmpack.compress_files
    source, expected = tree, packed_tree(CONTENTS)
    if direction == "decompress":
        source = tree.parent / "packed"
        list(lmpack.compress_files([tree], source, recursive=True))
        convert, expected = lmpack.decompress_files, CONTENTS
    out = tree.parent / "out"
    done: list[str] = []
    for number in (3, 1, 2):
        done += [r.source for r in convert([source], out, recursive=True, shard=(number, 3))]
        if number == 3:
            assert read_tree(out).items() < expected.items()
    assert sorted(done) == sorted({*done}) == sorted(map(str, files_in(source)))
    assert read_tree(out) == expected


def files_in(top: Path) -> list[Path]:
    return [path for path in top.rglob("*") if path.is_file()]


def test_a_shard_leaves_alone_what_others_may_be_writing(tree: Path) -> None:
    (tree / "sub").chmod(0o500)
    out = tree.parent / "out"
    (out / "sub").mkdir(parents=True)
    leftover = out / "sub" / ".lmpack-0011223344556677.tmp"
    leftover.write_bytes(b"of another machine, whose lock is not seen")
    list(lmpack.compress_files([tree], out, recursive=True, shard=(1, 1)))
    assert leftover.exists()
    assert (out / "sub" / "sub").stat().st_mode & 0o700 == 0o700
    (tree / "sub").chmod(0o700)


def test_every_shard_says_that_a_folder_cannot_be_read(
    tree: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    scandir = os.scandir

    def failing(path: str) -> object:
        if str(path).endswith("sub"):
            raise PermissionError(13, "Permission denied", str(path))
        return scandir(path)

    monkeypatch.setattr(os, "scandir", failing)
    for number in (1, 2):
        results = list(lmpack.compress_files([tree], recursive=True, shard=(number, 2)))
        assert [r.source for r in results if r.error] == [str(tree / "sub")]


@pytest.mark.parametrize("shard", [(0, 3), (4, 3), (1, 0), (-1, 3), 3, (1, 2, 3), "12", (1.0, 2)])
def test_what_is_no_shard_is_refused(tree: Path, shard: object) -> None:
    with pytest.raises(lmpack.UsageError, match="shard"):
        lmpack.compress_files([tree], recursive=True, shard=shard)  # type: ignore[arg-type]


def test_one_file_is_not_shared(tree: Path) -> None:
    with pytest.raises(lmpack.UsageError, match="one file is not shared"):
        lmpack.compress_files([tree / "one"], output_file=tree / "x", shard=(1, 2))
