"""The picture of sizes by kind has the numbers of the table, and no label lies on another one."""

from __future__ import annotations

import itertools

import pytest

from benchmarks.pages import bars
from benchmarks.pages.kinds import OTHERS, readme_kinds
from benchmarks.record import read_result


def test_bars_are_those_of_the_table() -> None:
    result = read_result("kinds")
    assert result is not None
    table = readme_kinds(result)
    found = bars.bars_of(result)
    assert len(found) > 10
    for bar in found:
        (line,) = (line for line in table.splitlines() if line.startswith(f"| {bar.kind} |"))
        for rate in (bar.default, bar.strongest):
            assert f"{rate:.3f}" in line
        assert bar.rival in OTHERS


def test_labels_do_not_overlap() -> None:
    pytest.importorskip("matplotlib")
    agg = pytest.importorskip("matplotlib.backends.backend_agg")
    result = read_result("kinds")
    assert result is not None
    found = bars.bars_of(result)
    figure = bars.figure_of(found)
    agg.FigureCanvasAgg(figure).draw()
    (axes,) = figure.axes
    labels = [*axes.texts, *axes.get_yticklabels(), *axes.get_xticklabels(), axes.get_legend()]
    boxes = [label.get_window_extent() for label in labels]
    assert len(axes.texts) == len(found)
    assert not [
        (first, second)
        for (first, a), (second, b) in itertools.combinations(zip(labels, boxes, strict=True), 2)
        if a.overlaps(b)
    ]
    assert all(axes.bbox.x1 >= text.get_window_extent().x1 for text in axes.texts)
