"""Code of users: type checkers accept it, and it does what it says."""

from __future__ import annotations

import io
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest
import users_code

import lmpack

ROOT = Path(__file__).parents[2]


@pytest.fixture
def packed(tmp_path: Path) -> Path:
    path = tmp_path / "lines.lmp"
    path.write_bytes(lmpack.compress(b"one\ntwo\n", level=1))
    return path


@pytest.mark.slow
def test_type_checkers_accept_it() -> None:
    result = subprocess.run(
        [sys.executable, "-m", "mypy", "--strict", users_code.__file__],
        cwd=ROOT,
        capture_output=True,
        text=True,
    )
    assert result.returncode == 0, result.stdout


def test_files_are_opened_and_wrapped(packed: Path) -> None:
    assert not users_code.opened_in_a_mode_of_a_variable(packed, "r")
    with users_code.chosen_by_name(str(packed)) as one, users_code.like_gzip(str(packed)) as two:
        assert one.read() == two.read() == b"one\ntwo\n"
    with users_code.as_a_binary_file(packed) as binary:
        assert binary.readline() == b"one\n"
    with users_code.as_a_text_file(bytes(packed)) as text:
        assert text.read() == "one\ntwo\n"
    assert users_code.wrapped_in_text(packed) == ["one\n", "two\n"]
    assert users_code.wrapped_in_buffers(packed) == b"one"
    assert users_code.as_text_or_bytes(packed, True) == b"one\ntwo\n"
    assert users_code.as_text_or_bytes(packed, False) == "one\ntwo\n"
    assert users_code.lines_and_name(packed) == ([b"one", b"two"], str(packed))


def test_streams_are_read(packed: Path) -> None:
    with packed.open("rb") as stream:
        assert users_code.from_any_stream(stream) == b"one\ntwo\n"
    content = io.BytesIO(packed.read_bytes())
    assert users_code.from_what_reads(content) == b"one\ntwo\none\n"


def test_buffers_come_back(packed: Path) -> None:
    values = np.arange(4.0)
    assert users_code.of_an_array(values).tolist() == values.tolist()
    assert lmpack.decompress(users_code.of_a_map(packed)) == packed.read_bytes()


def test_libraries_write_and_read(packed: Path, tmp_path: Path) -> None:
    new = tmp_path / "new.lmp"
    assert users_code.rows_of_a_table(new) == [["a", "b"]]
    assert users_code.json_and_back(new, {"a": [1]}) == {"a": [1]}
    assert users_code.pickled_and_back(new, {"a": (1,)}) == {"a": (1,)}
    assert users_code.names_in_an_archive(new, packed) == ["member"]
    assert users_code.members_of_a_zip(new) == ["member"]
    assert users_code.copied(packed, tmp_path / "copy") == 8
    assert (tmp_path / "copy").read_bytes() == b"one\ntwo\n"
