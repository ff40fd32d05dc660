"""No text from outside steers the terminal: names of files, manifests, arguments, messages."""

from __future__ import annotations

import ast
import io
import os
import shutil
import subprocess
import sys
import unicodedata
from collections.abc import Sequence
from pathlib import Path

import click
import pytest
from click.testing import CliRunner
from rewritten_bundles import edit_manifest

import lmpack
from lmpack._models.bundle import BUILT_IN, GRAPHS, MANIFEST, TENSORS, load_bundle
from lmpack.cli import bar
from lmpack.cli.bar import progress_bar
from lmpack.cli.main import main
from lmpack.cli.printing import harmless_usage_errors, one_line, say

HOSTILE = "a\x1b]0;owned\x07\x1b[2J\x9b31m\u202etxt\u2028b\u2066\x7f\x85\rc"
"""Title and screen of a terminal, C1, turned direction, separators of lines; no NUL, no slash."""

FORBIDDEN = {"Cc", "Cf", "Cs", "Zl", "Zp"}
PRINTING = "printing.py"


def assert_harmless(text: str) -> None:
    found = {c for c in text if c != "\n" and unicodedata.category(c) in FORBIDDEN}
    assert not found, ascii(text)


def write_bundle(folder: Path, entries: dict[str, object]) -> None:
    """A model with other entries in its manifest."""
    folder.mkdir()
    for name in (TENSORS, *GRAPHS):
        (folder / name).symlink_to(BUILT_IN / "tiny" / name)
    shutil.copy(BUILT_IN / "tiny" / MANIFEST, folder)
    edit_manifest(folder, lambda manifest: manifest.update(entries))


