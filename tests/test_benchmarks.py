"""Documents are those of the committed results."""

from __future__ import annotations

import subprocess
import sys
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import pytest

from benchmarks.measure import process
from benchmarks.measure.programs import programs
from benchmarks.measure.rival_files import SAMPLE
from benchmarks.measure.rivals import RESULT, is_measured, measure
from benchmarks.pages import labels, plane, render, rivals
from benchmarks.pages.tables import OURS
from benchmarks.record import read_result
from lmpack._blocks.levels import LEVELS


def test_tables_match_their_results(capsys: pytest.CaptureFixture[str]) -> None:
    status = render.main(["--check"])
    assert status == 0, capsys.readouterr().out


def test_no_level_is_beaten_in_size_and_both_speeds_by_another_one() -> None:
    result = read_result(RESULT)
    assert result is not None
    points = rivals.sample_points(result["rows"])
    levels = {name: points[name] for name in (f"{OURS} -{level}" for level in LEVELS)}
    assert not _beaten(levels)
    slower = {key: 0.9 * value for key, value in levels["lmpack -5"].items()}
    larger = {"bits_per_byte": levels["lmpack -5"]["bits_per_byte"]}
    assert _beaten({**levels, "lmpack -6": {**slower, **larger}}) == ["lmpack -6"]


def _beaten(points: Mapping[str, Mapping[str, float]]) -> list[str]:
    return [
        name
        for name, mine in points.items()
        if any(
            other["bits_per_byte"] <= mine["bits_per_byte"]
            and all(other[way] > mine[way] for way in rivals.WAYS)
            for other in points.values()
        )
    ]


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


def test_memory_is_that_of_the_command_alone() -> None:
    mine = b"x" * (300 << 20)
    taken = process.run([sys.executable, "-I", "-S", "-c", "x = 100 << 20; x = b'x' * x"])
    assert 100 << 20 < taken["peak_memory"] < 150 << 20 < len(mine)
    assert taken["cpu"] > 0 and taken["wall"] > 0
    small = process.run(["sleep", "0.2"])
    assert 0 < small["peak_memory"] < 8 << 20


def test_a_command_that_fails_is_no_measurement() -> None:
    with pytest.raises(RuntimeError, match="ended with status 3"):
        process.run([sys.executable, "-c", "raise SystemExit(3)"])
    with pytest.raises(RuntimeError, match="no such program"):
        process.run(["no such program"], stderr=subprocess.DEVNULL)


def point(peaks: Sequence[int | None]) -> dict[str, Any]:
    """What is shown of a program on the sample, with these peaks of memory of its files."""
    sizes = {"bytes": 8000, "size": 4000}
    rows = []
    for name, peak in zip(SAMPLE, peaks, strict=True):
        taken = {"cpu": 1.0, "wall": 1.0} | ({} if peak is None else {"peak_memory": peak})
        row = {"codec": "gzip", "group": "prose", "file": name}
        rows.append({**row, **sizes, "compress": taken, "decompress": taken})
    return rivals.sample_points(rows)["gzip"] | {"table": rivals.sample_table(rows)}


def test_what_was_measured_without_memory_has_no_number() -> None:
    count = len(SAMPLE)
    assert point([3 << 20] * count)["table"].endswith("| 8 | 8 | 3 | 3 |")
    found = point([*[3 << 20] * (count - 1), None])
    assert found["compress_memory"] is None
    assert found["table"].endswith("| 8 | 8 |  |  |")


def test_a_row_is_measured_again_if_it_lacks_memory_or_is_of_another_version() -> None:
    taken = {"peak_memory": 1}
    row: dict[str, Any] = {"version": "1", "compress": taken, "decompress": taken}
    assert is_measured(row, "1") and not is_measured(row, "2")
    assert not is_measured({**row, "decompress": {}}, "1")
    assert is_measured({"compress": taken, "decompress": taken}, "2")


def test_the_last_line_is_the_mean_of_the_rates() -> None:
    taken = {"cpu": 1.0, "wall": 1.0, "peak_memory": 1}
    sizes = [(1000, 1000), *[(9000, 900)] * (len(SAMPLE) - 1)]
    rows = [
        {"codec": "gzip", "group": "prose", "file": name, "bytes": plain, "size": size}
        | {"compress": taken, "decompress": taken}
        for name, (plain, size) in zip(SAMPLE, sizes, strict=True)
    ]
    mean = (8 + 0.8 * (len(SAMPLE) - 1)) / len(SAMPLE)
    assert rivals._sizes(rows).splitlines()[-1].endswith(f"files** | {mean:.3f} |")


def test_a_label_is_nearest_to_its_own_point() -> None:
    points = [labels.Point(x, y) for x, y in ((100, 100), (102, 109), (140, 100), (250, 90))]
    inside = labels.Box(0, 0, 300, 200)
    found = labels.places(points, [(30, 10)] * len(points), inside)
    boxes = [box for box in found if box is not None]
    assert len(boxes) == len(points)
    for index, box in enumerate(boxes):
        assert inside.holds(box)
        distances = [box.distance(point) for point in points]
        assert distances.index(min(distances)) == index
        assert not any(box.overlaps(other) for other in boxes[:index])
    assert labels.places(points[:1], [(400, 10)], inside) == [None]


def test_all_labels_of_the_picture_have_a_place(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    pytest.importorskip("matplotlib")
    found: list[labels.Box | None] = []

    def places(*arguments: Any) -> list[labels.Box | None]:
        found.extend(labels.places(*arguments))
        return found

    monkeypatch.setattr(plane, "places", places)
    result = read_result("rivals")
    assert result is not None
    plane.draw(tmp_path / "plane.png", result["rows"])
    assert len(found) == len(rivals.sample_points(result["rows"])) and None not in found
