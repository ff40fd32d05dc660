"""What the command loads for a small file: a module more is time for each of thousands of files."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest
from inputs import SENTENCES

HEAVY = {
    "asyncio",
    "concurrent",
    "ctypes",
    "email",
    "http",
    "importlib.metadata",
    "logging",
    "multiprocessing",
    "numpy",
    "onnx",
    "onnxruntime",
    "random",
    "secrets",
    "selectors",
    "subprocess",
    "tarfile",
    "tempfile",
    "torch",
    "tqdm",
    "traceback",
    "zipfile",
}
"""What takes longer to load than a small file is to be coded, or is a part of such a package."""

ELSEWHERE = {
    "lmpack._container.salvage",
    "lmpack._files.archive",
    "lmpack._models.bounds",
    "lmpack._models.decoder",
    "lmpack.evaluation",
    "lmpack.importing",
    "lmpack.training",
}
"""Rooms of the package that a model of bytes has nothing to do with."""

PROGRAM = """
import sys
before = set(sys.modules)
from lmpack.cli.main import main
try:
    main()
except SystemExit as end:
    assert not end.code, end.code
print(*sorted(set(sys.modules) - before))
"""
# Some environments load packages whenever Python starts.


def loaded(folder: Path, *arguments: str) -> set[str]:
    """Names of the modules that a command loads, and of the packages that they are in."""
    command = [sys.executable, "-c", PROGRAM, *arguments]
    environ = {**os.environ, "XDG_CACHE_HOME": str(folder / "cache")}
    result = subprocess.run(
        command, check=True, capture_output=True, text=True, cwd=folder, env=environ
    )
    names = result.stdout.split()
    return {".".join(name.split(".")[:end]) for name in names for end in range(1, 5)}


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Holds a small file, and its compressed forms. The models have proved themselves then."""
    folder = tmp_path_factory.mktemp("small")
    (folder / "text").write_bytes(SENTENCES[:2048])
    for level in (1, 6, 9):
        loaded(folder, "compress", f"-{level}", "text", "-o", f"{level}.lmp")
    return folder


@pytest.mark.parametrize("level", [1, 6, 9])
def test_a_small_file_needs_few_modules(folder: Path, level: int) -> None:
    there = loaded(folder, "compress", f"-{level}", "-f", "text", "-o", "out")
    back = loaded(folder, "decompress", "-f", f"{level}.lmp", "-o", "back")
    assert (folder / "out").read_bytes() == (folder / f"{level}.lmp").read_bytes()
    assert (folder / "back").read_bytes() == (folder / "text").read_bytes()
    for names in (there, back):
        assert {"lmpack.cli.convert", "lmpack._files.batch", "click"} <= names
        assert not names & (HEAVY | ELSEWHERE)
        rooms = {name for name in names if name.startswith("lmpack.cli.")}
        assert not rooms & {f"lmpack.cli.{name}" for name in ("bench", "eval", "models", "train")}


def test_filters_of_a_small_file_are_chosen_without_numpy(folder: Path) -> None:
    (folder / "samples").write_bytes(bytes(range(256)) * 8)
    there = loaded(folder, "compress", "-1", "samples")
    assert "lmpack._blocks.likely_filters" in there
    assert not there & (HEAVY | ELSEWHERE)
    assert not loaded(folder, "test", "samples.lmp") & (HEAVY | ELSEWHERE)


def test_the_check_notices_what_is_loaded(folder: Path) -> None:
    command = ("compress", "-3", "--device", "cpu:onnxruntime", "text", "-o", "other")
    assert {"numpy", "onnxruntime"} <= loaded(folder, *command) & HEAVY


def test_the_help_names_all_commands() -> None:
    command = [sys.executable, "-m", "lmpack", "--help"]
    output = subprocess.run(command, check=True, capture_output=True, text=True).stdout
    _, _, listed = output.partition("Commands:\n")
    listed, _, _ = listed.partition("Options:\n")
    names = [line.split()[0] for line in listed.splitlines() if line.startswith("  ")]
    assert names == [
        "compress",
        "decompress",
        "extract",
        "test",
        "info",
        "dictionary",
        "models",
        "bench",
        "completion",
        "help",
        "eval",
        "export",
        "generate",
        "import",
        "train",
    ]
    assert "..." not in listed
