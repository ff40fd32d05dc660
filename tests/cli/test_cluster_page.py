"""The recipes of docs/cluster.md, run as a shell of Slurm or Kubernetes runs them."""

from __future__ import annotations

import json
import os
import re
import subprocess
import sys
from pathlib import Path

import pytest
from trees import read_tree, write_tree

import lmpack

ROOT = Path(__file__).parents[2]
PAGE = ROOT / "docs" / "cluster.md"
CONTENTS = {f"{n}/{n}.txt": b"Some notes. " * n for n in range(1, 7)}


@pytest.fixture
def environment(tmp_path: Path) -> dict[str, str]:
    """A folder with what the recipes read, and the command `lmpack` of this checkout."""
    write_tree(tmp_path / "data" / "in", CONTENTS)
    program = tmp_path / "lmpack"
    paths = os.pathsep.join(filter(None, sys.path))
    program.write_text(
        f"#!/bin/sh\nPYTHONPATH='{paths}' exec '{sys.executable}' -m lmpack \"$@\"\n"
    )
    program.chmod(0o755)
    return {**os.environ, "PATH": f"{tmp_path}{os.pathsep}{os.environ['PATH']}"}


def block(language: str) -> str:
    (found,) = re.findall(rf"^```{language}\n(.*?)^```$", PAGE.read_text(), re.M | re.S)
    return str(found)


def run(script: str, folder: Path, environment: dict[str, str]) -> str:
    script = script.replace("/data/", f"{folder}/data/")
    result = subprocess.run(
        ["sh", "-euc", script], env=environment, capture_output=True, text=True, check=False
    )
    assert result.returncode == 0, result.stderr
    return result.stderr


def packed() -> dict[str, bytes]:
    return {f"{name}.lmp": lmpack.compress(data, level=1) for name, data in CONTENTS.items()}


def test_slurm(tmp_path: Path, environment: dict[str, str]) -> None:
    (count,) = re.findall(r"--array=1-(\d+)", block("sh"))
    for number in range(1, int(count) + 1):
        variables = {
            "SLURM_ARRAY_TASK_ID": str(number),
            "SLURM_ARRAY_TASK_COUNT": count,
            "SLURM_CPUS_PER_TASK": "1",
        }
        said = run(block("sh"), tmp_path, environment | variables)
        assert said.startswith(f"shard {number}/{count}: ")
    assert read_tree(tmp_path / "data" / "out") == packed()
    reports = sorted((tmp_path / "data").glob("report-*.jsonl"))
    lines = [json.loads(line) for path in reports for line in path.read_text().splitlines()]
    assert len(reports) == int(count)
    assert len(lines) == len(CONTENTS)


def test_kubernetes(tmp_path: Path, environment: dict[str, str]) -> None:
    recipe = block("yaml")
    (command,) = re.findall(r"args:\n +- (.*)", recipe)
    (count,) = re.findall(r"completions: (\d+)", recipe)
    for index in range(int(count)):
        run(command, tmp_path, environment | {"JOB_COMPLETION_INDEX": str(index)})
    assert read_tree(tmp_path / "data" / "out") == packed()


def test_the_page_names_every_key_of_a_report(tmp_path: Path, environment: dict[str, str]) -> None:
    run("lmpack compress -r /data/in -1 --report /data/log", tmp_path, environment)
    record = json.loads((tmp_path / "data" / "log").read_text().splitlines()[0])
    (example,) = re.findall(r'^    (\{"file".*\})$', PAGE.read_text(), re.M)
    assert list(json.loads(example)) == list(record)
    assert all(f"`{key}`" in PAGE.read_text() for key in record)
