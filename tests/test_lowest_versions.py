"""The lowest versions that are tried in CI are those that pyproject.toml allows."""

from __future__ import annotations

import re
import tomllib
from collections.abc import Sequence
from pathlib import Path

import pytest

from lmpack.cli.import_model import PACKAGES
from lmpack.cli.required_extra import TRAIN_PACKAGES

ROOT = Path(__file__).parents[1]

# Of another platform, of tools that build and check, or too large; not used by the tests of CI.
NOT_TRIED = {"onnxruntime-gpu", "pybind11", "ray", "scikit-build-core"}


def versions(text: str, relation: str) -> dict[str, set[str]]:
    """Versions by package, of `package[extras]>=version` and the like."""
    found: dict[str, set[str]] = {}
    pattern = rf'^\s*"?([a-z0-9][a-z0-9-]*)(?:\[[a-z,]*\])?{relation}([0-9.]+)'
    for name, version in re.findall(pattern, text, re.MULTILINE):
        found.setdefault(name, set()).add(version)
    return found


def requirements() -> str:
    """The requirements of pyproject.toml, one on a line."""
    text = (ROOT / "pyproject.toml").read_text().partition("[project.scripts]")[0]
    return "\n".join(re.findall(r'"[^"]*[>=]=[^"]*"', text))


def test_the_constraints_are_the_lower_bounds() -> None:
    allowed = versions(requirements(), ">=")
    assert all(len(bounds) == 1 for bounds in allowed.values()), "one package, two bounds"
    pinned = versions((ROOT / ".ci/lowest-versions.txt").read_text(), "==")
    torch = {"torch": versions(requirements(), "==")["torch"]}
    tried = {name: bounds for name, bounds in allowed.items() if name not in NOT_TRIED} | torch
    assert tried == pinned
    assert {"click", "numpy", "tqdm", "onnxruntime", "onnx"} <= pinned.keys()


def test_ci_installs_them() -> None:
    assert "-c .ci/lowest-versions.txt" in (ROOT / ".ci/run").read_text()


@pytest.mark.parametrize(("extra", "packages"), [("train", TRAIN_PACKAGES), ("import", PACKAGES)])
def test_a_missing_package_of_an_extra_is_explained(extra: str, packages: Sequence[str]) -> None:
    project = tomllib.loads((ROOT / "pyproject.toml").read_text())["project"]
    wanted = project["optional-dependencies"][extra]
    assert {re.split("[<>=]", requirement)[0] for requirement in wanted} <= set(packages)
