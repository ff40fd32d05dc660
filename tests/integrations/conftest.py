"""What the tests of other libraries share."""

from __future__ import annotations

import os
import sys
import tomllib
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]


@pytest.fixture
def package_metadata(tmp_path: Path) -> Path:
    """A folder for sys.path with the entry points of this checkout, whatever is installed."""
    folder = tmp_path / "metadata"
    metadata = folder / "lmpack-0.1.0.dist-info"
    metadata.mkdir(parents=True)
    (metadata / "METADATA").write_text("Metadata-Version: 2.1\nName: lmpack\nVersion: 0.1.0\n")
    groups = tomllib.loads((ROOT / "pyproject.toml").read_text())["project"]["entry-points"]
    lines = []
    for group, names in groups.items():
        lines += [f"[{group}]", *(f"{name} = {place}" for name, place in names.items())]
    (metadata / "entry_points.txt").write_text("\n".join(lines) + "\n")
    return folder


@pytest.fixture
def environment(
    tmp_path: Path, package_metadata: Path, monkeypatch: pytest.MonkeyPatch
) -> dict[str, str]:
    """A folder with what the examples use, and the command `lmpack` of this checkout."""
    work, programs = tmp_path / "work", tmp_path / "bin"
    (work / "folder").mkdir(parents=True)
    (work / "log").mkdir(mode=0o755)
    programs.mkdir()
    (work / "notes.txt").write_text("Some notes.\n")
    (work / "folder" / "inner.txt").write_text("Some more notes.\n")
    (work / "log" / "old.log").write_text("A line of a log.\n" * 20)
    paths = os.pathsep.join([str(package_metadata), *filter(None, sys.path)])
    (programs / "lmpack").write_text(
        f"#!/bin/sh\nPYTHONPATH='{paths}' exec '{sys.executable}' -m lmpack \"$@\"\n"
    )
    (programs / "lmpack").chmod(0o755)
    monkeypatch.chdir(work)
    return {
        **os.environ,
        "PATH": f"{programs}{os.pathsep}{os.environ['PATH']}",
        "PYTHONPATH": paths,
        "HF_HOME": str(tmp_path / "cache"),
        "HF_HUB_OFFLINE": "1",
    }
