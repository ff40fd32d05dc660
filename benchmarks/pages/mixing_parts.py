"""The tables of docs/mixing.md: what each part of a predictor brings, and what predictors take."""

from __future__ import annotations

from statistics import fmean
from typing import Any

from benchmarks.pages.tables import conditions
from benchmarks.record import read_result
from lmpack.evaluation.markdown import table


def parts() -> dict[str, str]:
    """What stands between the markers of the page."""
    result = read_result("mixing_parts")
    if result is None:
        return {"parts": "", "times": ""}
    return {"parts": changes(result), "times": times(result)}


def changes(result: dict[str, Any]) -> str:
    """For each part, by predictor, how much larger files become without it."""
    predictors = result["predictors"]
    names = dict.fromkeys(part for one in predictors.values() for part in one["without"])
    lines = []
    for part in names:
        cells = [_change(one, part) for one in predictors.values()]
        lines.append([part, *cells])
    return "\n\n".join(
        [
            f"`scripts/bench mixing_parts`: {result['limit']:,} bytes from the middle of "
            f"{len(next(iter(predictors.values()))['whole'])} files of every kind, each as one "
            "block without a model. By how many per cent files become larger without a part: the "
            "mean over those whose predictor has it, and the file that needs it most. Parts "
            "overlap, so the numbers do not add up. " + conditions(result),
            table(["part", *predictors], lines),
        ]
    )


def times(result: dict[str, Any]) -> str:
    """Microseconds a byte, by predictor and kernels."""
    speeds = result["speeds"]
    kernels = list(dict.fromkeys(row["kernels"] for row in speeds))
    best: dict[str, dict[str, float]] = {}
    for row in speeds:
        best.setdefault(row["predictor"], {})[row["kernels"]] = row["microseconds"]
    lines = [[name, *(f"{by[kernel]:.2f}" for kernel in kernels)] for name, by in best.items()]
    return "\n\n".join(
        [
            "CPU microseconds a byte without a model, the best of several turns, by kernels. "
            + conditions(result),
            table(["predictor", *kernels], lines),
        ]
    )


def _change(predictor: dict[str, Any], part: str) -> str:
    sizes = predictor["without"].get(part)
    if sizes is None:
        return ""
    percent = {name: 100 * (size / predictor["whole"][name] - 1) for name, size in sizes.items()}
    name, most = max(percent.items(), key=lambda item: item[1])
    return f"{fmean(percent.values()):+.2f}; {name.rsplit('.', 1)[0]} {most:+.1f}"
