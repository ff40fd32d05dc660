"""What people type who know gzip, xz and zstd: it works, or is explained."""

from __future__ import annotations

import json
import os
from collections.abc import Callable
from pathlib import Path

import pytest
from click.testing import CliRunner, Result

import lmpack
from lmpack._native import mixing_kernels
from lmpack.cli.catalog import COMMANDS, ENVIRONMENT
from lmpack.cli.main import main

pytestmark = pytest.mark.usefixtures("fake_models")

WORDS = b"what the model finds probable\n" * 40

Invoke = Callable[..., Result]


@pytest.fixture
def invoke(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Invoke:
    """Runs the program in a folder with the file words.txt."""
    monkeypatch.chdir(tmp_path)
    Path("words.txt").write_bytes(WORDS)

    def run(*arguments: str, stdin: bytes = b"", code: int = 0) -> Result:
        result = CliRunner().invoke(main, arguments, input=stdin, catch_exceptions=False)
        assert result.exit_code == code, result.output
        return result

    return run


@pytest.mark.parametrize("program", [[], ["compress"]])
@pytest.mark.parametrize(
    ("options", "level"),
    [(["--fast"], 1), (["--best"], 9), (["--fast", "-3"], 3), (["-9", "--fast", "-n"], 1)],
)
def test_names_of_levels(
    invoke: Invoke, program: list[str], options: list[str], level: int
) -> None:
    packed = invoke(*program, *options, "-c", "words.txt").stdout_bytes
    assert packed == lmpack.compress(WORDS, level=level)


def test_no_name_does_nothing(invoke: Invoke) -> None:
    invoke("-n", "words.txt")
    invoke("compress", "--no-name", "-f", "words.txt")
    invoke("-dnf", "words.txt.lmp")
    invoke("-tn", "words.txt.lmp")


def test_other_suffixes(invoke: Invoke) -> None:
    invoke("-S", ".small", "words.txt")
    os.remove("words.txt")
    assert "does not end in .lmp" in invoke("-d", "words.txt.small", code=1).stderr
    invoke("-d", "-S.small", "words.txt.small")
    assert Path("words.txt").read_bytes() == WORDS
    result = invoke("compress", "--suffix", ".small", "words.txt.small", code=1)
    assert "ends in .small already" in result.stderr
    invoke("compress", "-r", "--suffix", "_x", ".", "-o", "out")
    assert sorted(os.listdir("out")) == ["words.txt.small_x", "words.txt_x"]
    invoke("decompress", "-r", "--suffix", "_x", "out")
    assert Path("out/words.txt").read_bytes() == WORDS


@pytest.mark.parametrize("suffix", ["", "a/b", "\udcff\0"])
def test_suffixes_that_are_none(invoke: Invoke, suffix: str) -> None:
    assert "--suffix" in invoke("-S", suffix, "words.txt", code=2).stderr


def test_the_version_with_what_codes_here(invoke: Invoke) -> None:
    first, kernels, rest = invoke("-V").stdout.splitlines()
    assert first == f"lmpack {lmpack.__version__}"
    assert kernels.endswith(f" for models, {mixing_kernels()[0]} for mixing")
    assert "file format: 1;" in rest
    assert invoke("--version").stdout == invoke("-V").stdout


def test_defaults_from_the_environment(invoke: Invoke, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("LMPACK_LEVEL", "1")
    monkeypatch.setenv("LMPACK_THREADS", "1")
    for command in ([], ["compress"]):
        packed = invoke(*command, "-c", "words.txt").stdout_bytes
        assert packed == lmpack.compress(WORDS, level=1)
        packed = invoke(*command, "-c", "-2", "words.txt").stdout_bytes
        assert packed == lmpack.compress(WORDS, level=2)
    assert invoke("decompress", stdin=packed).stdout_bytes == WORDS
    assert {"LMPACK_LEVEL", "LMPACK_THREADS"} <= {name for name, _ in ENVIRONMENT}


@pytest.mark.parametrize(
    ("name", "value", "said"),
    [
        ("LMPACK_LEVEL", "10", "10 is not in the range 1<=x<=9"),
        ("LMPACK_LEVEL", "best", "'best' is not a valid integer."),
        ("LMPACK_THREADS", "-1", "-1 is not in the range"),
    ],
)
def test_what_is_wrong_in_the_environment(
    invoke: Invoke, monkeypatch: pytest.MonkeyPatch, name: str, value: str, said: str
) -> None:
    monkeypatch.setenv(name, value)
    for command in ([], ["compress"]):
        message = " ".join(invoke(*command, "words.txt", code=2).stderr.split())
        assert name in message
        assert said in message
    assert os.listdir() == ["words.txt"]
    invoke("-4", "-T2", "words.txt")


@pytest.mark.parametrize("content", [b"", b"\x8cL", b"\x8c", WORDS, b"x" * 200_000])
def test_what_is_no_container_passes_through(invoke: Invoke, content: bytes) -> None:
    Path("file").write_bytes(content)
    for arguments in (("-dcf", "file"), ("decompress", "-f", "-o", "-", "file")):
        assert invoke(*arguments).stdout_bytes == content
    assert invoke("-df", stdin=content).stdout_bytes == content
    assert invoke("-dc", "file", code=1).stdout_bytes == b""
    assert invoke("-df", "-o", "back", "file", code=1).stdout_bytes == b""


def test_containers_do_not_pass_through(invoke: Invoke) -> None:
    packed = lmpack.compress(WORDS)
    Path("file").write_bytes(packed)
    assert invoke("-dcf", "words.txt", "file").stdout_bytes == 2 * WORDS
    Path("file").write_bytes(packed[:-1])
    assert "cut short" in invoke("-dcf", "file", code=1).stderr
    Path("file").write_bytes(packed[:8])
    assert invoke("-dcf", "file", code=1).stdout_bytes == b""


@pytest.mark.parametrize(
    ("arguments", "hint"),
    [
        (("compres", "words.txt"), "did you mean lmpack compress?"),
        (("modles",), "did you mean lmpack models?"),
        (("hepl",), "did you mean lmpack help?"),
        (("--compres", "words.txt"), "No such option"),
        (("--levle", "3", "words.txt"), "--level"),
        (("compress", "--forse", "words.txt"), "--force"),
        (("-10", "words.txt"), "-10: levels are 1 to 9"),
        (("-19", "words.txt"), "-19: levels are 1 to 9"),
        (("-0", "words.txt"), "-0: levels are 1 to 9"),
        (("compress", "-c", "-22", "words.txt"), "-22: levels are 1 to 9"),
        (("compress", "words.txt", "words.txt", "-o", "x.lmp"), "lmpack compress --tar"),
        (("compress", "-r", ".", "-o", "x.lmp"), "lmpack compress --tar"),
        (("-l",), "-l needs a FILE"),
        (("help", "compres"), "no command 'compres': did you mean compress?"),
        (("help", "xyzzy"), "no command 'xyzzy': there are bench, completion, compress"),
    ],
)
def test_hints(invoke: Invoke, arguments: tuple[str, ...], hint: str) -> None:
    result = invoke(*arguments, code=2)
    assert hint in result.stderr
    assert "gzip-style" not in result.output
    assert os.listdir() == ["words.txt"]


def test_what_looks_like_a_mistake_and_is_none(invoke: Invoke) -> None:
    Path("compres").write_bytes(WORDS)
    invoke("compres")
    Path("-19").write_bytes(WORDS)
    invoke("-1", "--", "-19")
    os.mkdir("x.lmp")
    invoke("compress", "compres", "words.txt", "-o", "x.lmp")
    invoke("compress", "words.txt", "-o", "-20")
    assert sorted(os.listdir()) == [
        *("-19", "-19.lmp", "-20", "compres", "compres.lmp", "words.txt", "x.lmp")
    ]
    assert "nowhere: No such file" in invoke("nowhere", code=1).stderr


def test_the_usage_of_a_mistake_names_the_program(invoke: Invoke) -> None:
    result = CliRunner().invoke(main, ["--unknown"], prog_name="lmpack")
    assert result.stderr.startswith("Usage: lmpack [OPTIONS] [FILE]...\n")
    assert "Try 'lmpack -" in result.stderr


def test_help_is_a_command(invoke: Invoke) -> None:
    assert invoke("help").stdout == invoke("--help").stdout
    for command in COMMANDS:
        assert invoke("help", command).stdout == invoke(command, "--help").stdout
    Path("help").write_bytes(WORDS)
    invoke("./help")


def test_the_help_has_all_parts(invoke: Invoke) -> None:
    text = invoke("--help").stdout
    parts = ("Commands", "Research", "Options", "Examples", "Exit codes", "Environment")
    places = [text.index(f"\n{part}:\n") for part in parts]
    assert places == sorted(places)
    assert "..." not in text[text.index("Commands:") :]
    assert text.index("compress ") < text.index("Research:") < text.index("train ")


def test_a_table_of_files(invoke: Invoke) -> None:
    Path("one.lmp").write_bytes(lmpack.compress(WORDS))
    pair = lmpack.compress(WORDS, level=1) + lmpack.compress(WORDS, model=("base", "small"))
    Path("two.lmp").write_bytes(pair)
    size = os.path.getsize("one.lmp")
    header, row = invoke("-l", "one.lmp").stdout.splitlines()
    assert header.split() == [
        *("blocks", "compressed", "content", "ratio", "check", "model", "name")
    ]
    share = f"{100 * size / 1200:.1f}"
    assert row.split() == ["1", str(size), "1,200", share, "%", "CRC-32", "small", "one.lmp"]
    _, _, row, total = invoke("--list", "one.lmp", "two.lmp").stdout.splitlines()
    assert row.split()[-6:] == ["CRC-32", "none,", "base", "+", "small", "two.lmp"]
    assert total.split()[:3] == ["3", f"{size + len(pair):,}", "3,600"]
    assert total.endswith("  2 files")


def test_a_table_as_json(invoke: Invoke) -> None:
    packed = lmpack.compress(WORDS)
    Path("one.lmp").write_bytes(packed)
    result = invoke("-l", "--json", "one.lmp", "words.txt", code=1)
    report = json.loads(result.stdout)
    assert report["total"]["compressed_bytes"] == len(packed)
    record, failed = report["files"]
    assert record == {
        "file": "one.lmp",
        "containers": 1,
        "blocks": 1,
        "plain_bytes": 1200,
        "compressed_bytes": len(packed),
        "bits_per_byte": round(8 * len(packed) / 1200, 4),
        "check": "CRC-32",
        "models": ["small"],
        "prefixes": [],
    }
    assert failed["file"] == "words.txt"
    assert "no lmpack file" in result.stderr
