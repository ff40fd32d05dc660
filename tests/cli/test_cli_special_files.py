"""Pipes, devices and names of open descriptors, as inputs and as outputs of the command."""

from __future__ import annotations

import os
import socket
import subprocess
import sys
from pathlib import Path

import pytest
from click.testing import CliRunner, Result
from fake_models import FakeModels

import lmpack
from lmpack.cli.main import main

PROGRAM = [sys.executable, str(Path(__file__).parents[1] / "support" / "fake_lmpack.py")]
WORDS = b"what the model finds probable\n" * 40

pytestmark = pytest.mark.skipif(not os.path.exists("/dev/fd"), reason="needs special files")


@pytest.fixture(autouse=True)
def words(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, fake_models: FakeModels) -> None:
    monkeypatch.chdir(tmp_path)
    Path("words.txt").write_bytes(WORDS)
    Path("words.lmp").write_bytes(lmpack.compress(WORDS))
    Path("out").symlink_to("/dev/stdout")
    os.mkfifo("pipe")


def bash(script: str) -> subprocess.CompletedProcess[str]:
    """Runs a script in which lmpack is the program."""
    return subprocess.run(
        ["bash", "-c", f'lmpack() {{ {" ".join(PROGRAM)} "$@"; }}; {script}'],
        capture_output=True,
        text=True,
        timeout=60,
    )


def in_process(*arguments: str) -> Result:
    return CliRunner().invoke(main, arguments, catch_exceptions=False)


@pytest.mark.slow
@pytest.mark.parametrize("name", ["/dev/stdout", "out", "/dev/fd/1", "/proc/self/fd/1"])
def test_an_open_descriptor_is_written_where_it_is(name: str) -> None:
    """Between what others write into the same file, which is neither emptied nor replaced."""
    if name.startswith("/proc") and not os.path.isdir("/proc/self/fd"):
        pytest.skip("there is no /proc here")
    result = bash(f"{{ echo before; lmpack -d -o {name} words.lmp; echo after; }} >all")
    assert result.stderr == ""
    assert Path("all").read_bytes() == b"before\n" + WORDS + b"after\n"
    assert Path("out").is_symlink()


@pytest.mark.slow
def test_an_open_descriptor_is_read_from_where_it_is() -> None:
    result = bash("{ read line; lmpack compress -o x.lmp /dev/stdin; } <words.txt")
    assert result.stderr == ""
    assert lmpack.decompress(Path("x.lmp").read_bytes()) == WORDS.split(b"\n", 1)[1]


@pytest.mark.slow
def test_a_socket_is_read_by_its_name() -> None:
    """It cannot be opened again."""
    left, right = socket.socketpair()
    with left, right:
        left.sendall(WORDS)
        left.shutdown(socket.SHUT_WR)
        program = [*PROGRAM, "compress", "-c", "/dev/stdin"]
        packed = subprocess.run(
            program, stdin=right.fileno(), capture_output=True, check=True
        ).stdout
    assert lmpack.decompress(packed) == WORDS


@pytest.mark.slow
def test_the_output_of_a_program_takes_the_place_of_a_file() -> None:
    assert bash("lmpack compress -c <(cat words.txt) >x.lmp").stderr == ""
    assert lmpack.decompress(Path("x.lmp").read_bytes()) == WORDS
    assert bash("lmpack -d -o y.txt <(cat x.lmp)").stderr == ""
    assert Path("y.txt").read_bytes() == WORDS
    result = bash("lmpack compress <(cat words.txt) words.txt")
    assert result.returncode == 1
    (line,) = result.stderr.splitlines()
    assert "it is a link to an open descriptor" in line
    assert "do it alone, with -c or -o" in line
    assert Path("words.txt.lmp").exists()


@pytest.mark.slow
def test_named_pipes_are_read_and_written() -> None:
    result = bash("cat words.txt >pipe & lmpack compress -o x.lmp pipe && wait")
    assert (result.returncode, result.stderr) == (0, "")
    result = bash("lmpack -d -o pipe x.lmp & cat pipe; wait")
    assert result.stdout.encode() == WORDS
    assert Path("pipe").is_fifo()


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (("compress", "/dev/zero"), "lmpack: /dev/zero: it is a device, whose name says nothing"),
        (("compress", "pipe"), "lmpack: pipe: it is a pipe, whose name says nothing of an output"),
        (("-d", "pipe"), "do it alone, with -c or -o (in Python by"),
        (("compress", "-r", "pipe"), "lmpack: pipe: it is a pipe"),
        (("compress", "."), "lmpack: .: it is a folder: use -r, or lmpack compress --tar"),
        (("compress", "-c", "."), "lmpack: .: it is a folder: name the files in it"),
        (("test", "."), "lmpack: .: it is a folder: name the files in it"),
        (("info", "pipe"), "lmpack: pipe: pipe is a pipe: give a regular file"),
        (("info", "/dev/zero"), "/dev/zero is a device: give a regular file"),
        (("generate", "image", "pipe"), "pipe is a pipe: give a regular file"),
        (("generate", "audio", "pipe", "-o", "x.wav"), "pipe is a pipe: give a regular file"),
    ],
    ids=lambda value: " ".join(value) if isinstance(value, tuple) else None,
)
def test_streams_are_refused_with_a_hint(arguments: tuple[str, ...], message: str) -> None:
    result = in_process(*arguments)
    assert result.exit_code == 1
    (line,) = result.stderr.splitlines()
    assert message in line


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (("compress", "-o", "/dev/stdout", "words.txt", "out"), "/dev/stdout is no folder"),
        (("compress", "-r", "-o", "pipe", "."), "pipe is no folder: several files can be joined"),
        (("compress", "--rm", "-o", "x", "/dev/stdin"), "need an input file, which /dev/stdin is"),
        (("compress", "--resume", "-o", "x", "pipe"), "need an input file, which pipe is not"),
        (("compress", "--rm", "-o", "out", "words.txt"), "need an output file, which out is not"),
        (("compress", "--rm", "-o", "x", "-"), "need an input file, which standard input is not"),
    ],
    ids=lambda value: " ".join(value) if isinstance(value, tuple) else None,
)
def test_what_needs_files_is_wrong_usage(arguments: tuple[str, ...], message: str) -> None:
    result = in_process(*arguments)
    assert result.exit_code == 2
    assert message in result.stderr


def test_a_terminal_is_no_output_whatever_its_name() -> None:
    pty = pytest.importorskip("pty")
    parent, child = pty.openpty()
    try:
        result = in_process("compress", "-o", f"/dev/fd/{child}", "words.txt")
        assert result.exit_code == 2
        assert "compressed data do not go to a terminal" in result.stderr
        assert in_process("compress", "-fo", f"/dev/fd/{child}", "words.txt").exit_code == 0
    finally:
        os.close(parent)
        os.close(child)