@pytest.fixture
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A folder with files of hostile names, in which the commands run."""
    monkeypatch.chdir(tmp_path)
    # An executor of the same weights with other conformance vectors may be open.
    monkeypatch.setattr("lmpack._blocks.executor_cache._executors", {})
    try:
        (tmp_path / HOSTILE).write_bytes(b"some text, some text\n" * 20)
    except OSError:
        pytest.skip("the file system does not take such names")
    (tmp_path / f"{HOSTILE}.lmp").write_bytes(lmpack.compress(b"text" * 50, level=1))
    (tmp_path / f"{HOSTILE}.bad.lmp").write_bytes(b"\xc0LM\n nothing that could be read")
    (tmp_path / "in").mkdir()
    (tmp_path / "in" / HOSTILE).write_bytes(b"text")
    changes: dict[str, dict[str, object]] = {
        "model": {"name": HOSTILE, "licence": HOSTILE},
        "broken": {"architecture": {HOSTILE: HOSTILE}},
        "strange": {"spec_version": HOSTILE},
        "wrong": {"name": HOSTILE, "conformance": [{"symbols": [[256, 1]], "sha256": HOSTILE}]},
    }
    for kind, entries in changes.items():
        write_bundle(tmp_path / f"{HOSTILE}.{kind}", entries)
    return tmp_path


COMMANDS: list[tuple[int, Sequence[str]]] = [
    (0, ["compress", "-v", "-k", "-1", "-f", HOSTILE]),
    (0, ["compress", "-v", "-1", "--json", "-o", "out", HOSTILE]),
    (1, ["compress", "-1", HOSTILE, "-o", f"{HOSTILE}.lmp"]),
    (1, ["compress", "-vv", "-1", f"{HOSTILE}.missing"]),
    (2, ["compress", "-1", HOSTILE, "-o", f"{HOSTILE}/"]),
    (0, ["compress", "-v", "-1", "-r", "in", "-o", "tree"]),
    (0, ["compress", "-v", "-1", "--tar", "in", "-o", f"{HOSTILE}.tar.lmp"]),
    (1, ["extract", "-v", f"{HOSTILE}.lmp", HOSTILE]),
    (1, ["compress", "-c", "-6", "--model", HOSTILE, HOSTILE]),
    (1, ["compress", "-c", "-6", "--model", f"{HOSTILE}.broken", HOSTILE]),
    (1, ["compress", "-c", "-6", "--model", f"{HOSTILE}.strange", HOSTILE]),
    (1, ["compress", "-c", "-6", "--no-mixing", "--model", f"{HOSTILE}.wrong", HOSTILE]),
    (0, ["decompress", "-v", "-o", "plain", f"{HOSTILE}.lmp"]),
    (1, ["decompress", "-vv", "-o", "plain", f"{HOSTILE}.bad.lmp"]),
    (0, ["test", "-v", f"{HOSTILE}.lmp"]),
    (1, ["test", "-v", f"{HOSTILE}.lmp", f"{HOSTILE}.bad.lmp", HOSTILE]),
    (0, ["info", "-v", f"{HOSTILE}.lmp"]),
    (1, ["info", "--json", f"{HOSTILE}.lmp", f"{HOSTILE}.bad.lmp"]),
    (1, ["bench", "--bytes", "10", f"{HOSTILE}.missing"]),
    (1, ["bench", "--bytes", "10", "--model", f"{HOSTILE}.broken", HOSTILE]),
    (1, ["train", f"{HOSTILE}.json", "--data", ".", "--output", "run"]),
    (2, ["export", ".", HOSTILE]),
    (1, ["eval", "table1", "--compressor", HOSTILE, "--data", f"x={HOSTILE}"]),
    (1, ["eval", "download", HOSTILE]),
    (2, ["generate", "text", HOSTILE, "--" + HOSTILE]),
    (2, ["info", "--" + HOSTILE]),
    (2, ["models", HOSTILE]),
    (2, ["--" + HOSTILE]),
    (2, ["compress", "--level", HOSTILE, HOSTILE]),
    (2, ["compress", "--device", HOSTILE, HOSTILE]),
]


@pytest.mark.parametrize(("status", "arguments"), COMMANDS, ids=lambda value: ascii(value)[:40])
def test_what_commands_print_is_harmless(folder: Path, status: int, arguments: list[str]) -> None:
    result = CliRunner().invoke(main, arguments)
    assert result.exit_code == status, result.output
    printed = result.stderr if "-c" in arguments else result.output
    assert_harmless(printed)


def test_the_model_list_is_harmless(monkeypatch: pytest.MonkeyPatch, folder: Path) -> None:
    bundles = [load_bundle(f"{HOSTILE}.model")]
    monkeypatch.setattr(lmpack, "list_models", lambda: bundles)
    for arguments in (["models"], ["models", "--json"]):
        result = CliRunner().invoke(main, arguments)
        assert result.exit_code == 0
        assert_harmless(result.output)
        assert "]0;owned" in result.output


def test_a_line_break_in_a_text_makes_no_second_line(capsys: pytest.CaptureFixture[str]) -> None:
    say("one\ntwo", "three")
    assert capsys.readouterr().out == "one\\ntwo\nthree\n"


def test_ordinary_texts_are_left_alone() -> None:
    for text in ("plain", "größe 1 µm, 日本語", "back\\slash", "🐈"):
        assert one_line(text) == text
    assert one_line(HOSTILE).isprintable()
    assert one_line("\udcff") == "\\udcff"


def test_what_an_encoding_lacks_is_escaped(monkeypatch: pytest.MonkeyPatch) -> None:
    buffer = io.BytesIO()
    monkeypatch.setattr(sys, "stdout", io.TextIOWrapper(buffer, "ascii"))
    say("größe")
    sys.stdout.flush()
    assert buffer.getvalue() == b"gr\\xf6\\xdfe" + os.linesep.encode()


def test_the_bar_has_a_harmless_name(monkeypatch: pytest.MonkeyPatch) -> None:
    terminal = io.StringIO()
    monkeypatch.setattr(terminal, "isatty", lambda: True)
    monkeypatch.setattr(sys, "stderr", terminal)
    with progress_bar(HOSTILE, 10, quiet=False):
        pass
    assert "\x1b]0" not in terminal.getvalue()
    assert "\\u202etxt" in terminal.getvalue()


def prints(path: Path) -> bool:
    """Whether a module prints by itself."""
    for node in ast.walk(ast.parse(path.read_text())):
        if isinstance(node, ast.Call):
            called = ast.unparse(node.func)
            if called in {"print", "sys.stdout.write", "sys.stderr.write"}:
                return True
            if called.startswith("click.") and "echo" in called:
                return True
    return False


@pytest.mark.parametrize(
    "path", sorted(Path(bar.__file__).parent.glob("*.py")), ids=lambda path: path.name
)
def test_all_commands_print_through_one_module(path: Path) -> None:
    assert prints(path) == (path.name == PRINTING)


def test_what_click_says_is_harmless() -> None:
    with pytest.raises(click.UsageError) as caught, harmless_usage_errors():
        raise click.NoSuchOption("x", message=HOSTILE)
    assert_harmless(caught.value.format_message())


def test_the_help_of_a_group_keeps_its_lines() -> None:
    assert len(CliRunner().invoke(main, ["eval"]).output.splitlines()) > 5


@pytest.mark.parametrize("option", [["-l"], ["info"], ["info", "--json"]])
def test_what_cannot_be_printed_is_an_error(tmp_path: Path, option: list[str]) -> None:
    packed = tmp_path / "x.lmp"
    packed.write_bytes(lmpack.compress(b"x", level=1))
    command = [sys.executable, "-m", "lmpack", *option, str(packed)]
    result = subprocess.run(
        ["sh", "-c", '"$@" >&-', "sh", *command], capture_output=True, check=False
    )
    assert result.returncode == 1
    assert result.stderr == b"lmpack: standard output: it is closed\n"
