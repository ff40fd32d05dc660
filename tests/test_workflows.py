"""What a public forge reads: workflows call scripts of the checkout, and versions agree."""

from __future__ import annotations

import os
import re
import tomllib
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[1]
WORKFLOWS = sorted((ROOT / ".github" / "workflows").glob("*.yml"))
PROJECT = tomllib.loads((ROOT / "pyproject.toml").read_text())

SET_UP = ("pip install ", "sudo apt-get ", "[[ $RESULTS ")
"""What a step may do itself: what is installed there, and the result of the other jobs."""


def commands(text: str) -> list[str]:
    """The first line of what each step of a workflow runs."""
    return [
        line.strip("'") for line in re.findall(r"^ *- run: (?:>-\n *)?(.+)$", text, re.MULTILINE)
    ]


def pythons(text: str) -> set[str]:
    """Versions such as "3.11" in a text."""
    return set(re.findall(r"\b3\.\d+\b", text))


@pytest.mark.parametrize("path", WORKFLOWS, ids=lambda path: path.name)
def test_steps_call_scripts_that_are_there(path: Path) -> None:
    found = commands(path.read_text())
    scripts = [command.split()[0] for command in found if not command.startswith(SET_UP)]
    assert scripts
    for script in scripts:
        assert script.startswith("scripts/")
        assert os.access(ROOT / script, os.X_OK), script


@pytest.mark.parametrize("path", WORKFLOWS, ids=lambda path: path.name)
def test_a_job_may_do_only_what_it_says(path: Path) -> None:
    text = path.read_text()
    assert "\npermissions: {}\n" in text
    jobs = re.findall(r"^  [a-z]+:\n(?:    .*\n|\n)+", text.partition("\njobs:\n")[2], re.MULTILINE)
    assert jobs and all("\n    permissions:" in job for job in jobs)
    assert "secrets." not in text


@pytest.mark.parametrize("path", WORKFLOWS, ids=lambda path: path.name)
def test_actions_are_pinned_by_their_major_version(path: Path) -> None:
    uses = re.findall(r"uses: (\S+)", path.read_text())
    assert uses
    assert all(re.fullmatch(r"[\w/-]+@(release/)?v\d+", name) for name in uses)


def test_the_same_pythons_are_declared_tested_and_built() -> None:
    declared = pythons(" ".join(PROJECT["project"]["classifiers"]))
    assert (
        f">={min(declared, key=lambda version: int(version[2:]))}"
        == (PROJECT["project"]["requires-python"])
    )
    tested = re.findall(r"python: (\[.*\])", (ROOT / ".github/workflows/ci.yml").read_text())
    assert [pythons(line.replace("3.14t", "")) for line in tested] == [declared]
    built = PROJECT["tool"]["cibuildwheel"]["build"]
    assert {f"3.{minor}" for minor in re.findall(r"cp3(\d+)-\*", built)} == declared


def test_the_citation_has_the_version_of_the_package() -> None:
    citation = (ROOT / "CITATION.cff").read_text()
    assert f"\nversion: {PROJECT['project']['version']}\n" in citation
    assert f"\nlicense: {PROJECT['project']['license']}\n" in citation


def test_what_tests_a_wheel_is_there() -> None:
    script = (ROOT / "scripts" / "test_wheel").read_text()
    places = re.findall(r"^    (tests/\S+)", script, re.MULTILINE)
    assert len(places) > 10
    assert all((ROOT / place).exists() for place in places)
