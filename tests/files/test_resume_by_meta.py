"""A batch that goes on without reading what is done: sizes and times have to fit."""

from __future__ import annotations

import os
from pathlib import Path

import pytest
from trees import CONTENTS, errors

import lmpack
from lmpack._files import queue, same_content

pytestmark = pytest.mark.usefixtures("fake_models", "small_blocks")


@pytest.fixture
def compared(monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """Names of the files whose content has been compared."""
    names: list[str] = []
    compare = same_content.is_compressed_form

    def remember(container: object, plain: object, max_memory: int | None) -> bool:
        names.append(plain.path.name)  # type: ignore[attr-defined]
        return compare(container, plain, max_memory)  # type: ignore[arg-type]

    monkeypatch.setattr(queue, "is_compressed_form", remember)
    return names


def test_what_fits_is_skipped_unread_in_both_directions(tree: Path, compared: list[str]) -> None:
    out, back = tree.parent / "out", tree.parent / "back"
    for convert, source, target in (
        (lmpack.compress_files, tree, out),
        (lmpack.decompress_files, out, back),
    ):
        list(convert([source], target, recursive=True))
        results = list(convert([source], target, recursive=True, resume="meta"))
        assert len(results) == len(CONTENTS)
        assert all(result.skipped for result in results)
    assert not compared


def test_what_does_not_fit_is_compared(tree: Path, compared: list[str]) -> None:
    out = tree.parent / "out"
    list(lmpack.compress_files([tree], out, recursive=True))
    os.utime(tree / "one", ns=(0, 1))  # another time, the same content
    changed = out / "long.lmp"  # the same time, another size
    status = changed.stat()
    changed.write_bytes((out / "block.lmp").read_bytes())
    os.utime(changed, ns=(status.st_atime_ns, status.st_mtime_ns))
    cut = out / "block.lmp"
    status = cut.stat()
    cut.write_bytes(cut.read_bytes()[:-1])
    os.utime(cut, ns=(status.st_atime_ns, status.st_mtime_ns))
    results = list(lmpack.compress_files([tree], out, recursive=True, resume="meta"))
    assert sorted(compared) == ["block", "long", "one"]
    assert errors(results).keys() == {"long", "block"}
    assert all(result.skipped or result.error for result in results)


def test_the_limit_of_the_rule(tree: Path) -> None:
    """Content that changed while its size and time stayed is not seen; docs/cluster.md says so."""
    out = tree.parent / "out"
    list(lmpack.compress_files([tree], out, recursive=True))
    status = (tree / "one").stat()
    (tree / "one").write_bytes(b"y")
    os.utime(tree / "one", ns=(status.st_atime_ns, status.st_mtime_ns))
    by_meta = list(lmpack.compress_files([tree], out, recursive=True, resume="meta"))
    assert not errors(by_meta)
    by_content = list(lmpack.compress_files([tree], out, recursive=True, resume=True))
    assert errors(by_content).keys() == {"one"}


def test_an_unknown_rule_is_refused(tree: Path) -> None:
    with pytest.raises(lmpack.UsageError, match="resume is 'size'"):
        lmpack.compress_files([tree], resume="size")  # type: ignore[arg-type]
