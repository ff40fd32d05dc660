"""The manual is what the commands say, and shells complete what there is."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
from pathlib import Path

import click
import pytest
from click.testing import CliRunner

from lmpack.cli.catalog import COMMANDS, EXAMPLES_OF
from lmpack.cli.main import main
from lmpack.cli.manual import main as write_manual
from lmpack.cli.manual import pages

SHARE = Path(__file__).parents[2] / "docs" / "share"
MANUAL = SHARE / "man" / "man1"

COMPLETE = """
compopt() { :; }  # there is no key that was pressed
source "$1"
for words in "lmpack d" "lmpack --fo" "lmpack -d --sal" "lmpack compress --exclude-" \
    "lmpack completion " "lmpack help tr"; do
    read -ra COMP_WORDS <<< "$words"
    [[ $words == *" " ]] && COMP_WORDS+=("")
    COMP_CWORD=$((${#COMP_WORDS[@]} - 1)) COMPREPLY=()
    _lmpack_completion lmpack
    echo "${COMPREPLY[*]}"
done
"""


def test_the_pages_are_current() -> None:
    assert write_manual([str(MANUAL), "--check"]) == 0, "run scripts/manual"
    assert {path.name for path in MANUAL.iterdir()} == {
        "lmpack.1",
        *(f"lmpack-{name}.1" for name in COMMANDS),
    }


def test_a_page_that_is_not_current_is_noticed(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert write_manual([str(tmp_path)]) == 0
    assert write_manual([str(tmp_path), "--check"]) == 0
    (tmp_path / "lmpack.1").write_text("old")
    (tmp_path / "lmpack-gone.1").write_text("old")
    assert write_manual([str(tmp_path), "--check"]) == 1
    errors = capsys.readouterr().err.splitlines()
    assert [Path(line.split()[0]).name for line in errors] == ["lmpack-gone.1", "lmpack.1"]


def test_what_means_something_to_man_is_escaped() -> None:
    for text in pages().values():
        for line in text.splitlines():
            requests = (".TH ", ".SH ", ".PP", ".TP", ".B ", ".br")
            assert not line.startswith((".", "'")) or line.startswith(requests)
    assert r"\-\-exclude\-compressed" in pages()["lmpack-compress.1"]


@pytest.mark.parametrize("shell", ["bash", "zsh", "fish"])
def test_the_completion_of_a_shell_is_printed(shell: str) -> None:
    result = CliRunner().invoke(main, ["completion", shell])
    assert result.exit_code == 0
    assert "_LMPACK_COMPLETE" in result.output
    (file,) = (path for path in SHARE.rglob("*") if path.is_file() and shell in str(path))
    assert f"lmpack completion {shell}" in file.read_text()


@pytest.mark.skipif(shutil.which("bash") is None, reason="needs bash")
def test_bash_completes_commands_and_options(tmp_path: Path) -> None:
    program = tmp_path / "lmpack"
    program.write_text(
        f'#!{sys.executable}\nimport sys\nsys.argv[0] = "lmpack"\n'
        "from lmpack.__main__ import run\nrun()\n"
    )
    program.chmod(0o755)
    file = SHARE / "bash-completion" / "completions" / "lmpack"
    result = subprocess.run(
        ["bash", "-c", COMPLETE, "bash", str(file)],
        env={**os.environ, "PATH": f"{tmp_path}{os.pathsep}{os.environ['PATH']}"},
        capture_output=True,
        text=True,
        check=True,
    )
    assert result.stderr == ""
    assert [line.split() for line in result.stdout.splitlines()] == [
        ["decompress", "dictionary"],
        ["--force"],
        [],
        ["--exclude-compressed"],
        ["bash", "zsh", "fish"],
        ["train"],
    ]


@pytest.mark.parametrize("name", EXAMPLES_OF)
def test_examples_are_in_the_help_and_have_options_of_the_command(name: str) -> None:
    command = main.get_command(click.Context(main), name)
    assert command is not None
    printed = CliRunner().invoke(main, [name, "--help"]).stdout
    for example, _ in EXAMPLES_OF[name]:
        assert example in printed
        given = example.partition(f"lmpack {name}")[2].partition("|")[0].split()
        command.make_parser(click.Context(command)).parse_args(given)  # or it raises
