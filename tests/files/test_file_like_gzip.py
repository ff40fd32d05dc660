"""A file object has what those of gzip have: a name, a place on a pipe, lines, EOFError."""

from __future__ import annotations

import io
from pathlib import Path
from typing import Any

import pytest
from containers import PipeSource

import lmpack

LINES = b"one\ntwo\n\nfour"
PACKED = lmpack.compress(LINES, level=1)


@pytest.mark.parametrize("mode", ["wb", "rb"])
def test_the_name_is_the_path_as_it_was_given(tmp_path: Path, mode: str) -> None:
    path = tmp_path / "file.lmp"
    path.write_bytes(PACKED)
    for given, name in ((path, str(path)), (str(path), str(path)), (bytes(path), bytes(path))):
        with lmpack.open(given, mode) as file:
            assert file.name == name
        assert file.name == name
    with lmpack.open(path, mode.replace("b", "t")) as file:
        assert file.name == str(path)


def test_the_name_of_a_file_object_is_taken(tmp_path: Path) -> None:
    (tmp_path / "file.lmp").write_bytes(PACKED)
    with (tmp_path / "file.lmp").open("rb") as base, lmpack.open(base) as file:
        assert file.name == base.name
    with lmpack.open(io.BytesIO(PACKED)) as file:
        assert file.name == ""
    with (
        open(tmp_path / "file.lmp", "rb", buffering=0) as numbered,
        open(numbered.fileno(), "rb", closefd=False) as unnamed,
        lmpack.open(unnamed) as file,
    ):
        assert file.name == ""  # its own name is a number


def test_the_place_on_a_pipe_is_known() -> None:
    with lmpack.open(PipeSource(PACKED)) as file:
        places = [file.tell()]
        while file.read(5):
            places.append(file.tell())
        assert places == [0, 5, 10, len(LINES)]
        assert not file.seekable()
        with pytest.raises(io.UnsupportedOperation):
            file.seek(0)


def test_lines_do_not_go_through_readline(monkeypatch: pytest.MonkeyPatch) -> None:
    def readline(self: lmpack.LmpackFile, size: int = -1) -> bytes:
        raise AssertionError("a call of Python for each line")

    monkeypatch.setattr(lmpack.LmpackFile, "readline", readline)
    with lmpack.open(io.BytesIO(PACKED)) as file:
        assert next(file) == b"one\n"
        assert file.tell() == 4
        assert list(file) == [b"two\n", b"\n", b"four"]
        assert next(file, None) is None


def test_lines_end_with_the_file() -> None:
    file = lmpack.open(io.BytesIO(PACKED))
    lines = iter(file)
    assert next(lines) == b"one\n"
    file.close()
    for again in (lines, file):
        with pytest.raises(ValueError, match="closed"):
            next(again)
    with pytest.raises(ValueError, match="closed"):
        iter(file)
    assert not file.seekable()


def test_a_file_for_writing_has_no_lines() -> None:
    with lmpack.open(io.BytesIO(), "wb") as file, pytest.raises(io.UnsupportedOperation):
        list(file)


def test_a_file_that_ends_early_is_an_end_of_file() -> None:
    with pytest.raises(EOFError) as caught:
        lmpack.decompress(PACKED[:-5])
    assert isinstance(caught.value, lmpack.TruncatedError)
    with lmpack.open(PipeSource(PACKED[:-5])) as file, pytest.raises(EOFError):
        file.read()


def test_bytes_are_no_file_to_describe() -> None:
    with pytest.raises(lmpack.UsageError, match=r"neither a path nor a file.*io\.BytesIO"):
        lmpack.describe(PACKED)  # type: ignore[arg-type]


def test_it_is_a_buffered_file_of_the_module_io() -> None:
    sink = io.BytesIO()
    with lmpack.open(sink, "wb", 1) as file:
        file.writelines(LINES.splitlines(keepends=True))
        for refused in (file.detach, file.truncate):
            with pytest.raises(io.UnsupportedOperation):
                refused()
    assert sink.getvalue() == PACKED
    file = lmpack.open(sink, "rb", 9)  # reading goes by the file
    assert isinstance(file, io.BufferedIOBase)
    assert (file.isatty(), file.readlines(5)) == (False, [b"one\n", b"two\n"])
    buffer = bytearray(8)
    assert (file.peek(1)[:1], file.readinto1(buffer), file.readinto(buffer)) == (b"\n", 5, 0)
    assert buffer == b"\nfour\0\0\0"
    file.flush()
    file.close()
    for use in (file.flush, file.tell, file.fileno, file.readline, file.__enter__):
        with pytest.raises(ValueError, match="closed"):
            use()


@pytest.mark.parametrize(
    "wrong", [{"encoding": "nope"}, {"newline": "x"}, {"errors": "nope"}, {"encoding": 5}]
)
def test_wrong_text_arguments_leave_the_file_as_it_was(tmp_path: Path, wrong: Any) -> None:
    path = tmp_path / "x.lmp"
    path.write_bytes(before := lmpack.compress(b"kept", level=1))
    for mode in ("wt", "at", "rt"):
        with pytest.raises(lmpack.UsageError, match="no text can be opened with"):
            lmpack.open(path, mode, **wrong)
    assert path.read_bytes() == before
