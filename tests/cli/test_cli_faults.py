"""Too little memory, no threads, mistakes of lmpack itself: one line each, and no leftovers."""

from __future__ import annotations

import os
import random
import subprocess
import sys
from pathlib import Path

import click
import pytest
from click.testing import CliRunner, Result
from fake_models import FakeModels

import lmpack
from lmpack._blocks.coders import Encoder
from lmpack.cli.main import main

WORDS = b"what the model finds probable\n" * 40


@pytest.fixture(autouse=True)
def words(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, fake_models: FakeModels) -> None:
    monkeypatch.chdir(tmp_path)
    Path("words.txt").write_bytes(WORDS)
    Path("words.lmp").write_bytes(lmpack.compress(WORDS))


def run(*arguments: str) -> Result:
    return CliRunner().invoke(main, arguments, catch_exceptions=False)


def fail_with(monkeypatch: pytest.MonkeyPatch, error: Exception) -> None:
    def encode(*arguments: object) -> None:
        raise error

    monkeypatch.setattr(Encoder, "encode", encode)


FAULTS = [
    (MemoryError(), "there is not enough memory: choose fewer threads (-T 1), a lower level or a"),
    (OSError(12, "Cannot allocate memory"), "there is not enough memory: choose fewer threads"),
    (RecursionError("maximum depth"), "what it holds is nested too deeply to be read"),
    (RuntimeError("can't start new thread"), "the system gives no more threads: choose fewer"),
    (KeyError("a\nb"), r"KeyError: 'a\nb': this is a bug in lmpack: run it again with -vv and"),
    (RuntimeError("a\nb"), "RuntimeError: a b: this is a bug in lmpack: run it again with -vv and"),
]
each_fault = pytest.mark.parametrize(
    ("error", "message"), FAULTS, ids=lambda value: type(value).__name__
)


@each_fault
@pytest.mark.parametrize("arguments", [("words.txt",), ("-c", "words.txt"), ("-T1", "words.txt")])
def test_a_fault_is_one_line(
    monkeypatch: pytest.MonkeyPatch, error: Exception, message: str, arguments: tuple[str, ...]
) -> None:
    fail_with(monkeypatch, error)
    result = run("compress", *arguments)
    assert result.exit_code == 1
    (line,) = result.stderr.splitlines()
    assert line.startswith(f"lmpack: words.txt: {message}")
    assert sorted(os.listdir()) == ["words.lmp", "words.txt"]


@each_fault
def test_a_fault_ends_a_batch_in_one_line(
    monkeypatch: pytest.MonkeyPatch, error: Exception, message: str
) -> None:
    fail_with(monkeypatch, error)
    result = run("compress", "-o", "out", "words.txt")
    assert result.exit_code == 1
    assert message in result.stderr
    assert "Traceback" not in result.stderr
    assert sorted(os.listdir()) == ["words.lmp", "words.txt"]


def test_too_little_memory_for_one_file_does_not_end_a_batch(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    encode = Encoder.encode

    def sometimes(encoder: Encoder, plain: bytes, *arguments: object) -> object:
        if plain == b"large":
            raise MemoryError
        return encode(encoder, plain, *arguments)  # type: ignore[arg-type]

    monkeypatch.setattr(Encoder, "encode", sometimes)
    Path("large").write_bytes(b"large")
    result = run("compress", "large", "words.txt")
    assert result.exit_code == 1
    (line,) = result.stderr.splitlines()
    assert line.startswith("lmpack: large: there is not enough memory")
    assert Path("words.txt.lmp").exists()


@each_fault
def test_a_fault_outside_of_files_is_one_line_too(
    monkeypatch: pytest.MonkeyPatch, error: Exception, message: str
) -> None:
    if isinstance(error, OSError):
        pytest.skip("an error of what is printed")

    def models() -> None:
        raise error

    monkeypatch.setitem(main.commands, "models", click.command()(models))
    result = run("models")
    assert result.exit_code == 1
    (line,) = result.stderr.splitlines()
    assert line.startswith(f"lmpack: {message}")


@pytest.mark.parametrize(
    "arguments",
    [
        ("compress", "-vv", "words.txt"),
        ("-vv", "words.txt"),
        ("compress", "-vvc", "words.txt"),
    ],
    ids=" ".join,
)
def test_tracebacks_of_faults_when_asked_for(
    monkeypatch: pytest.MonkeyPatch, arguments: tuple[str, ...]
) -> None:
    fail_with(monkeypatch, KeyError("x"))
    result = run(*arguments)
    assert "Traceback" in result.stderr
    assert result.stderr.splitlines()[-1].startswith("lmpack: words.txt: KeyError: 'x': this is a")


WITHOUT_FILES = {"completion", "help"}


def test_every_command_has_the_option_for_tracebacks() -> None:
    context = click.Context(main)

    def leaves(command: click.Command | None) -> list[click.Command]:
        assert command is not None
        if not isinstance(command, click.Group):
            return [command]
        names = command.list_commands(context)
        return [leaf for name in names for leaf in leaves(command.get_command(context, name))]

    without = {
        command.name
        for command in leaves(main)
        if "verbose" not in {parameter.name for parameter in command.params}
    }
    assert without == WITHOUT_FILES


FEW_LETTERS = bytes(97 + byte % 7 for byte in range(256))

# The program, with a limit of memory that is set when it has been loaded: how much it takes until
# then differs from system to system.
LIMITED_PROGRAM = """
import resource
import lmpack._blocks.codec
from lmpack.__main__ import run
with open("/proc/self/statm") as sizes:
    taken = int(sizes.read().split()[0]) * resource.getpagesize()
resource.setrlimit(resource.RLIMIT_AS, (taken + (64 << 20),) * 2)
run()
"""


@pytest.mark.slow
@pytest.mark.skipif(not Path("/proc/self/statm").exists(), reason="needs the sizes of a process")
@pytest.mark.parametrize("more", [(), ("-c",), ("-o", "out", "words.txt")], ids=" ".join)
def test_a_limit_of_memory(more: tuple[str, ...]) -> None:
    """The real program, with more threads than there is memory for."""
    # Nothing in it repeats, so that all of it is mixed.
    Path("large").write_bytes(random.Random(1).randbytes(3_100_000).translate(FEW_LETTERS))
    result = subprocess.run(
        [sys.executable, "-c", LIMITED_PROGRAM, "compress", "-1", "-T", "24", "large", *more],
        # It takes memory for each core, whether it is used or not.
        env={**os.environ, "OPENBLAS_NUM_THREADS": "1"},
        capture_output=True,
    )
    if b"cannot allocate memory for thread-local data" in result.stderr:
        pytest.skip("the C library ended the program before lmpack could")
    assert result.returncode == 1
    lines = result.stderr.decode().splitlines()
    assert lines[0].startswith("lmpack: large: there is not enough memory")
    assert len(lines) == len({line.split(": ")[1] for line in lines}), "one for a file"
    assert not list(Path().glob("**/.lmpack-*"))
