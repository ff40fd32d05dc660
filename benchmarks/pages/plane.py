"""The picture of bits per byte against decoding speed: all levels and other compressors."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from benchmarks.pages.labels import Box, Point, places
from benchmarks.pages.rivals import Rows, sample_points
from benchmarks.pages.tables import OURS
from lmpack._extras import import_extra

SIZE = 8
"""Of the labels, in points of type."""


def draw(path: Path, rows: Rows) -> None:
    """Draw it from the rows of results/rivals.json."""
    import_extra("matplotlib", "matplotlib").use("agg")
    pyplot = import_extra("matplotlib.pyplot", "matplotlib")
    figure, axes = pyplot.subplots(figsize=(8, 5), dpi=120, layout="constrained")
    points = sample_points(rows)
    labels: list[tuple[str, float, float]] = []
    for label, colour, ours in (("lmpack", "tab:red", True), ("others", "tab:gray", False)):
        chosen = {name: p for name, p in points.items() if name.startswith(OURS) == ours}
        speeds = [point["decompress"] for point in chosen.values()]
        rates = [point["bits_per_byte"] for point in chosen.values()]
        line = "-" if ours else ""
        axes.plot(speeds, rates, "o", ls=line, color=colour, label=label)
        names = (name.removeprefix(f"{OURS} ") for name in chosen)
        labels += zip(names, speeds, rates, strict=True)
    axes.set_xscale("log")
    axes.set_xlabel("decompression, KB per second of CPU time (one thread)")
    axes.set_ylabel("bits per byte")
    axes.grid(alpha=0.3, which="both")
    axes.legend(loc="upper left")
    axes.margins(0.1)
    _place(figure, axes, labels)
    figure.savefig(path, metadata={"Software": None})
    pyplot.close(figure)


def _place(figure: Any, axes: Any, labels: list[tuple[str, float, float]]) -> None:
    """Write names beside their points, each with a line to it.

    Raises:
        RuntimeError: there is no room for one.
    """
    figure.canvas.draw()  # only then is it known where things are
    renderer = figure.canvas.get_renderer()
    points, sizes = [], []
    for name, speed, rate in labels:
        points.append(Point(*axes.transData.transform((speed, rate))))
        text = axes.text(speed, rate, name, fontsize=SIZE)
        extent = text.get_window_extent(renderer)
        sizes.append((extent.width, extent.height))
        text.remove()
    inside = Box(*axes.get_window_extent().bounds)
    for (name, speed, rate), point, box in zip(
        labels, points, places(points, sizes, inside), strict=True
    ):
        if box is None:
            raise RuntimeError(f"there is no room for the label {name}: make the picture larger")
        axes.annotate(
            name,
            (speed, rate),
            textcoords="offset pixels",
            xytext=(box.x - point.x, box.y - point.y),
            ha="left",
            va="bottom",
            arrowprops={"arrowstyle": "-", "color": "tab:gray", "lw": 0.5},
            fontsize=SIZE,
        )
