"""The commands `lmpack eval`."""

from __future__ import annotations

import json
from pathlib import Path

import inputs
import pytest
from click.testing import CliRunner, Result

from lmpack.cli.main import main
from lmpack.evaluation.paper import CHUNK

PROSE = (inputs.SENTENCES * 2)[: 5 * CHUNK]


def invoke(*arguments: str) -> Result:
    return CliRunner().invoke(main, ["eval", *arguments])


def test_the_command(tmp_path: Path) -> None:
    (tmp_path / "prose").write_bytes(PROSE)
    command = ["table1", "--data", f"enwik8={tmp_path / 'prose'}", "--data", "random"]
    command += ["--chunks", "3", "--output", str(tmp_path / "out"), "--compressor", "gzip"]
    command += ["--compressor", "characters:tiny"]
    result = invoke(*command, "--compressor", "model:small")
    assert result.exit_code == 0, result.output
    assert "enwik8: Transformer small chunks" in result.output
    rows = json.loads((tmp_path / "out" / "table1.json").read_text())["rows"]
    assert len(rows) == 12
    assert {row["compressor"] for row in rows} == {"gzip", "tiny (characters)", "Transformer small"}
    assert all(row["raw_bytes"] == 3 * CHUNK for row in rows)
    assert rows[0]["environment"]["packages"]["lmpack"]


def test_chunks_alone(tmp_path: Path) -> None:
    command = ["table1", "--data", "random", "--chunks", "2", "--output", str(tmp_path)]
    assert invoke(*command, "--no-whole", "--compressor", "gzip").exit_code == 0
    (row,) = json.loads((tmp_path / "table1.json").read_text())["rows"]
    assert row["chunked"]


@pytest.mark.parametrize("experiment", ["scaling", "context"])
def test_the_commands_of_curves(tmp_path: Path, experiment: str) -> None:
    arguments = ["--data", "random", "--limit", "2", "--output", str(tmp_path)]
    result = invoke(experiment, *arguments, "--compressor", "gzip")
    assert result.exit_code == 0, result.output
    assert f"{tmp_path / experiment}.json and .md" in result.output


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (["--data", "enwik8"], "say where it is"),
        (["--data", "enwik8="], "names no path"),
        (["--data", "random", "--compressor", "rar"], "no compressor 'rar'"),
        (["--data", "text=/nowhere/at/all"], "is no file"),
    ],
)
def test_the_commands_errors(tmp_path: Path, arguments: list[str], message: str) -> None:
    result = invoke("table1", *arguments, "--output", str(tmp_path / "out"))
    assert result.exit_code == 1
    assert message in result.output
