"""What the commands do when something is wrong: one line, an exit code, no half-written file."""

from __future__ import annotations

import errno
import json
import os
import resource
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import pytest
from click.testing import CliRunner, Result

import lmpack
from lmpack._blocks.coders import Encoder
from lmpack._blocks.coding import ShareDone
from lmpack._container import Block
from lmpack.cli.main import main

pytestmark = pytest.mark.usefixtures("fake_models")

WORDS = b"what the model finds probable\n" * 40
PROGRAM = [sys.executable, str(Path(__file__).parents[1] / "support" / "fake_lmpack.py")]

Invoke = Callable[..., Result]


@pytest.fixture
def invoke(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Invoke:
    """Runs the program in a folder with the files words.txt and words.lmp."""
    monkeypatch.chdir(tmp_path)
    Path("words.txt").write_bytes(WORDS)
    Path("words.lmp").write_bytes(lmpack.compress(WORDS))

    def run(*arguments: str, stdin: bytes = b"") -> Result:
        return CliRunner().invoke(main, arguments, input=stdin, catch_exceptions=False)

    return run


def assert_failed(result: Result, *expected: str, code: int = 1) -> None:
    """It ended with `code`, and each of the expected lines stands on standard error."""
    assert result.exit_code == code
    lines = result.stderr.splitlines()
    for line in expected:
        assert any(line in found for found in lines), result.stderr
    if code == 1:
        assert len(lines) == len(expected)


def test_a_missing_file(invoke: Invoke) -> None:
    assert_failed(invoke("nowhere"), "lmpack: nowhere: No such file or directory")
    assert_failed(invoke("info", "nowhere"), "lmpack: nowhere: No such file or directory")


def test_a_folder(invoke: Invoke, tmp_path: Path) -> None:
    (tmp_path / "folder").mkdir()
    assert_failed(
        invoke("folder"), "lmpack: folder: it is a folder: use -r, or lmpack compress --tar"
    )
    result = invoke("words.txt", "-o", "folder")
    assert_failed(result, "lmpack: words.txt: folder is a folder: name another output")


def test_files_after_a_bad_one_are_still_handled(invoke: Invoke) -> None:
    result = invoke("compress", "nowhere", "words.txt")
    assert_failed(result, "lmpack: nowhere: No such file")
    assert Path("words.txt.lmp").exists()


def test_json_names_the_errors_too(invoke: Invoke) -> None:
    result = invoke("test", "--json", "words.txt", "words.lmp")
    assert result.exit_code == 1
    good, bad = json.loads(result.stdout)
    assert good["file"] == "words.lmp"
    assert bad["file"] == "words.txt"
    assert "no lmpack file" in bad["error"]


def test_existing_files_are_not_overwritten(invoke: Invoke) -> None:
    Path("words.txt.lmp").write_bytes(b"precious")
    assert_failed(invoke("words.txt"), "words.txt.lmp exists already: nothing was written")
    assert Path("words.txt.lmp").read_bytes() == b"precious"


def test_suffixes(invoke: Invoke) -> None:
    assert_failed(invoke("-d", "words.txt"), "does not end in .lmp: name the output file")
    assert_failed(invoke("compress", "words.lmp"), "ends in .lmp already: nothing was done")
    Path(".lmp").write_bytes(b"")
    assert_failed(invoke("-d", ".lmp"), "does not end in .lmp")


def test_input_and_output_may_not_be_the_same(invoke: Invoke) -> None:
    os.link("words.txt", "other")
    result = invoke("words.txt", "-f", "--rm", "-o", "other")
    assert_failed(result, "input and output are the same file")
    assert Path("words.txt").read_bytes() == WORDS


def test_a_link_that_leads_nowhere_is_not_overwritten(invoke: Invoke) -> None:
    Path("words.txt.lmp").symlink_to("nowhere")
    assert_failed(invoke("words.txt"), "words.txt.lmp exists already")
    assert Path("words.txt.lmp").is_symlink()


def test_names_of_outputs_are_printed_on_one_line(invoke: Invoke) -> None:
    assert_failed(invoke("words.txt", "-o", "no\nsuch/x"), r"words.txt: no\nsuch/x: No such file")
    result = invoke("words.txt", "-o", "words.lmp/x")
    assert_failed(result, "words.txt: words.lmp/x: Not a directory")


def test_a_file_that_changes_while_it_is_read_is_not_deleted(
    invoke: Invoke, monkeypatch: pytest.MonkeyPatch
) -> None:
    encode = Encoder.encode

    def slow(encoder: Encoder, plain: bytes, share_done: ShareDone) -> Block:
        Path("words.txt").write_bytes(b"newer")
        os.utime("words.txt", ns=(1, 1))
        return encode(encoder, plain, share_done)

    monkeypatch.setattr(Encoder, "encode", slow)
    assert_failed(
        invoke("--rm", "-T1", "words.txt"),
        "words.txt: warning: it was changed while it was read: the output may hold old and new",
        "words.txt: it was changed while it was read: it is kept",
    )
    assert Path("words.txt").read_bytes() == b"newer"


def test_damage_leaves_no_output(invoke: Invoke) -> None:
    content = Path("words.lmp").read_bytes()
    Path("words.lmp").write_bytes(content[:40] + b"?" + content[41:])
    assert_failed(invoke("-d", "--rm", "words.lmp"), "lmpack: words.lmp: block 0, which ends at")
    Path("words.lmp").write_bytes(content[:-1])
    assert_failed(invoke("-d", "--rm", "words.lmp"), "cut short")
    assert_failed(invoke("-t", "words.lmp"), "lmpack: words.lmp:")
    assert sorted(os.listdir()) == ["words.lmp", "words.txt"]


def test_wrong_and_unknown_models(invoke: Invoke) -> None:
    result = invoke("test", "--model", "base", "words.lmp")
    assert_failed(result, "736d616c6c2d2d2d, but the given model base is 626173652d2d2d2d")
    assert_failed(invoke("--model", "nowhere", "words.txt"), "there is no model 'nowhere'")
    assert sorted(os.listdir()) == ["words.lmp", "words.txt"]


def test_standard_input_has_a_name_in_errors(invoke: Invoke) -> None:
    assert_failed(invoke("-d", stdin=b"junk"), "lmpack: standard input: this is no lmpack file")


@pytest.mark.parametrize(
    "arguments",
    [
        ("compress", "-o", "x", "-c", "words.txt"),
        ("compress", "-c", "--rm", "words.txt"),
        ("compress", "-c", "--json", "words.txt"),
        ("compress", "--json", "-"),
        ("compress", "-T", "-1", "words.txt"),
        ("compress", "--device", "abacus", "words.txt"),
        ("compress", "--unknown", "words.txt"),
        ("compress", "--rm", "-o", "/dev/null", "words.txt"),
        ("compress", "--rm", "-o", "x", "-"),
        ("compress", "--json", "-o", "/dev/null", "words.txt"),
        ("compress", "-o", "nowhere/", "words.txt"),
        ("compress", "-o", "folder", "words.txt", "-"),
        ("compress", "-T", "100000000000", "words.txt"),
        ("info",),
        ("train", "small"),
        ("export", "nowhere", "x"),
    ],
    ids=" ".join,
)
def test_wrong_usage_ends_with_2(invoke: Invoke, arguments: tuple[str, ...]) -> None:
    assert_failed(invoke(*arguments), "Usage:", code=2)
    assert sorted(os.listdir()) == ["words.lmp", "words.txt"]


def test_compressed_bytes_do_not_go_to_a_terminal(
    invoke: Invoke, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("click.testing._NamedTextIOWrapper.isatty", lambda self: True)
    assert_failed(invoke("compress", "-qc", "words.txt"), "do not go to a terminal", code=2)
    assert invoke("compress", "-qcf", "words.txt").stdout_bytes == lmpack.compress(WORDS)


def test_tracebacks_only_when_asked_for(invoke: Invoke) -> None:
    assert "Traceback" not in invoke("-v", "nowhere").stderr
    assert "Traceback" in invoke("-vv", "nowhere").stderr


def test_info_needs_a_file_that_can_seek(invoke: Invoke) -> None:
    result = subprocess.run(
        [*PROGRAM, "info", "-"], input=Path("words.lmp").read_bytes(), capture_output=True
    )
    assert result.returncode == 1
    assert b"standard input: the index of a pipe cannot be read" in result.stderr


@pytest.mark.parametrize("command", [("train", "general", "--data", "d"), ("export", ".")])
def test_a_missing_package_for_training_is_named(
    invoke: Invoke, monkeypatch: pytest.MonkeyPatch, command: tuple[str, ...]
) -> None:
    for name in [name for name in sys.modules if name.startswith("lmpack.training.")]:
        monkeypatch.delitem(sys.modules, name)
    monkeypatch.setitem(sys.modules, "torch", None)
    output = ("--output", "x") if command[0] == "train" else ("x",)
    result = invoke(*command, *output)
    assert_failed(result, "training needs the package torch: pip install 'lmpack[train]'")


def test_a_recipe_that_is_not_there(invoke: Invoke) -> None:
    pytest.importorskip("torch")
    result = invoke("train", "nowhere.json", "--data", ".", "--output", "run")
    assert_failed(result, "lmpack: nowhere.json: the recipe nowhere.json cannot be used")


def test_a_full_disk(invoke: Invoke) -> None:
    full = os.strerror(errno.ENOSPC)
    assert_failed(invoke("words.txt", "-o", "/dev/full"), f"words.txt: /dev/full: {full}")
    with open("/dev/full", "wb") as device:
        result = subprocess.run(
            [*PROGRAM, "-c", "words.txt"], stdout=device, stderr=subprocess.PIPE, text=True
        )
    assert result.returncode == 1
    assert result.stderr == f"lmpack: words.txt: standard output: {full}\n"
    assert Path("/dev/full").is_char_device()


def test_a_file_that_may_not_grow_leaves_nothing_behind(invoke: Invoke) -> None:
    result = subprocess.run(
        [*PROGRAM, "--rm", "words.txt"],
        preexec_fn=lambda: resource.setrlimit(resource.RLIMIT_FSIZE, (50, 50)),
        capture_output=True,
        text=True,
    )
    assert result.returncode == 1
    expected = f"lmpack: words.txt: words.txt.lmp: {os.strerror(errno.EFBIG)}\n"
    assert result.stderr == expected
    assert sorted(os.listdir()) == ["words.lmp", "words.txt"]
