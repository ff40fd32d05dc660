"""The command `lmpack dictionary`: what it chooses, and what it refuses."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path

import pytest
from click.testing import CliRunner, Result

import lmpack
from lmpack.cli.main import main

Invoke = Callable[..., Result]

RECORDS = [
    json.dumps({"name": f"n{n}", "born": 1800 + n, "works": [f"w{n * n}", "Notes"]}).encode()
    for n in range(60)
]
LINES = b"".join(record + b"\n" for record in RECORDS)


@pytest.fixture
def invoke(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Invoke:
    """Runs the program in a folder with samples, each a file, and all of them as lines of one."""
    monkeypatch.chdir(tmp_path)
    for number, record in enumerate(RECORDS):
        Path(f"{number:02}.json").write_bytes(record)
    Path("all.jsonl").write_bytes(LINES)
    Path("empty").touch()
    Path("folder").mkdir()

    def run(*arguments: str, code: int = 0, input: bytes | None = None) -> Result:
        result = CliRunner().invoke(main, ["dictionary", *arguments], input=input)
        assert result.exit_code == code, result.output
        return result

    return run


def test_files_are_samples(invoke: Invoke) -> None:
    names = [f"{number:02}.json" for number in range(60)]
    invoke(*names, "-o", "chosen", "--size", "500")
    assert Path("chosen").read_bytes() == lmpack.train_prefix(RECORDS, 500)
    Path("names").write_bytes("\0".join(names).encode())
    invoke("--files0-from", "names", "-o", "-", "--size", "500")
    assert invoke("--files0-from", "names", "-o", "-").stdout_bytes == lmpack.train_prefix(RECORDS)


def test_lines_are_samples(invoke: Invoke) -> None:
    expected = lmpack.train_prefix([record + b"\n" for record in RECORDS], 1 << 10)
    options = ("--lines", "-o", "-", "--size", "1K")
    assert invoke(*options, "all.jsonl").stdout_bytes == expected
    assert invoke(*options, "-", input=LINES).stdout_bytes == expected
    assert invoke("all.jsonl", "-o", "-", "--size", "1K").stdout_bytes != expected


def test_what_is_chosen_makes_files_smaller(invoke: Invoke) -> None:
    invoke("--lines", "all.jsonl", "-o", "chosen")
    prefix = lmpack.Prefix(Path("chosen").read_bytes())
    new = RECORDS[0].replace(b"1800", b"1877")
    packed = lmpack.compress(new, 1, prefix=prefix)
    assert len(packed) < 0.7 * len(lmpack.compress(new, 1))
    assert lmpack.decompress(packed, prefix=prefix) == new


@pytest.mark.parametrize(
    ("arguments", "code", "said"),
    [
        (["-o", "new"], 2, "name the FILEs that are samples"),
        (["00.json"], 2, "Missing option '-o'"),
        (["00.json", "-o", "new", "--size", "0"], 2, "at least 1 byte"),
        (["00.json", "-o", "new", "--size", "-5"], 2, "is no size"),
        (["00.json", "missing", "-o", "new"], 1, "missing: No such file"),
        (["00.json", "folder", "-o", "new"], 1, "folder: it is a folder"),
        (["empty", "-o", "new"], 1, "new: the samples are empty (1 file)"),
        (["00.json", "01.json", "-o", "01.json", "-f"], 1, "the same file"),
        (["00.json", "-o", "01.json"], 1, "01.json exists already"),
        (["00.json", "-o", "none/new"], 1, "none"),
        (["00.json", "--files0-from", "empty", "-o", "new"], 2, "one way"),
    ],
)
def test_nothing_is_written_of_what_is_refused(
    invoke: Invoke, arguments: list[str], code: int, said: str
) -> None:
    before = {path: path.read_bytes() for path in Path().iterdir() if path.is_file()}
    result = invoke(*arguments, code=code)
    assert said in result.stderr
    assert {path: path.read_bytes() for path in Path().iterdir() if path.is_file()} == before


def test_a_file_without_an_end_is_refused(invoke: Invoke, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("lmpack.cli.dictionary.MOST", 200_000)
    result = invoke("all.jsonl", "/dev/zero", "-o", "new", code=1)
    assert f"/dev/zero: it has more than {200_000 - len(LINES):,} bytes" in result.stderr
    assert not Path("new").exists()


def test_force_overwrites(invoke: Invoke) -> None:
    invoke("00.json", "-o", "all.jsonl", "-f")
    assert Path("all.jsonl").read_bytes() == RECORDS[0]
