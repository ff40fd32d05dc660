"""Paths that no system can have are refused, whoever gets them."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest

import lmpack

WITH = ["\0", "\ud800"]

USES: dict[str, Callable[[str, str], object]] = {
    "compress": lambda bad, good: list(lmpack.compress_files([bad])),
    "output": lambda bad, good: list(lmpack.compress_files([good], bad)),
    "output_file": lambda bad, good: list(lmpack.compress_files([good], output_file=bad)),
    "decompress": lambda bad, good: list(lmpack.decompress_files([bad + ".lmp"])),
    "decompressed": lambda bad, good: list(lmpack.decompress_files([good], output_file=bad)),
    "reading": lambda bad, good: lmpack.open(bad),
    "writing": lambda bad, good: lmpack.open(bad, "wb"),
    "bytes": lambda bad, good: lmpack.open(b"a\0b"),
    "description": lambda bad, good: lmpack.describe(bad),
}


@pytest.mark.usefixtures("fake_models")
@pytest.mark.parametrize("character", WITH, ids=ascii)
@pytest.mark.parametrize("use", USES.values(), ids=USES.keys())
def test_impossible_paths_are_refused(
    tmp_path: Path, use: Callable[[str, str], object], character: str
) -> None:
    good = tmp_path / "file"
    good.write_bytes(b"x")
    with pytest.raises(lmpack.UsageError, match="is no path"):
        use(str(tmp_path / f"a{character}b"), str(good))
    assert list(tmp_path.iterdir()) == [good]


def test_an_empty_path_is_none(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    Path("one").write_bytes(b"one")
    with pytest.raises(lmpack.UsageError, match="it is empty: name a file"):
        list(lmpack.compress_files([""], recursive=True, level=1))
    with pytest.raises(lmpack.UsageError, match="it is empty"):
        list(lmpack.compress_files(["one"], "", level=1))
    assert [path.name for path in tmp_path.iterdir()] == ["one"]
