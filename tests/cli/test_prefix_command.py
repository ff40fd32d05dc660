"""The options -D, --prefix and --patch-from, and what `lmpack info` says of them."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path

import inputs
import pytest
from click.testing import CliRunner, Result

import lmpack
from lmpack.cli.main import main

Invoke = Callable[..., Result]

NEW = inputs.SENTENCES[:3000]
OLD = NEW[:1000] + b"an earlier word" + NEW[1000:]
SPELLINGS = ["-D", "--prefix", "--patch-from"]


@pytest.fixture
def invoke(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Invoke:
    """Runs the program in a folder with a file, new, and what it may come after."""
    monkeypatch.chdir(tmp_path)
    Path("old").write_bytes(OLD)
    Path("new").write_bytes(NEW)
    Path("other").write_bytes(b"another file")
    Path("empty").touch()

    def run(*arguments: str, code: int = 0) -> Result:
        result = CliRunner().invoke(main, arguments)
        assert result.exit_code == code, result.output
        return result

    return run


@pytest.mark.parametrize("spelling", SPELLINGS)
def test_every_command_takes_every_spelling(invoke: Invoke, spelling: str) -> None:
    invoke("compress", "-1", spelling, "old", "new")
    assert Path("new.lmp").stat().st_size < 200
    invoke("test", spelling, "old", "new.lmp")
    invoke("-t", spelling, "old", "new.lmp")
    invoke("decompress", spelling, "old", "new.lmp", "-o", "again")
    assert Path("again").read_bytes() == NEW
    invoke("-1", spelling, "old", "-f", "new")
    assert invoke("-dc", spelling, "old", "new.lmp").stdout_bytes == NEW
    invoke("decompress", "--salvage", spelling, "old", "new.lmp", "-o", "whole")
    assert Path("whole").read_bytes() == NEW


def test_a_url_leads_to_a_prefix(invoke: Invoke) -> None:
    fsspec = pytest.importorskip("fsspec", reason="fsspec is missing: pip install 'lmpack[remote]'")
    with fsspec.open("memory://prefixes/old", "wb") as file:
        file.write(OLD)
    invoke("compress", "-1", "-D", "memory://prefixes/old", "new")
    invoke("decompress", "-D", "old", "new.lmp", "-o", "again")
    assert Path("again").read_bytes() == NEW


def test_the_list_says_that_a_prefix_is_needed(invoke: Invoke) -> None:
    invoke("compress", "-1", "-D", "old", "new")
    invoke("compress", "-1", "-o", "alone.lmp", "new")
    header, behind, alone, *_ = invoke("-l", "new.lmp", "alone.lmp").stdout.splitlines()
    assert "none + prefix" in behind
    assert "prefix" not in header + alone
    files = json.loads(invoke("-l", "--json", "new.lmp", "alone.lmp").stdout)["files"]
    assert [file["prefixes"] for file in files] == [[lmpack.Prefix(OLD).digest.hex()], []]


def test_info_names_the_digest(invoke: Invoke) -> None:
    invoke("compress", "-1", "-D", "old", "new")
    digest = lmpack.Prefix(OLD).digest.hex()
    assert f"prefix      {digest}\n" in invoke("info", "new.lmp").stdout
    (container,) = json.loads(invoke("info", "--json", "new.lmp").stdout)[0]["containers"]
    assert container["prefix"] == digest
    # What is copied from the prefix only the prefix can tell.
    (block,) = container["blocks"]
    assert (block["predictor"], block["copied"]) == ("light", None)
    assert " light     copies" in invoke("info", "-v", "new.lmp").stdout


@pytest.mark.parametrize("command", [["decompress"], ["test"], ["-d"], ["-t"]])
@pytest.mark.parametrize("given", [[], ["-D", "other"]])
def test_a_wrong_or_missing_prefix_says_what_to_do(
    invoke: Invoke, command: list[str], given: list[str]
) -> None:
    invoke("compress", "-1", "-D", "old", "-f", "new")
    Path("new").unlink()
    result = invoke(*command, *given, "new.lmp", code=1)
    assert f"made with the prefix {lmpack.Prefix(OLD).digest.hex()}" in result.stderr
    assert result.stderr.rstrip().endswith("by -D, --prefix or --patch-from")
    assert not Path("new").exists()


@pytest.mark.parametrize(
    ("options", "message"),
    [
        (["-D", "old", "--patch-from", "old"], "give one FILE, by one of -D, --prefix and"),
        (["-D", "old", "-D", "other"], "there is one prefix"),
        (["-D", "none"], "none: No such file"),
        (["-D", "."], "Is a directory"),
        (["-D", "-"], "write what comes by standard input to one"),
        (["-D", "memory://nowhere"], "memory://nowhere: No such file"),
        (["-D", "empty"], "empty: a prefix has at least one byte"),
        (["-D", "/dev/zero"], "/dev/zero: it is a device, which may have no end"),
    ],
)
@pytest.mark.parametrize("command", ["compress", "decompress", "test"])
def test_mistakes_are_said(invoke: Invoke, options: list[str], message: str, command: str) -> None:
    result = invoke(command, *options, "new", code=2)
    assert message in " ".join(result.stderr.split())


@pytest.mark.parametrize(
    "arguments",
    [
        ["--rm", "--patch-from", "old", "old"],
        ["--rm", "-D", "old", "new", "old", "other"],
        ["--rm", "-D", "old", "-r", "."],
        ["--rm", "-f", "-D", "old", "-o", "old", "new"],
        ["-f", "-D", "old", "-o", "old", "new"],
        ["-f", "-D", "old", "-o", "old", "-"],
        ["-f", "-D", "old", "-o", "old", "--tar", "new"],
    ],
)
def test_the_prefix_is_neither_deleted_nor_replaced(invoke: Invoke, arguments: list[str]) -> None:
    result = invoke("compress", "-1", *arguments, code=1)
    assert "is the prefix, " in result.stderr
    assert Path("old").read_bytes() == OLD
    for packed in Path().glob("*.lmp"):
        invoke("decompress", "-D", "old", "-f", str(packed))


def test_an_old_version_is_replaced_by_the_new_one(invoke: Invoke) -> None:
    invoke("compress", "-1", "-D", "old", "new")
    content = Path("new").read_bytes()
    invoke("decompress", "-f", "-D", "old", "new.lmp", "-o", "old")
    assert Path("old").read_bytes() == content
