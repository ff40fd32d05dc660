"""Curves as PNG files."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import NamedTuple

from lmpack._extras import needed


class Curve(NamedTuple):
    """A line of a picture.

    Attributes:
        x: of its points.
        y: of its points.
        low: lower ends of a band around it; empty for none.
        high: upper ends of the band.
        style: of the line, as matplotlib names it.
    """

    x: Sequence[float]
    y: Sequence[float]
    low: Sequence[float] = ()
    high: Sequence[float] = ()
    style: str = "o-"


def draw_curves(
    path: Path,
    curves: Mapping[str, Curve],
    *,
    x_label: str,
    y_label: str,
    logarithmic_y: bool = False,
) -> None:
    """Draw curves by name over a logarithmic axis.

    Raises:
        EvaluationError: matplotlib is not installed.
    """
    needed("matplotlib", "matplotlib").use("agg")
    pyplot = needed("matplotlib.pyplot", "matplotlib")
    figure, axes = pyplot.subplots(figsize=(8, 5), layout="constrained")
    for name, curve in curves.items():
        (line,) = axes.plot(curve.x, curve.y, curve.style, label=name)
        if curve.low:
            axes.fill_between(curve.x, curve.low, curve.high, alpha=0.2, color=line.get_color())
    axes.set_xscale("log", base=2 if max(max(c.x) for c in curves.values()) < 10_000 else 10)
    if logarithmic_y:
        axes.set_yscale("log")
    axes.set_xlabel(x_label)
    axes.set_ylabel(y_label)
    axes.grid(alpha=0.3)
    axes.legend(fontsize="small")
    figure.savefig(path, dpi=100)
    pyplot.close(figure)
