"""Code of users: type checkers accept it, and it does what it says."""

from __future__ import annotations

import ast
import io
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest
import users_code
import users_program

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
        [sys.executable, "-m", "mypy", "--strict", users_code.__file__, users_program.__file__],
        cwd=ROOT,
        capture_output=True,
        text=True,
    )
    assert result.returncode == 0, result.stdout


def used_names(program: str) -> set[str]:
    """What comes behind `lmpack.` in a program."""
    nodes = ast.walk(ast.parse(Path(program).read_text(encoding="utf-8")))
    return {
        node.attr
        for node in nodes
        if isinstance(node, ast.Attribute)
        and isinstance(node.value, ast.Name)
        and node.value.id == "lmpack"
    }


def test_every_public_name_is_used() -> None:
    used = used_names(users_code.__file__) | used_names(users_program.__file__)
    assert used == set(lmpack.__all__)


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


def test_pieces_are_sent_and_received(tmp_path: Path) -> None:
    pieces = [*users_program.sent([b"one\n", b"two\n"]), b"more"]
    assert users_program.received(pieces[:-1], 3) == (b"one\ntwo\n", b"")
    assert users_program.received([b"".join(pieces)], -1) == (b"one\ntwo\n", b"more")
    assert users_program.log(tmp_path / "log.lmp", "one\n") == 4
    assert users_program.log(tmp_path / "log.lmp", "two\n") == 8
    assert users_program.sizes_of_blocks(str(tmp_path / "log.lmp")) == [4, 4]


def test_files_are_packed_and_described(packed: Path, tmp_path: Path) -> None:
    shares = users_program.packed_and_told(io.BytesIO(b"one\n" * 9), io.BytesIO())
    assert shares == sorted(shares)
    (tmp_path / "in").mkdir()
    (tmp_path / "in" / "text").write_bytes(b"one\n")
    assert users_program.there_and_back(tmp_path / "in") == ["text.lmp", "text"]
    left, damage, is_complete = users_program.what_is_left(packed.read_bytes()[:-1])
    assert (left, len(damage), is_complete) == (b"one\ntwo\n", 1, True)


@pytest.mark.usefixtures("models_folder")
def test_models_are_added_and_removed() -> None:
    bundle = min(lmpack.list_models(), key=lambda model: model.architecture.width)
    assert users_program.names_of_models(bundle.path) == users_program.names_of_models()


def test_a_service_answers(packed: Path) -> None:
    answers = [users_program.said(data) for data in (packed.read_bytes(), b"text", b"")]
    assert answers[:2] == [f"lmpack {lmpack.__version__}", "send a file of lmpack"]
    assert answers[2].startswith("send it again: the input ends at byte 0")
    assert not users_program.is_of_research(lmpack.UsageError())
    assert users_program.archives("a.tar.lmp")
    assert users_program.record_after(b"one, two\n" * 9, b"two, three\n" * 9) == b"two, three\n" * 9
    assert users_program.rows_after(b"one,two\n" * 9, b"one,three\n") == b"one,three\n"
