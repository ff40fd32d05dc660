"""Files in parts: joined again they are what they were, or it is said why not."""

from __future__ import annotations

import random
from pathlib import Path

import pytest

from benchmarks.gpu.parts import PartsError, join, names, split


@pytest.fixture
def content() -> bytes:
    return random.Random(0).randbytes(1000)


@pytest.mark.parametrize("size", [7, 333, 999, 1000, 5000])
def test_parts_joined_again_equal_the_whole(tmp_path: Path, content: bytes, size: int) -> None:
    (tmp_path / "state.pt").write_bytes(content)
    written = split(tmp_path / "state.pt", tmp_path / "out", size)
    assert sorted(written) == sorted((tmp_path / "out").iterdir())
    assert max(path.stat().st_size for path in written[1:]) <= size
    assert names(tmp_path / "out") == ["state.pt"]
    join(tmp_path / "out", "state.pt", tmp_path / "back" / "state.pt")
    assert (tmp_path / "back" / "state.pt").read_bytes() == content


def test_parts_may_be_spread_over_folders(tmp_path: Path, content: bytes) -> None:
    (tmp_path / "state.pt").write_bytes(content)
    for number, path in enumerate(split(tmp_path / "state.pt", tmp_path / "out", 300)):
        folder = tmp_path / "carried" / str(number)
        folder.mkdir(parents=True)
        path.rename(folder / path.name)
    join(tmp_path / "carried", "state.pt", tmp_path / "back")
    assert (tmp_path / "back").read_bytes() == content


def test_two_versions_are_said(tmp_path: Path, content: bytes) -> None:
    for number in "12":
        (tmp_path / "state.pt").write_bytes(content + number.encode())
        split(tmp_path / "state.pt", tmp_path / "out" / number, 300)
    with pytest.raises(PartsError, match=r"state.pt.parts.json is not the same in .*1 and .*2"):
        join(tmp_path / "out", "state.pt", tmp_path / "back")


def test_only_folders_of_uploads_are_searched(tmp_path: Path, content: bytes) -> None:
    (tmp_path / "state.pt").write_bytes(content)
    split(tmp_path / "state.pt", tmp_path / "out" / "older", 300)
    assert names(tmp_path / "out") == []
    with pytest.raises(PartsError, match="is missing in"):
        join(tmp_path / "out", "state.pt", tmp_path / "back")


def test_a_name_is_no_pattern(tmp_path: Path, content: bytes) -> None:
    (tmp_path / "state[12].pt").write_bytes(content)
    split(tmp_path / "state[12].pt", tmp_path / "out", 300)
    (tmp_path / "state1.pt").write_bytes(content[:5])
    split(tmp_path / "state1.pt", tmp_path / "out", 300)
    join(tmp_path / "out", "state[12].pt", tmp_path / "back")
    assert (tmp_path / "back").read_bytes() == content


def test_an_empty_file(tmp_path: Path) -> None:
    (tmp_path / "empty").touch()
    split(tmp_path / "empty", tmp_path / "out", 10)
    join(tmp_path / "out", "empty", tmp_path / "back")
    assert (tmp_path / "back").read_bytes() == b""


def test_parts_of_an_older_version_go(tmp_path: Path, content: bytes) -> None:
    (tmp_path / "state.pt").write_bytes(content)
    split(tmp_path / "state.pt", tmp_path / "out", 100)
    (tmp_path / "state.pt").write_bytes(content[:150])
    written = split(tmp_path / "state.pt", tmp_path / "out", 100)
    assert len(written) == 3
    assert sorted(written) == sorted((tmp_path / "out").iterdir())


@pytest.mark.parametrize("last", range(4))
def test_a_failing_write_leaves_the_older_version(
    tmp_path: Path, content: bytes, last: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "state.pt").write_bytes(content)
    before = split(tmp_path / "state.pt", tmp_path / "out", 400)
    (tmp_path / "state.pt").write_bytes(content[::-1])
    with monkeypatch.context() as context:
        full_after(context, last)
        with pytest.raises(OSError, match="no space"):
            split(tmp_path / "state.pt", tmp_path / "out", 400)
    join(tmp_path / "out", "state.pt", tmp_path / "back")
    assert (tmp_path / "back").read_bytes() == content
    split(tmp_path / "state.pt", tmp_path / "out", 400)
    assert len(list((tmp_path / "out").iterdir())) == len(before)


def full_after(monkeypatch: pytest.MonkeyPatch, writes: int) -> None:
    """Let every write after so many fail halfway, as on a full disk."""
    left = iter([True] * writes)
    to_path = Path.write_bytes

    def write_bytes(path: Path, content: bytes) -> int:
        if next(left, False):
            return to_path(path, content)
        to_path(path, content[: len(content) // 2])
        raise OSError("no space left on device")

    monkeypatch.setattr(Path, "write_bytes", write_bytes)


def test_a_missing_part_is_said(tmp_path: Path, content: bytes) -> None:
    (tmp_path / "state.pt").write_bytes(content)
    written = split(tmp_path / "state.pt", tmp_path / "out", 300)
    for path in (written[2], written[0]):
        path.unlink()
        with pytest.raises(PartsError, match=rf"{path.name} is missing in .*: copy it there"):
            join(tmp_path / "out", "state.pt", tmp_path / "back")
    assert not (tmp_path / "back").exists()


def test_a_changed_part_is_said(tmp_path: Path, content: bytes) -> None:
    (tmp_path / "state.pt").write_bytes(content)
    part = split(tmp_path / "state.pt", tmp_path / "out", 300)[3]
    part.write_bytes(part.read_bytes()[::-1])
    with pytest.raises(PartsError, match=rf"{part.name} is not the part that .* lists: copy it"):
        join(tmp_path / "out", "state.pt", tmp_path / "back")
