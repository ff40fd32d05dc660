"""The course of a training run as a picture."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import Any

from matplotlib.figure import Figure

CURVES = "curves.png"


def draw_curves(lines: Sequence[dict[str, Any]], picture: Path) -> None:
    """Draw bits per byte against symbols seen, for the training data and each validation source.

    Args:
        lines: of the log, as :class:`lmpack.training.train.Trainer` writes it; at least one.
        picture: the PNG file to write.
    """
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
