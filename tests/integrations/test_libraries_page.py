"""The examples of docs/libraries.md, run as they stand where their library or program is there."""

from __future__ import annotations

import importlib.util
import os
import re
import shutil
import subprocess
import sys
import time
from pathlib import Path

import pytest

import lmpack

PAGE = Path(__file__).parents[2] / "docs" / "libraries.md"
MODULES = {
    "`lmpack.register()`": (),
    "tarfile": (),
    "shutil": (),
    "fsspec": ("fsspec",),
    "smart_open": ("smart_open",),
    "zarr": ("zarr",),
    "numcodecs": ("numcodecs",),
    "pandas": ("pandas",),
    "polars": ("polars",),
    "pyarrow": ("pyarrow",),
    "DuckDB": ("duckdb", "fsspec"),
    "Hugging Face datasets": ("datasets",),
    "WebDataset": ("webdataset",),
    "starlette": ("starlette",),
}
"""What the Python of each section needs."""
PROGRAMS = {"tar": "tar", "bsdtar": "bsdtar", "cron": "find", "git": "git"}
"""What the shell of each section needs."""

pytestmark = pytest.mark.libraries


def examples(language: str) -> dict[str, str]:
    """The examples in a language by the titles of their sections."""
    found = {}
    for section in re.split(r"^##+ ", PAGE.read_text(), flags=re.MULTILINE)[1:]:
        if code := re.findall(rf"^```{language}\n(.*?)^```$", section, re.MULTILINE | re.DOTALL):
            found[section.partition("\n")[0]] = "\n".join(code)
    return found


def run(command: list[str], environment: dict[str, str]) -> str:
    result = subprocess.run(command, env=environment, capture_output=True, text=True, check=False)
    assert result.returncode == 0, result.stderr
    return result.stdout


def need_program(name: str) -> None:
    if shutil.which(name) is None:
        pytest.skip(f"there is no {name} here")


def test_every_example_is_run() -> None:
    assert examples("python").keys() == MODULES.keys()
    assert examples("sh").keys() == PROGRAMS.keys()
    assert examples("logrotate").keys() == {"logrotate"}


@pytest.mark.parametrize("section", MODULES)
def test_python(section: str, environment: dict[str, str]) -> None:
    for module in MODULES[section]:
        if importlib.util.find_spec(module) is None:
            pytest.skip(f"{module} is not installed")
    Path("example.py").write_text(examples("python")[section])
    run([sys.executable, "example.py"], environment)


def shell(section: str, environment: dict[str, str]) -> str:
    need_program(PROGRAMS[section])
    return run(["sh", "-euc", examples("sh")[section]], environment)


@pytest.mark.parametrize("section", ["tar", "bsdtar"])
def test_tar(section: str, environment: dict[str, str]) -> None:
    assert "folder/inner.txt" in shell(section, environment).splitlines()
    assert b"Some more notes." in lmpack.decompress(Path("folder.tar.lmp").read_bytes())


def test_cron(environment: dict[str, str]) -> None:
    Path("log/new.log").touch()
    os.utime("log/old.log", (time.time() - 200_000,) * 2)
    shell("cron", environment)
    assert sorted(os.listdir("log")) == ["new.log", "old.log.lmp"]


def test_git(environment: dict[str, str]) -> None:
    need_program("git")
    run(["git", "init", "-q"], environment)
    shell("git", environment)
    Path("notes.txt.lmp").write_bytes(lmpack.compress(b"first\n"))
    run(["git", "add", "."], environment)
    Path("notes.txt.lmp").write_bytes(lmpack.compress(b"second\n"))
    changes = run(["git", "diff"], environment).splitlines()
    assert "-first" in changes and "+second" in changes


def test_logrotate(environment: dict[str, str]) -> None:
    need_program("logrotate")
    content = Path("log/old.log").read_bytes()
    configuration = Path("logrotate.conf")
    example = examples("logrotate")["logrotate"]
    configuration.write_text(example.replace("/var/log/app", str(Path("log").resolve())))
    configuration.chmod(0o644)
    run(["logrotate", "-f", "-s", "state", "logrotate.conf"], environment)
    assert os.listdir("log") == ["old.log.1.lmp"]
    assert lmpack.decompress(Path("log/old.log.1.lmp").read_bytes()) == content
