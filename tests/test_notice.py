"""NOTICE names every source of the training data, and goes into the wheel."""

from __future__ import annotations

import json
import re
import tomllib
from pathlib import Path

from benchmarks.measure.data import LIST

ROOT = Path(__file__).parents[1]
NOTICE = (ROOT / "NOTICE").read_text()

LEFT_OUT = {"logpai/loghub"}
"""What the recipe skips."""


def test_it_goes_into_the_wheel() -> None:
    project = tomllib.loads((ROOT / "pyproject.toml").read_text())["project"]
    assert project["license-files"] == ["LICENSE", "NOTICE"]


def test_every_source_of_the_general_data_is_named() -> None:
    sources = {
        source.partition(" ")[0]
        for name, entry in json.loads(LIST.read_text()).items()
        if name.startswith("general/") and name.endswith(".train.xz")
        for source in entry["source"]
    }
    assert len(sources) > 30
    named = set(re.findall(r"[\w.-]+/[\w.-]+\w", NOTICE))
    assert sources - named == LEFT_OUT
