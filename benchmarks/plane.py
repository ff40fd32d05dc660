"""Draws docs/pictures/plane.png: bits per byte against decoding speed, all levels and rivals.

    python benchmarks/plane.py

The figures are those of benchmarks/results/rivals.json. Needs matplotlib.
"""

from __future__ import annotations

import json
import sys

import matplotlib
from environment import RESULTS, ROOT
from rival_tables import sample_points

matplotlib.use("agg")

from matplotlib import pyplot  # after the choice of the backend

PICTURE = ROOT / "docs" / "pictures" / "plane.png"


def main() -> int:
    points = sample_points(json.loads((RESULTS / "rivals.json").read_text())["rows"])
    figure, axes = pyplot.subplots(figsize=(8, 5), layout="constrained")
    groups = {"lmpack": ("tab:red", True), "others": ("tab:gray", False)}
    for label, (colour, ours) in groups.items():
        chosen = {name: p for name, p in points.items() if name.startswith("lmpack") == ours}
        speeds = [point["decompress"] for point in chosen.values()]
        rates = [point["bits_per_byte"] for point in chosen.values()]
        line = "-" if ours else ""
        axes.plot(speeds, rates, "o", ls=line, color=colour, label=label)
        for name, speed, rate in zip(chosen, speeds, rates, strict=True):
            text = name.removeprefix("lmpack ")
            axes.annotate(text, (speed, rate), textcoords="offset points", xytext=(5, 4))
    axes.set_xscale("log")
    axes.set_xlabel("decompression, KB per second of CPU time (one thread)")
    axes.set_ylabel("bits per byte")
    axes.grid(alpha=0.3, which="both")
    axes.legend()
    PICTURE.parent.mkdir(exist_ok=True)
    figure.savefig(PICTURE, dpi=120, metadata={"Software": None})
    return 0


if __name__ == "__main__":
    sys.exit(main())
