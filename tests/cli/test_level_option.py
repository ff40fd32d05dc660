"""-1 to -9 and --level are one option, with any version of click that is allowed."""

from __future__ import annotations

import click
import pytest
from click.testing import CliRunner

from lmpack._blocks.levels import DEFAULT_LEVEL
from lmpack.cli.options import level_options


@click.command()
@click.option("-c", is_flag=True)
@level_options
def show(c: bool, level: int, mixing: bool, verify: bool | None, block_size: int | None) -> None:
    click.echo(repr((c, level, mixing)))


@pytest.mark.parametrize(
    ("arguments", "level"),
    [
        ([], DEFAULT_LEVEL),
        *((["-" + digit], int(digit)) for digit in "123456789"),
        (["--level", "4"], 4),
        (["-1", "-9", "-1"], 1),
        (["--level", "2", "-8"], 8),
        (["-8", "--level=2"], 2),
        (["-c7"], 7),
        (["-7c"], 7),
    ],
)
def test_the_last_spelling_counts(arguments: list[str], level: int) -> None:
    result = CliRunner().invoke(show, arguments)
    assert result.output == f"{('c' in ''.join(arguments[:1]), level, True)!r}\n"


@pytest.mark.parametrize("arguments", [["-0"], ["--level", "0"], ["--level", "10"], ["-1=2"]])
def test_other_levels_are_refused(arguments: list[str]) -> None:
    assert CliRunner().invoke(show, arguments).exit_code == 2


def test_the_help_names_the_digits_once() -> None:
    printed = CliRunner().invoke(show, ["--help"]).output
    assert printed.count("-1 to -9") == 1
    assert "\n  -1" not in printed
