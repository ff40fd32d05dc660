"""`lmpack decompress --salvage`, and how `lmpack test` lists what is damaged."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path

import pytest
from block_sizes import set_block_size
from click.testing import CliRunner, Result
from salvaging import BLOCK, Sample, mixed_content, sample

from lmpack import FileResult, Options
from lmpack.cli import report
from lmpack.cli.main import main


def run(*arguments: object) -> Result:
    return CliRunner().invoke(main, list(map(str, arguments)))


@pytest.fixture
def one(monkeypatch: pytest.MonkeyPatch) -> Sample:
    set_block_size(monkeypatch, BLOCK)
    return sample(mixed_content(1), options=Options(level=1))


@pytest.fixture
def damaged(one: Sample, tmp_path: Path) -> Path:
    """A file of which two of three blocks are damaged."""
    data = bytearray(one.packed)
    for number in (0, 2):
        data[one.blocks[number][0].stop - 2] ^= 0xFF
    path = tmp_path / "file.lmp"
    path.write_bytes(data)
    return path


def test_what_is_whole_is_written_and_what_is_lost_is_named(one: Sample, damaged: Path) -> None:
    result = run("decompress", "--salvage", damaged)
    assert result.exit_code == 1
    plain = one.plain[BLOCK : 2 * BLOCK]
    assert damaged.with_suffix("").read_bytes() == bytes(BLOCK) + plain + bytes(BLOCK // 2)
    lines = result.stderr.splitlines()
    assert [
        f"bytes {start} to {end} of the content are lost" in line
        for line, start, end in zip(lines, (0, 2 * BLOCK), (BLOCK, len(one.plain)), strict=True)
    ] == [True, True]
    assert all(line.startswith(f"lmpack: {damaged}: block ") for line in lines)
    assert damaged.exists()


@pytest.mark.parametrize("is_streamed", [False, True])
@pytest.mark.parametrize("kept", [-1, None], ids=["cut", "damaged"])
def test_the_error_of_decompressing_names_salvage(
    is_streamed: bool, kept: int | None, damaged: Path, one: Sample
) -> None:
    if kept is not None:
        damaged.write_bytes(one.packed[:kept])
    result = run("decompress", *(["-c"] if is_streamed else []), damaged)
    assert result.exit_code == 1
    (line,) = result.stderr.splitlines()
    assert line.endswith(": the option --salvage writes what is whole")


def test_lost_blocks_are_left_out_on_demand(one: Sample, damaged: Path) -> None:
    output = damaged.parent / "out"
    result = run("decompress", "--salvage", "--skip-lost", "--json", damaged, "-o", output)
    assert result.exit_code == 1
    assert output.read_bytes() == one.plain[BLOCK : 2 * BLOCK]
    (record,) = json.loads(result.stdout)
    assert record["faults"] == 2
    assert [(each["block"], each["length"]) for each in record["damage"]] == [
        (0, BLOCK),
        (2, BLOCK // 2),
    ]


def test_a_file_that_has_lost_nothing_gives_0(one: Sample, tmp_path: Path) -> None:
    path = tmp_path / "file.lmp"
    for data in (one.packed, one.packed[:-1] + b"\0"):
        path.write_bytes(data)
        result = run("decompress", "--salvage", "-f", path)
        assert result.exit_code == 0, result.output
        assert (tmp_path / "file").read_bytes() == one.plain
        assert (len(result.stderr) > 0) == (data != one.packed)


def test_where_nothing_is_whole_no_file_appears(tmp_path: Path) -> None:
    path = tmp_path / "file.lmp"
    path.write_bytes(b"something else")
    result = run("decompress", "--salvage", path)
    assert result.exit_code == 1
    assert "no lmpack file" in result.stderr
    assert [file.name for file in tmp_path.iterdir()] == ["file.lmp"]


@pytest.mark.parametrize("option", ["-r", "--resume", "--rm"])
def test_options_that_do_not_fit_are_refused(option: str, damaged: Path) -> None:
    assert run("decompress", "--salvage", option, damaged).exit_code == 2
    assert run("decompress", "--skip-lost", damaged).exit_code == 2
    assert run("decompress", "--salvage", damaged, damaged, "-o", "x").exit_code == 2
    assert damaged.exists()


def test_all_damaged_blocks_are_listed(damaged: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    result = run("test", damaged)
    assert result.exit_code == 1
    lines = result.stderr.splitlines()
    assert all(line.startswith(f"lmpack: {damaged}: ") for line in lines)
    assert [line.split(": ")[2].split()[:2] for line in lines] == [["block", "0"], ["block", "2"]]
    (record,) = json.loads(run("test", "--json", damaged).stdout)
    assert (record["faults"], len(record["damage"])) == (2, 2)
    assert "error" in record
    monkeypatch.setattr(report, "MOST_DAMAGE", 1)
    assert run("test", damaged).stderr.splitlines()[-1].endswith("1 more faults")


def test_the_options_reach_the_encoder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    chosen: list[Options] = []

    def compress_files(*_: object, options: Options, **others: object) -> Iterator[FileResult]:
        chosen.append(options)
        yield from ()

    monkeypatch.setattr("lmpack.compress_files", compress_files)
    path = tmp_path / "file"
    path.write_bytes(b"x")
    for options in ([], ["--verify"], ["--no-verify"]):
        run("compress", *options, path)
    assert [each.verify for each in chosen] == [None, True, False]


def test_a_damaged_file_is_not_replaced_by_what_is_left_of_it(damaged: Path) -> None:
    before = damaged.read_bytes()
    result = run("decompress", "--salvage", "-f", damaged, "-o", damaged)
    assert (result.exit_code, damaged.read_bytes()) == (1, before)
    assert "input and output are the same file" in result.output
