"""The picture of sizes by kind: two levels and the best of the other programs."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any, NamedTuple

from benchmarks.pages.kinds import DEFAULT, OTHERS, STRONGEST, mean_rates
from lmpack._extras import import_extra

HEIGHT = 0.27
"""Of a bar, where the kinds are 1 apart."""


class Bars(NamedTuple):
    """The bars of a kind, in bits per byte.

    Attributes:
        kind: of the files.
        default: of the default level.
        strongest: of the strongest one.
        rival: the other program whose mean is the smallest.
        best: of that program.
    """

    kind: str
    default: float
    strongest: float
    rival: str
    best: float


def bars_of(result: Mapping[str, Any]) -> list[Bars]:
    """The bars of each kind that both levels were measured on, in the order of the table."""
    found = []
    for kind, means in mean_rates(result, (DEFAULT, STRONGEST, *OTHERS)):
        default, strongest = means[DEFAULT], means[STRONGEST]
        measured = [(mean, name) for name in OTHERS if (mean := means[name]) is not None]
        if default is not None and strongest is not None and measured:
            best, rival = min(measured)
            found.append(Bars(kind, default, strongest, rival, best))
    return found


def figure_of(bars: list[Bars]) -> Any:
    """The picture, a figure of matplotlib."""
    import_extra("matplotlib", "matplotlib").use("agg")
    figure = import_extra("matplotlib.figure", "matplotlib").Figure(
        figsize=(8, 0.5 * len(bars) + 1), layout="constrained"
    )
    axes = figure.subplots()
    places = range(len(bars))
    for offset, label, colour, values in (
        (-HEIGHT, STRONGEST, "tab:red", [bar.strongest for bar in bars]),
        (0, f"{DEFAULT} (default)", "lightcoral", [bar.default for bar in bars]),
        (HEIGHT, "best of the others", "tab:gray", [bar.best for bar in bars]),
    ):
        axes.barh([place + offset for place in places], values, HEIGHT, color=colour, label=label)
    for place, bar in zip(places, bars, strict=True):
        axes.annotate(
            bar.rival,
            (bar.best, place + HEIGHT),
            xytext=(3, 0),
            textcoords="offset points",
            va="center",
            fontsize=7,
        )
    axes.set_yticks(places, [bar.kind for bar in bars])
    axes.invert_yaxis()
    axes.set_xlabel("bits per byte, the mean of the files of a kind: shorter is better")
    axes.margins(x=0.12, y=0.01)
    axes.grid(axis="x", alpha=0.3)
    axes.legend(loc="lower right")
    return figure


def draw(path: Path, result: Mapping[str, Any]) -> None:
    """Draw it from results/kinds.json."""
    figure_of(bars_of(result)).savefig(path, dpi=120, metadata={"Software": None})
