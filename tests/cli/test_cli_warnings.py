"""What the commands say about outputs that are there but are not all that they should be."""

from __future__ import annotations

import errno
import json
import os
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from click.testing import CliRunner, Result

import lmpack
from lmpack._blocks.coders import Encoder
from lmpack._container import Block
from lmpack.cli.main import main

pytestmark = pytest.mark.usefixtures("fake_models")

WORDS = b"what the model finds probable\n" * 40

Invoke = Callable[..., Result]


@pytest.fixture
def invoke(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Invoke:
    """Runs the program in a folder with the file words.txt."""
    monkeypatch.chdir(tmp_path)
    Path("words.txt").write_bytes(WORDS)

    def run(*arguments: str) -> Result:
        return CliRunner().invoke(main, arguments, catch_exceptions=False)

    return run


@pytest.fixture
def without_times(monkeypatch: pytest.MonkeyPatch) -> None:
    def fail(*arguments: Any, **more: Any) -> None:
        raise OSError(errno.EPERM, "Operation not permitted")

    monkeypatch.setattr(os, "utime", fail)


@pytest.fixture
def changing(monkeypatch: pytest.MonkeyPatch) -> None:
    """The file becomes shorter while it is compressed, with -T1 before all of it was read."""
    encode = Encoder.encode

    def shorten(encoder: Encoder, plain: bytes, share_done: object = None) -> Block:
        os.truncate("words.txt", 100)
        return encode(encoder, plain)

    monkeypatch.setattr(Encoder, "encode", shorten)


@pytest.mark.usefixtures("without_times")
@pytest.mark.parametrize("more", [(), ("-r",), ("-o", "words.txt.lmp"), ("--rm",)])
def test_a_lost_attribute_is_said_and_ends_with_2(invoke: Invoke, more: tuple[str, ...]) -> None:
    result = invoke("compress", "words.txt", *more)
    said = "lmpack: words.txt: warning: its times could not be kept: Operation not permitted\n"
    assert (result.exit_code, result.stderr) == (2, said)
    assert Path("words.txt.lmp").read_bytes() == lmpack.compress(WORDS)
    assert Path("words.txt").exists() == ("--rm" not in more)


@pytest.mark.usefixtures("without_times")
def test_json_has_the_warnings_too(invoke: Invoke) -> None:
    result = invoke("compress", "words.txt", "--json")
    (record,) = json.loads(result.stdout)
    assert record["warnings"] == ["its times could not be kept: Operation not permitted"]


@pytest.mark.usefixtures("without_times")
def test_an_error_counts_more_than_a_warning(invoke: Invoke) -> None:
    assert invoke("compress", "words.txt", "nowhere").exit_code == 1


@pytest.mark.usefixtures("changing")
@pytest.mark.parametrize("more", [(), ("-c",), ("-o", "-"), ("-o", os.devnull)])
def test_a_file_that_changes_is_warned_of(invoke: Invoke, more: tuple[str, ...]) -> None:
    result = invoke("compress", "words.txt", "-T1", *more)
    assert result.exit_code == 2
    assert "words.txt: warning: it was changed while it was read" in result.stderr


@pytest.mark.usefixtures("changing")
def test_a_file_that_changes_is_kept(invoke: Invoke) -> None:
    result = invoke("compress", "words.txt", "-T1", "--rm")
    assert result.exit_code == 1
    assert "words.txt: it was changed while it was read: it is kept" in result.stderr
    assert Path("words.txt").exists()


def test_warnings_of_python_are_lines_of_the_program() -> None:
    """Such as those about a GPU: no path of a file and no line of code."""
    program = (
        "import warnings, lmpack.__main__ as program\n"
        "program._load_program = lambda: lambda: warnings.warn('it is \\x1b[31mslow')\n"
        "program.run()"
    )
    run = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True)
    assert (run.returncode, run.stdout) == (0, "")
    assert run.stderr.startswith("lmpack: warning: it is ")
    assert run.stderr.count("\n") == 1
    assert "\x1b" not in run.stderr
