"""Which files a command takes: names from a list, and what is left out of folders."""

from __future__ import annotations

import os
from collections.abc import Callable
from pathlib import Path

import pytest
from click.testing import CliRunner, Result
from trees import read_tree, write_tree

import lmpack
from lmpack.cli import file_options
from lmpack.cli.main import main

pytestmark = pytest.mark.usefixtures("fake_models")

WORDS = b"what the model finds probable\n" * 40
TREE = {
    "notes.txt": WORDS,
    "disk.iso": WORDS,
    "a/notes.txt": WORDS,
    "a/cache/x": WORDS,
    "cache/y": WORDS,
    "picture": b"\x89PNG\r\n\x1a\n" + WORDS,
    "text.JPG": WORDS,
}

Invoke = Callable[..., Result]


@pytest.fixture
def invoke(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Invoke:
    """Runs the program in a folder with the tree "in"."""
    write_tree(tmp_path / "in", TREE)
    monkeypatch.chdir(tmp_path)

    def run(*arguments: str, stdin: bytes = b"", code: int = 0) -> Result:
        result = CliRunner().invoke(main, arguments, input=stdin, catch_exceptions=False)
        assert result.exit_code == code, result.output
        return result

    return run


@pytest.mark.parametrize("command", [[], ["compress"]])
@pytest.mark.parametrize("end", [b"\0", b""])
def test_names_from_a_list(invoke: Invoke, command: list[str], end: bytes) -> None:
    names = b"in/notes.txt\0in/a/cache/x" + end
    invoke(*command, "--files0-from", "-", "-o", "out", stdin=names)
    assert read_tree(Path("out")).keys() == {"notes.txt.lmp", "x.lmp"}
    Path("list").write_bytes(names)
    invoke(*command, "--files0-from", "list")
    assert Path("in/a/cache/x.lmp").exists()


def test_odd_names_in_a_list(invoke: Invoke) -> None:
    odd = (b"with\nline", b"not \xff UTF-8", b"-", b"-d")
    for name in odd:
        Path(os.fsdecode(name)).write_bytes(WORDS)
    invoke("--files0-from=-", stdin=b"\0".join(odd))
    packed = {os.fsencode(path) for path in os.listdir() if path.endswith(".lmp")}
    assert packed == {name + b".lmp" for name in odd}


def test_lists_for_other_commands(invoke: Invoke) -> None:
    invoke("in/notes.txt", "in/disk.iso")
    names = b"in/notes.txt.lmp\0in/disk.iso.lmp\0"
    assert invoke("-l", "--files0-from", "-", stdin=names).stdout.endswith("  2 files\n")
    for test in (["test"], ["-t"]):
        result = invoke(*test, "-v", "--files0-from", "-", stdin=names)
        assert len(result.stderr.splitlines()) == 2
    invoke("decompress", "--files0-from", "-", "-f", stdin=names)
    assert invoke("-dc", "--files0-from", "-", stdin=names).stdout_bytes == 2 * WORDS


@pytest.mark.parametrize("command", [["compress"], ["decompress"], ["test"], [], ["-l"], ["-dc"]])
def test_an_empty_list(invoke: Invoke, command: list[str]) -> None:
    result = invoke(*command, "--files0-from", "-", stdin=b"")
    assert (result.stdout, result.stderr) == ("", "")


@pytest.mark.parametrize(
    ("arguments", "names", "message"),
    [
        (("--files0-from", "-", "in/notes.txt"), b"x", "takes the place of FILEs"),
        (("test", "--files0-from", "-", "in/notes.txt"), b"x", "takes the place of FILEs"),
        (("-l", "--files0-from", "-", "in/notes.txt"), b"x", "takes the place of FILEs"),
        (("--files0-from", "-"), b"a\0\0b", "name 2 is empty"),
        (("--files0-from", "-"), b"\0", "name 1 is empty"),
        (("--files0-from", "nowhere"), b"", "nowhere: No such file or directory"),
        (("--files0-from", "in"), b"", "in: it is a folder"),
        (("--exclude", "x", "in/notes.txt"), b"", "need -r"),
        (("--exclude-compressed", "in/notes.txt"), b"", "need -r"),
    ],
)
def test_wrong_usage(
    invoke: Invoke, arguments: tuple[str, ...], names: bytes, message: str
) -> None:
    assert message in invoke(*arguments, stdin=names, code=2).stderr
    assert read_tree(Path("in")) == TREE


@pytest.mark.parametrize(
    ("patterns", "left"),
    [
        (["*.iso"], TREE.keys() - {"disk.iso"}),
        (["cache"], TREE.keys() - {"a/cache/x", "cache/y"}),
        (["cache/"], TREE.keys() - {"a/cache/x", "cache/y"}),
        (["/cache"], TREE.keys() - {"cache/y"}),
        (["a/cache"], TREE.keys() - {"a/cache/x"}),
        (["*/notes.txt"], TREE.keys() - {"a/notes.txt"}),
        (["notes.*", "[!n]*"], set()),
        (["*.jpg", "in"], TREE.keys()),
    ],
)
def test_exclusion(invoke: Invoke, patterns: list[str], left: set[str]) -> None:
    options = [word for pattern in patterns for word in ("--exclude", pattern)]
    invoke("compress", "-r", "in", "-o", "out", *options)
    assert read_tree(Path("out")).keys() == {f"{name}.lmp" for name in left}


def test_exclusion_is_said(invoke: Invoke) -> None:
    options = ("--exclude", "cache", "--exclude-compressed", "-v")
    lines = invoke("compress", "-r", "in", "-o", "out", *options).stderr.splitlines()
    for line in (
        "in/cache: skipped: it is excluded by cache",
        "in/a/cache: skipped: it is excluded by cache",
        "in/picture: skipped: it is compressed already: PNG",
        "in/text.JPG: skipped: it is compressed already: picture",
    ):
        assert line in lines
    assert read_tree(Path("out")).keys() == {"notes.txt.lmp", "disk.iso.lmp", "a/notes.txt.lmp"}


def test_exclusion_from_decompression(invoke: Invoke) -> None:
    invoke("compress", "-r", "in", "-o", "out")
    invoke("decompress", "-r", "out", "-o", "back", "--exclude", "cache", "--exclude", "*.iso.lmp")
    expected = {"notes.txt", "a/notes.txt", "picture", "text.JPG"}
    assert read_tree(Path("back")).keys() == expected


def test_files_that_are_named_are_taken(invoke: Invoke) -> None:
    invoke("compress", "-r", "in/picture", "in/disk.iso", "-o", "out", "--exclude-compressed")
    assert read_tree(Path("out")).keys() == {"picture.lmp", "disk.iso.lmp"}


def test_the_same_from_python(invoke: Invoke) -> None:
    results = list(
        lmpack.compress_files(
            ["in"], "out", recursive=True, exclude=["a"], exclude_compressed=True, suffix=".x"
        )
    )
    done = {result.output for result in results if result.sizes}
    assert done == {"out/notes.txt.x", "out/disk.iso.x", "out/cache/y.x"}
    back = lmpack.decompress_files(["out"], "back", recursive=True, exclude=["cache"], suffix=".x")
    assert {result.output for result in back if result.sizes} == {"back/notes.txt", "back/disk.iso"}
    for wrong in (
        {"exclude": "*.iso"},
        {"exclude": [""]},
        {"exclude": [1]},
        {"exclude": ["/"]},
        {"suffix": ""},
        {"suffix": "a/b"},
        {"suffix": None},
    ):
        with pytest.raises(lmpack.UsageError):
            lmpack.compress_files(["in"], "out", recursive=True, **wrong)


@pytest.mark.parametrize(
    "arguments",
    [
        ["compress", ""],
        ["compress", "-r", ""],
        ["compress", "one", "-o", ""],
        ["decompress", "one", ""],
        ["extract", ""],
        ["extract", "one", "-C", ""],
        ["info", ""],
        ["test", ""],
        ["compress", "one", "-D", ""],
        ["bench", ""],
        ["dictionary", "one", "-o", ""],
    ],
)
def test_an_empty_name_is_not_this_folder(
    arguments: list[str], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    Path("one").write_bytes(b"one")
    result = CliRunner().invoke(main, arguments, catch_exceptions=False)
    assert result.exit_code == 2
    assert "a name is empty: give a file, or . for this folder" in " ".join(result.stderr.split())
    assert os.listdir() == ["one"]


def test_the_name_of_the_folder_is_no_name_of_a_file(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    Path("..lmp").write_bytes(lmpack.compress(b"x", level=1))
    result = CliRunner().invoke(main, ["decompress", "..lmp"], catch_exceptions=False)
    assert result.exit_code == 1
    assert "..lmp: . is no name of a file: name the output file" in result.stderr


def test_a_list_of_names_has_an_end(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    monkeypatch.setattr(file_options, "MOST_NAMES", 100)
    Path("list").write_bytes(bytes(101))
    result = CliRunner().invoke(main, ["compress", "--files0-from", "list"], catch_exceptions=False)
    assert result.exit_code == 2
    assert "list: it has more than 100 bytes" in result.stderr


@pytest.mark.parametrize("option", [["--max-size", "9" * 5000], ["--shard", "1/" + "9" * 5000]])
def test_numbers_of_thousands_of_digits(option: list[str]) -> None:
    result = CliRunner().invoke(main, ["decompress", *option, "x.lmp"], catch_exceptions=False)
    assert result.exit_code == 2
    assert "is no s" in " ".join(result.stderr.split())
