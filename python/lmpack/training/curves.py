"""The course of a training run as a picture."""

from __future__ import annotations

import math
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from matplotlib.figure import Figure
from matplotlib.ticker import LogLocator, NullFormatter

CURVES = "curves.png"


def draw_curves(lines: Sequence[dict[str, Any]], picture: Path) -> None:
    """Draw bits per byte, and the living share of each layer's hidden units, over symbols seen.

    Args:
        lines: of the log, as :class:`lmpack.training.train.Trainer` writes it; at least one.
        picture: the PNG file to write.
    """
    millions = [line["symbols"] / 1e6 for line in lines]
    figure = Figure(figsize=(8, 6), dpi=120, layout="constrained")
    axes, below = figure.subplots(2, 1, sharex=True, height_ratios=(3, 1))
    axes.set(xscale="log", ylabel="bits per byte")
    axes.plot(millions, [line["train"] for line in lines], color="black", label="training data")
    for source in lines[-1]["valid"]:
        rates = [line["valid"].get(source, math.nan) for line in lines]
        axes.plot(millions, rates, label=f"{source}: {rates[-1]:.3f}")
    # Plain numbers, also where the axis is shorter than from one power of ten to the next.
    axes.xaxis.set_major_locator(LogLocator(subs=(1, 2, 5)))
    axes.xaxis.set_major_formatter("{x:g}")
    axes.xaxis.set_minor_formatter(NullFormatter())
    axes.grid(which="both", alpha=0.3)
    axes.legend()
    below.set(xlabel="million symbols trained on", ylabel="% living units", ylim=(0, 105))
    if lines[-1]["hidden"] is not None:
        seen = [line for line in lines if line["hidden"] is not None]
        for layer, last in enumerate(seen[-1]["hidden"]["living"]):
            living = [100 * line["hidden"]["living"][layer] for line in seen]
            places = [line["symbols"] / 1e6 for line in seen]
            below.plot(places, living, label=f"layer {layer}: {100 * last:.0f}")
        below.legend(ncols=4, fontsize="small")
    below.grid(which="both", alpha=0.3)
    figure.savefig(picture)
