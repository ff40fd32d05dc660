"""The picture of bits per byte against decoding speed: all levels and other compressors."""

from __future__ import annotations

from pathlib import Path

from benchmarks.pages.rivals import OURS, Rows, sample_points
from lmpack._extras import import_extra


def draw(path: Path, rows: Rows) -> None:
    """Draw it from the rows of results/rivals.json."""
    import_extra("matplotlib", "matplotlib").use("agg")
    pyplot = import_extra("matplotlib.pyplot", "matplotlib")
    figure, axes = pyplot.subplots(figsize=(8, 5), layout="constrained")
    points = sample_points(rows)
    for label, colour, ours in (("lmpack", "tab:red", True), ("others", "tab:gray", False)):
        chosen = {name: p for name, p in points.items() if name.startswith(OURS) == ours}
        speeds = [point["decompress"] for point in chosen.values()]
        rates = [point["bits_per_byte"] for point in chosen.values()]
        line = "-" if ours else ""
        axes.plot(speeds, rates, "o", ls=line, color=colour, label=label)
        for name, speed, rate in zip(chosen, speeds, rates, strict=True):
            text = name.removeprefix(f"{OURS} ")
            axes.annotate(text, (speed, rate), textcoords="offset points", xytext=(5, 4))
    axes.set_xscale("log")
    axes.set_xlabel("decompression, KB per second of CPU time (one thread)")
    axes.set_ylabel("bits per byte")
    axes.grid(alpha=0.3, which="both")
    axes.legend()
    figure.savefig(path, dpi=120, metadata={"Software": None})
    pyplot.close(figure)
