"""Standard streams that are closed or full."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest
from fake_models import FakeModels

import lmpack

PROGRAM = [sys.executable, str(Path(__file__).parents[1] / "support" / "fake_lmpack.py")]
WORDS = b"what the model finds probable\n" * 40


@pytest.fixture(autouse=True)
def words(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, fake_models: FakeModels) -> None:
    monkeypatch.chdir(tmp_path)
    Path("words.txt").write_bytes(WORDS)
    Path("words.lmp").write_bytes(lmpack.compress(WORDS))


def run(redirection: str, *arguments: str) -> subprocess.CompletedProcess[str]:
    """Runs the program with a redirection of the shell."""
    script = f'exec "$@" {redirection}'
    return subprocess.run(
        ["sh", "-c", script, "sh", *PROGRAM, *arguments], capture_output=True, text=True
    )


@pytest.mark.slow
@pytest.mark.parametrize(
    ("redirection", "arguments"),
    [
        ("<&-", ()),
        ("<&-", ("compress",)),
        ("<&-", ("-d",)),
        ("<&-", ("test", "-")),
        ("<&-", ("info", "-")),
        ("<&-", ("bench", "-")),
        ("<&-", ("generate", "text")),
        (">&-", ("compress", "-c", "words.txt")),
        (">&-", ("generate", "text", "words.txt", "--bytes", "1", "--with", "gzip")),
        (">/dev/full", ("compress", "--json", "words.txt")),
        (">/dev/full", ("--help",)),
    ],
)
def test_a_closed_or_full_stream_that_is_needed(
    redirection: str, arguments: tuple[str, ...]
) -> None:
    result = run(redirection, *arguments)
    assert result.returncode == 1
    (line,) = result.stderr.splitlines()
    assert line.startswith("lmpack: ")
    assert "standard input is closed" in line or "standard output" in line


@pytest.mark.slow
@pytest.mark.parametrize("redirection", ["2>&-", "<&-", ">&-", "<&- >&- 2>&-"])
def test_a_closed_stream_that_is_not_needed(redirection: str) -> None:
    assert run(redirection, "compress", "words.txt").returncode == 0
    assert lmpack.decompress(Path("words.txt.lmp").read_bytes()) == WORDS
    assert run(redirection, "compress", "-r", "-o", "out", "words.txt").returncode == 0
    assert run(redirection, "decompress", "-f", "words.txt.lmp").returncode == 0
    assert run(redirection, "test", "-v", "words.lmp").returncode == 0
    assert Path("words.txt").read_bytes() == WORDS


@pytest.mark.parametrize("redirection", ["<&-", ">&- <&-", "2>&-"])
def test_no_file_takes_the_place_of_a_closed_stream(redirection: str) -> None:
    program = """
from lmpack.cli.standard import reserve_descriptors
reserve_descriptors()
with open("descriptor", "w") as file:
    file.write(str(file.fileno()))
"""
    command = ["sh", "-c", f'exec "$@" {redirection}', "sh", sys.executable, "-c", program]
    assert subprocess.run(command).returncode == 0
    assert int(Path("descriptor").read_text()) > 2
