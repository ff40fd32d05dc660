"""Documents are those of the committed results."""

from __future__ import annotations

from pathlib import Path

import pytest

from benchmarks.measure.programs import programs
from benchmarks.measure.rival_files import SAMPLE
from benchmarks.measure.rivals import measure
from benchmarks.pages import render, rivals
from lmpack._blocks.levels import LEVELS


def test_tables_match_their_results(capsys: pytest.CaptureFixture[str]) -> None:
    status = render.main(["--check"])
    assert status == 0, capsys.readouterr().out


@pytest.mark.parametrize("name", ["lmpack -1", "gzip -9", "PPMd (order 16)"])
def test_a_program_is_measured_and_its_bytes_compared(name: str) -> None:
    text = b"All levels beside other compressors, as programs. " * 40
    measured = measure(programs(Path())[name], text)
    assert measured["bytes"] == len(text) > 10 * measured["size"]
    assert measured["compress"]["wall"] > 0


def test_a_level_of_two_digits_has_a_line_of_its_own(monkeypatch: pytest.MonkeyPatch) -> None:
    tenth = LEVELS[9]._replace(most_lanes=7)
    monkeypatch.setattr(rivals, "LEVELS", {**LEVELS, 10: tenth})
    times = {"cpu": 1.0, "wall": 1.0, "peak_memory": 1 << 20}
    sizes = {"bytes": 8000, "size": 4000, "compress": times, "decompress": times}
    rows = [{"codec": "lmpack -10", "group": "prose", "file": name, **sizes} for name in SAMPLE]
    lines = rivals.readme_levels(rows).splitlines()
    assert lines[-1] == "| -10 | base + small | 16 MiB | 4.000 | 8 / 8 |  |  |  |"
