"""Appending: a container behind those that are there, and nothing to what is not whole."""

from __future__ import annotations

import io
import os
from pathlib import Path
from typing import Any

import pytest

import lmpack

ONE = lmpack.compress(b"one\n", 1)


@pytest.fixture
def path(tmp_path: Path) -> Path:
    return tmp_path / "x.lmp"


def append(path: Path, content: bytes) -> None:
    with lmpack.open(path, "ab", 1) as file:
        file.write(content)


def test_what_is_not_there_or_empty_becomes_a_file(path: Path) -> None:
    append(path, b"one\n")
    assert path.read_bytes() == ONE
    path.write_bytes(b"")
    append(path, b"one\n")
    assert path.read_bytes() == ONE
    path.unlink()
    append(path, b"")
    assert path.read_bytes() == lmpack.compress(b"", 1)


def test_containers_follow_each_other(path: Path) -> None:
    for content in (b"one\n", b"two\n", b"three\n"):
        append(path, content)
    assert path.read_bytes().startswith(ONE)
    assert len(lmpack.describe(path)) == 3
    with lmpack.open(path) as file:
        assert list(file) == [b"one\n", b"two\n", b"three\n"]


@pytest.mark.parametrize("content", [b"", b"one\n"])
def test_nothing_appended_changes_nothing(path: Path, content: bytes) -> None:
    path.write_bytes(lmpack.compress(content, 1))
    before = path.read_bytes()
    append(path, b"")
    with lmpack.open(path, "ab") as file:
        file.flush()
    assert path.read_bytes() == before


def test_padding_gives_way(path: Path) -> None:
    path.write_bytes(ONE + bytes(1000))
    append(path, b"two\n")
    assert path.read_bytes() == ONE + lmpack.compress(b"two\n", 1)


def test_text_and_the_place_in_the_content(path: Path) -> None:
    path.write_bytes(ONE)
    with lmpack.open(path, "at", 1, encoding="latin-1", newline="\n") as text:
        text.write("één\n")
    with lmpack.open(path, "a", 1) as file:
        assert file.mode == "ab"
        assert file.tell() == 8
        file.write(b"x")
        assert file.tell() == 9
        assert (file.readable(), file.writable(), file.seekable()) == (False, True, False)
        with pytest.raises(io.UnsupportedOperation):
            file.read()
        file.flush()
        with lmpack.open(path) as reader:
            assert reader.read(9) == "one\néén\nx".encode("latin-1")
    assert lmpack.decompress(path.read_bytes()) == "one\néén\nx".encode("latin-1")


REFUSED: dict[str, tuple[bytes, type[lmpack.LmpackError]]] = {
    "foreign": (b"a text\n", lmpack.NotLmpackError),
    "cut": (ONE[:-3], lmpack.TruncatedError),
    "cut in the header": (ONE[:9], lmpack.TruncatedError),
    "damaged index": (ONE[:-1] + bytes([ONE[-1] ^ 1]), lmpack.DamagedError),
    "damaged header": (ONE[:6] + b"x" + ONE[7:], lmpack.DamagedError),
    "something behind": (ONE + b"junk", lmpack.DamagedError),
    "newer": (lmpack.compress(b"")[:4] + b"\x63" + bytes(8), lmpack.FormatError),
}


@pytest.mark.parametrize("name", REFUSED)
def test_what_is_not_whole_stays_as_it_is(path: Path, name: str) -> None:
    content, error = REFUSED[name]
    path.write_bytes(content)
    with pytest.raises(error, match="nothing was appended: write another file"):
        lmpack.open(path, "ab")
    with pytest.raises(error, match="nothing was appended: write another file"):
        lmpack.open(io.BytesIO(content), "ab")
    assert path.read_bytes() == content


def test_a_missing_model_makes_no_file(path: Path) -> None:
    with pytest.raises(lmpack.ModelError):
        lmpack.open(path, "ab", model="nowhere")
    assert not path.exists()


def test_an_index_may_not_take_too_much_memory(path: Path) -> None:
    path.write_bytes(ONE)
    with pytest.raises(lmpack.LimitError, match="max_memory"):
        lmpack.open(path, "ab", max_memory=50)
    assert path.read_bytes() == ONE


@pytest.mark.parametrize("mode", ["r+b", "a+b"])
def test_file_objects_that_can_read_are_appended_to(path: Path, mode: str) -> None:
    path.write_bytes(ONE)
    with path.open(mode) as base, lmpack.open(base, "ab", 1) as file:
        file.write(b"two\n")
    assert lmpack.decompress(path.read_bytes()) == b"one\ntwo\n"
    memory = io.BytesIO(ONE)
    with lmpack.open(memory, "ab", 1) as file:
        file.write(b"two\n")
    assert memory.getvalue() == path.read_bytes()


def test_other_file_objects_are_refused(path: Path) -> None:
    path.write_bytes(ONE)

    class Bare:
        def write(self, data: Any) -> None:
            raise AssertionError

    for opened in ("ab", "rb"):
        with path.open(opened) as base, pytest.raises(lmpack.UsageError):
            lmpack.open(base, "ab")
    with pytest.raises(lmpack.UsageError, match="can read, write and seek"):
        lmpack.open(Bare(), "ab")
    os.mkfifo(path.with_name("pipe"))
    with pytest.raises(lmpack.UsageError, match="can read, write and seek"):
        lmpack.open(path.with_name("pipe"), "ab")
    with pytest.raises(IsADirectoryError):
        lmpack.open(path.parent, "ab")
    assert path.read_bytes() == ONE


def test_a_failed_write_is_not_forgotten() -> None:
    class Full(io.BytesIO):
        def write(self, data: object, /) -> int:
            raise OSError(28, "No space left on device")

    file = lmpack.open(Full(ONE), "ab", 1)
    file.write(b"two\n")
    with pytest.raises(OSError, match="No space left"):
        file.flush()
    with pytest.raises(OSError, match="No space left"):
        file.close()


def test_one_file_takes_one_prefix(tmp_path: Path) -> None:
    first, second = lmpack.Prefix(b"the first prefix"), lmpack.Prefix(b"the second prefix")
    path = tmp_path / "x.lmp"
    path.write_bytes(lmpack.compress(b"the first prefix, again", level=1, prefix=first))
    before = path.read_bytes()
    with pytest.raises(lmpack.UsageError, match="nothing was appended, as one file takes one"):
        lmpack.open(path, "ab", level=1, prefix=second)
    assert path.read_bytes() == before
    for prefix in (None, first):
        with lmpack.open(path, "ab", level=1, prefix=prefix) as file:
            file.write(b"more")
    assert lmpack.decompress(path.read_bytes(), prefix=first) == b"the first prefix, againmoremore"
