"""Curves and spectrograms as PNG files."""

from __future__ import annotations

import io
from collections.abc import Mapping, Sequence
from itertools import cycle
from pathlib import Path
from typing import NamedTuple

import numpy as np

from lmpack._extras import import_extra
from lmpack.evaluation.audio import SAMPLE_RATE

COLOURS = (
    "tab:blue", "tab:orange", "tab:green", "tab:red", "tab:purple", "tab:brown",
    "tab:pink", "tab:gray", "tab:olive", "tab:cyan", "black", "gold",
)  # fmt: skip
MARKERS = "os^vD<>pPX*"
"""One less than colours, so that both together come again only after 132 curves."""


class Curve(NamedTuple):
    """A line of a picture.

    Attributes:
        x: of its points.
        y: of its points.
        low: lower ends of a band around it; empty for none.
        high: upper ends of the band.
        dashed: whether the line is.
    """

    x: Sequence[float]
    y: Sequence[float]
    low: Sequence[float] = ()
    high: Sequence[float] = ()
    dashed: bool = False


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
    import_extra("matplotlib", "matplotlib").use("agg")
    pyplot = import_extra("matplotlib.pyplot", "matplotlib")
    figure, axes = pyplot.subplots(figsize=(8, 5), layout="constrained")
    looks = zip(cycle(COLOURS), cycle(MARKERS), strict=False)
    for (name, curve), (colour, marker) in zip(curves.items(), looks, strict=False):
        line = "--" if curve.dashed else "-"
        axes.plot(curve.x, curve.y, line, color=colour, marker=marker, label=name)
        if curve.low:
            axes.fill_between(curve.x, curve.low, curve.high, alpha=0.2, color=colour)
    axes.set_xscale("log", base=2 if max(max(c.x) for c in curves.values()) < 10_000 else 10)
    if logarithmic_y:
        axes.set_yscale("log")
        ticker = import_extra("matplotlib.ticker", "matplotlib")
        axes.yaxis.set_major_formatter(ticker.LogFormatter())  # 600, not 6 x 10^2
        axes.yaxis.set_minor_formatter(ticker.LogFormatter(minor_thresholds=(2, 0.5)))
    axes.set_xlabel(x_label)
    axes.set_ylabel(y_label)
    axes.grid(alpha=0.3)
    axes.legend(fontsize="small")
    figure.savefig(path, dpi=100)
    pyplot.close(figure)


def spectrograms(named: dict[str, bytes]) -> bytes:
    """A PNG file of the spectrograms of 8-bit samples, one above another."""
    import_extra("matplotlib", "matplotlib").use("agg")
    pyplot = import_extra("matplotlib.pyplot", "matplotlib")
    figure, axes = pyplot.subplots(
        len(named), squeeze=False, sharex=True, figsize=(8, 2.5 * len(named)), layout="constrained"
    )
    for axis, (name, samples) in zip(axes[:, 0], named.items(), strict=True):
        # Without a little noise, silence has no logarithm.
        values = np.frombuffer(samples, np.uint8) - 128.0
        values += np.random.default_rng(0).uniform(-0.01, 0.01, len(values))
        window = min(256, len(values) // 2)  # at least two columns
        axis.specgram(values, NFFT=window, Fs=SAMPLE_RATE, noverlap=window // 2)
        axis.axvline(len(samples) / 2 / SAMPLE_RATE, color="white", lw=1)
        axis.set_title(name)
        axis.set_ylabel("Hz")
    axes[-1, 0].set_xlabel("seconds")
    buffer = io.BytesIO()
    figure.savefig(buffer, format="png", dpi=100)
    pyplot.close(figure)
    return buffer.getvalue()
