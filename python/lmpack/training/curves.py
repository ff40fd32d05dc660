"""The course of a training run as a picture."""

from __future__ import annotations

import json
from pathlib import Path

from matplotlib.figure import Figure

CURVES = "curves.png"


def draw_curves(log: Path, picture: Path) -> None:
    """Draw bits per byte against symbols seen, for the training data and each validation source.

    Args:
        log: one JSON object a line, as :class:`lmpack.training.train.Trainer` writes it.
        picture: the PNG file to write.
    """
    lines = [json.loads(line) for line in log.read_text().splitlines()]
    millions = [line["symbols"] / 1e6 for line in lines]
    figure = Figure(figsize=(8, 5), dpi=120, layout="constrained")
    axes = figure.add_subplot(
        xscale="log", xlabel="million symbols trained on", ylabel="bits per byte"
    )
    axes.plot(millions, [line["train"] for line in lines], color="grey", label="training data")
    for source in lines[-1]["valid"]:
        rates = [line["valid"][source] for line in lines]
        axes.plot(millions, rates, label=f"{source}: {rates[-1]:.3f}")
    axes.grid(which="both", alpha=0.3)
    axes.legend()
    figure.savefig(picture)
