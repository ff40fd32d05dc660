"""Limits and threads on the command line: -M, --max-size, -T0, and what info says of memory."""

from __future__ import annotations

import json
import os
from collections.abc import Callable
from pathlib import Path

import click
import pytest
from click.testing import CliRunner, Result
from containers import container, model_block, raw_block

import lmpack
from lmpack import Options
from lmpack._blocks.options import DEFAULT_MAX_MEMORY
from lmpack.cli.main import main
from lmpack.cli.sizes import limit_of

Invoke = Callable[..., Result]


@pytest.fixture
def invoke(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Invoke:
    monkeypatch.chdir(tmp_path)
    (tmp_path / "words").write_bytes(b"words " * 100)
    (tmp_path / "words.lmp").write_bytes(lmpack.compress(b"words " * 100, level=1))
    return lambda *arguments: CliRunner().invoke(main, arguments)


@pytest.fixture
def given(monkeypatch: pytest.MonkeyPatch) -> list[Options]:
    """The options with which the library was called by `lmpack test`."""
    seen: list[Options] = []

    def verify(source: object, *, options: Options, **_: object) -> lmpack.Sizes:
        seen.append(options)
        return lmpack.Sizes(0, 0)

    monkeypatch.setattr(lmpack, "verify_stream", verify)
    return seen


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("1", 1),
        ("5B", 5),
        ("64KiB", 64 << 10),
        ("64k", 64 << 10),
        ("64 KB", 64 << 10),
        ("500M", 500 << 20),
        ("500mib", 500 << 20),
        ("2G", 2 << 30),
        ("2GiB", 2 << 30),
        ("1T", 1 << 40),
        ("0", None),
        ("0G", None),
        ("none", None),
        (None, None),
    ],
)
def test_sizes_have_units(text: str | None, expected: int | None) -> None:
    context = click.Context(main)
    assert limit_of(context, main.params[0], text) == expected


@pytest.mark.parametrize("text", ["", "-1", "1.5G", "1e9", "M", "5iB", "5 X", "5KiBB", "\u0665"])
def test_what_is_no_size_is_refused(text: str, invoke: Invoke) -> None:
    result = invoke("test", f"--max-size={text}", "words.lmp")
    assert result.exit_code == 2
    assert "is no size: give bytes, or a number such as 500M" in result.stderr


@pytest.mark.parametrize("flag", ["-M", "--max-memory"])
def test_limits_reach_the_library(flag: str, invoke: Invoke, given: list[Options]) -> None:
    invoke("test", flag, "300M", "--max-size", "2G", "words.lmp")
    invoke("test", flag, "none", "--max-size", "0", "words.lmp")
    invoke("test", "words.lmp")
    limits = [(options.max_memory, options.max_size) for options in given]
    assert limits == [(300 << 20, 2 << 30), (None, None), (DEFAULT_MAX_MEMORY, None)]


def test_no_number_of_threads_means_all_cores(invoke: Invoke, given: list[Options]) -> None:
    for threads in ("0", "3"):
        assert invoke("test", "-T", threads, "words.lmp").exit_code == 0
    assert invoke("-t", "-T0", "words.lmp").exit_code == 0
    assert [options.threads for options in given] == [None, 3, None]
    assert invoke("test", "-T", "-1", "words.lmp").exit_code == 2


@pytest.mark.parametrize("command", [["test"], ["decompress", "-f"], ["-dc"], ["-df"]])
def test_what_is_over_a_limit_is_one_line(command: list[str], invoke: Invoke) -> None:
    for limit, flag in ((["--max-size", "599"], "--max-size"), (["-M", "1M"], "--max-memory")):
        result = invoke(*command, *limit, "words.lmp")
        assert result.exit_code == 1
        assert result.stdout == ""
        (line,) = result.stderr.splitlines()
        assert line.startswith("lmpack: words.lmp: block 0")
        assert f"raise the option {flag}" in line
    assert sorted(os.listdir()) == ["words", "words.lmp"]
    assert invoke(*command, "--max-size", "600", "-M", "2M", "words.lmp").exit_code == 0


def test_compressing_has_no_limit_of_content(invoke: Invoke) -> None:
    for command in (("compress", "-f"), ("-f",)):
        result = invoke(*command, "--max-size", "1G", "words")
        assert result.exit_code == 2
        assert "--max-size is for reading" in result.stderr
        assert invoke(*command, "--max-size", "none", "words").exit_code == 0


def test_compressing_within_too_little_memory_is_refused(invoke: Invoke) -> None:
    result = invoke("compress", "-fM", "1M", "words")
    assert result.exit_code == 1
    assert "raise the option --max-memory" in result.stderr
    assert invoke("compress", "-1fM", "5M", "words").exit_code == 0


def test_info_says_what_decoding_needs(invoke: Invoke) -> None:
    result = invoke("info", "-v", "words.lmp")
    assert result.exit_code == 0
    assert "    memory      2.0 MiB\n" in result.stdout
    assert "   2.0 MiB " in result.stdout.splitlines()[-1]
    (record,) = json.loads(invoke("info", "--json", "words.lmp").stdout)
    memory = record["containers"][0]["memory"]
    assert memory == record["containers"][0]["blocks"][0]["memory"]
    # With so much and no less it is decoded.
    assert invoke("test", "-M", str(memory), "words.lmp").exit_code == 0
    assert invoke("test", "-M", str(memory - 1), "words.lmp").exit_code == 1


def test_info_of_a_model_that_is_not_there(invoke: Invoke) -> None:
    Path("other.lmp").write_bytes(container([model_block(100, 0, b""), raw_block(b"a")]))
    assert "    memory      unknown\n" in invoke("info", "other.lmp").stdout
    Path("none.lmp").write_bytes(container([]))
    assert "    memory      0.0 MiB\n" in invoke("info", "none.lmp").stdout


def test_info_takes_no_more_memory_for_an_index_than_allowed(invoke: Invoke) -> None:
    Path("many.lmp").write_bytes(container([raw_block(b"a")] * 100))
    assert invoke("info", "-M", "1M", "many.lmp").exit_code == 0
    result = invoke("info", "-M", "10K", "many.lmp")
    assert result.exit_code == 1
    assert "lmpack: many.lmp: the index of 25 blocks or more" in result.stderr
